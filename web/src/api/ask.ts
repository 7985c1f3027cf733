/** Asks the node: JSON there and back, the key of the session along with it, and what goes wrong as a Problem. Owns the key. */

import type { ProblemView } from './views.ts';

const KEY = 'kith-key';
const API = '/api/v1';

export class Problem extends Error {
  override readonly name = 'Problem';
  /** 0: nobody answered. */
  readonly status: number;
  readonly why: string;
  readonly next: string;

  constructor(status: number, { message, why, next }: Omit<ProblemView, 'kind'>) {
    super(message);
    this.status = status;
    this.why = why;
    this.next = next;
  }
}

export interface Sent {
  readonly body?: unknown;
  /** Sent as it is. */
  readonly bytes?: Blob;
  readonly type?: string;
  readonly signal?: AbortSignal;
}

/** Rejects with a Problem. */
export async function ask<T>(method: string, path: string, { body, bytes, type = 'application/json', signal }: Sent = {}): Promise<T> {
  const sent = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${API}${path}`, {
    method,
    headers: { 'kith-key': localStorage.getItem(KEY) ?? '', ...(sent !== undefined && { 'content-type': type }) },
    ...(sent !== undefined && { body: sent }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new Problem(0, { message: 'The node does not answer.', why: 'It was stopped, or cannot be reached.', next: 'Start it: kith up' });
  });
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => ({}))) as { readonly error?: ProblemView };
  if (response.ok) return answer as T;
  throw new Problem(response.status, answer.error ?? { message: `The node answered with ${response.status}.`, why: '', next: '' });
}

/** Lets this browser in by the code of a link, or by the token. Rejects with a Problem. */
export async function logIn(secret: string): Promise<void> {
  const { key } = await ask<{ key: string }>('POST', '/session', { body: { secret } });
  localStorage.setItem(KEY, key);
}

export async function logOut(): Promise<void> {
  await ask('DELETE', '/session');
  localStorage.removeItem(KEY);
}

/** A cookie without the key could look, and change nothing. */
export function hasKey(): boolean {
  return localStorage.getItem(KEY) !== null;
}
