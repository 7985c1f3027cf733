/** The schema of what went wrong. Owns no state. */

import { z } from 'zod';
import type { FailureKind } from '../failure.ts';
import type { ProblemView } from '../node-view.ts';
import { literals, viewSchema } from './schema-book.ts';

const text = z.string();
const failureKind = literals<FailureKind>()(
  'failed',
  'usage',
  'not-found',
  'denied',
  'unreachable',
  'timed-out',
  'incomplete',
  'integrity',
  'no-space',
  'interrupted',
);

export const problem = viewSchema<ProblemView>()('Problem', z.object({ kind: failureKind, message: text, why: text, next: text }));
