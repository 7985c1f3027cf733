/**
 * What Gnutella's uploaders say of their queue: `X-Queue` 0.1 (active queueing: the place is kept as long as the connection is), `X-Queued` 1.0
 * (PARQ: it is kept for a while, under an id), and plain `Retry-After`. Owns no state.
 */

import type { HttpHeaders } from '../../wire/http-head.ts';

/** Where somebody stands in a queue, and when he shall ask again. */
export interface QueuePlace {
  /** From 1 on. */
  readonly position: number;
  readonly length: number;
  /** Places at which one is sent the file. */
  readonly limit: number;
  readonly pollSecondsMin: number;
  readonly pollSecondsMax: number;
  /** By which PARQ knows him; empty otherwise. */
  readonly id: string;
}

/** Longer is nobody let wait, whatever he is told; nor shorter. */
const WAIT_SECONDS_MAX = 3600;
const WAIT_SECONDS_MIN = 1;
const ID_CHARS_MAX = 64;

/** Which of the two ways a request understands: 0 none, 1 active queueing, 2 PARQ. */
export function queueSkillOf(headers: HttpHeaders): 0 | 1 | 2 {
  const version = /(\d{1,3})\.(\d{1,3})/.exec(headers.get('x-queue') ?? '');
  if (version === null) return 0;
  return Number(version[1]) >= 1 ? 2 : 1;
}

/** The id under which the one who asks was queued before, or null. */
export function queueIdOf(headers: HttpHeaders): string | null {
  return /(?:^|[;,\s])ID=([0-9A-Za-z-]{1,64})/i.exec(headers.get('x-queued') ?? '')?.[1] ?? null;
}

export function formatQueue({ position, length, limit, pollSecondsMin, pollSecondsMax }: QueuePlace): string {
  return `position=${position},length=${length},limit=${limit},pollMin=${pollSecondsMin},pollMax=${pollSecondsMax}`;
}

/** `retrySeconds` goes with it as `Retry-After`, `lifetimeSeconds` is how long the place is kept. */
export function formatQueued({ position, length, id }: QueuePlace, retrySeconds: number, lifetimeSeconds: number): string {
  return `position=${position}; length=${length}; ETA=${position * retrySeconds}; lifetime=${lifetimeSeconds}; ID=${id}`;
}

/** What a 503 says of our place, whichever way; null when it says nothing. Numbers out of bounds are brought within them. */
export function parseQueue(headers: HttpHeaders): QueuePlace | null {
  const active = headers.get('x-queue');
  const queued = headers.get('x-queued');
  const text = queued ?? active;
  if (text === undefined || !/position\s*=/i.test(text)) return null;
  const retry = retrySecondsOf(headers);
  const pollSecondsMin = waitSeconds(numberOf(text, 'pollMin') ?? retry ?? 60);
  return {
    position: numberOf(text, 'position') ?? 0,
    length: numberOf(text, 'length') ?? 0,
    limit: numberOf(text, 'limit') ?? 0,
    pollSecondsMin,
    pollSecondsMax: Math.max(pollSecondsMin, waitSeconds(numberOf(text, 'pollMax') ?? 2 * pollSecondsMin)),
    id: (queueIdOf(headers) ?? '').slice(0, ID_CHARS_MAX),
  };
}

/** `Retry-After` in seconds; null where there is none, or a date. */
export function retrySecondsOf(headers: HttpHeaders): number | null {
  const value = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(value) ? waitSeconds(Number(value)) : null;
}

function numberOf(text: string, name: string): number | null {
  const match = new RegExp(`(?:^|[;,\\s])${name}\\s*=\\s*(\\d{1,9})`, 'i').exec(text);
  return match === null ? null : Number(match[1]);
}

function waitSeconds(seconds: number): number {
  return Math.min(WAIT_SECONDS_MAX, Math.max(WAIT_SECONDS_MIN, seconds));
}
