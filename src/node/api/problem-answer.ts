/** What went wrong, as an HTTP status and a body. Owns no state. */

import { Failure, type FailureKind, failureFrom } from '../failure.ts';
import type { ProblemView } from '../node-view.ts';

const STATUS: Readonly<Record<FailureKind, number>> = {
  failed: 500,
  usage: 400,
  'not-found': 404,
  denied: 403,
  unreachable: 502,
  'timed-out': 504,
  incomplete: 409,
  integrity: 422,
  'no-space': 507,
  interrupted: 503,
};

export interface ProblemAnswer {
  readonly status: number;
  readonly body: { readonly error: ProblemView };
  /** Nobody's doing but ours. */
  readonly isFault: boolean;
}

/** Of a Failure, of fastify's own errors, which have a status, and of anything else: that is a bug of ours, told without its stack. */
export function problemAnswer(error: unknown): ProblemAnswer {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (!(error instanceof Failure) && statusCode !== undefined && statusCode < 500) {
    const kind = statusCode === 404 ? 'not-found' : 'usage';
    return answerOf(
      statusCode,
      new Failure(kind, 'The request cannot be answered.', `${message}.`.replace(/\.\.$/, '.'), 'See: docs/api.md'),
    );
  }
  const failure = knownFailure(error);
  if (failure !== null) return answerOf(STATUS[failure.kind], failure);
  return {
    ...answerOf(500, new Failure('failed', 'The node could not do that.', '', 'See its log: node.log in kith paths state')),
    isFault: true,
  };
}

/** A Failure, or what the system has said; null for what should never happen. */
export function knownFailure(error: unknown): Failure | null {
  const isKnown = error instanceof Failure || (error as { code?: string }).code !== undefined;
  return isKnown ? failureFrom(error, 'The node could not do that.') : null;
}

function answerOf(status: number, { kind, message, why, next }: Failure): ProblemAnswer {
  return { status, body: { error: { kind, message, why, next } }, isFault: false };
}
