/**
 * How servents of the Gnutella family greet (0.6 and Gnutella2): a line and headers, three times, before packets. Incoming connections of other kinds (HTTP, pushes) come to
 * the same port and are told apart by their first bytes. Owns no state.
 */

import { MalformedMessage } from '../core/codec.ts';
import type { Framing } from '../core/framing.ts';
import type { RawBytes } from '../core/raw-bytes.ts';
import { type GreetingHead, greetingHead, type GreetingHeaders, HeadDeframer } from './greeting-head.ts';

const NAME = 'GNUTELLA';
/** In tenths; what is older knows no headers. */
const VERSION_MIN = 6;

/** Who dials says this first. */
export interface ConnectHead {
  readonly kind: 'connect';
  readonly headers: GreetingHeaders;
  /** As it came: for whoever else is to read it. */
  readonly bytes: Uint8Array;
}

/** The answer, and what the dialler says to that. */
export interface ReplyHead {
  readonly kind: 'reply';
  readonly status: number;
  readonly reason: string;
  readonly headers: GreetingHeaders;
}

/** The first bytes are those of another protocol; the rest of the stream has not been looked at. */
export interface OtherStart {
  readonly kind: 'other';
  readonly bytes: Uint8Array;
}

export type Greeting = ConnectHead | ReplyHead | OtherStart;

export function connectHead(headers: Iterable<readonly [string, string]>): RawBytes {
  return greetingHead(`${NAME} CONNECT/0.6`, headers);
}

export function replyHead(status: number, reason: string, headers: Iterable<readonly [string, string]>): RawBytes {
  return greetingHead(`${NAME}/0.6 ${status} ${reason}`, headers);
}

/** The status of `GNUTELLA/0.6 503 …`; null when the line is none of Gnutella's. */
export function statusOf(first: string): { readonly code: number; readonly text: string } | null {
  const parts = /^GNUTELLA\/\d{1,3}\.\d{1,3} (\d{3})(?: (.*))?$/.exec(first);
  return parts === null ? null : { code: Number(parts[1]), text: parts[2] ?? '' };
}

/** The version of `GNUTELLA CONNECT/0.6`, in tenths; null when the line is no greeting. */
export function greetingVersion(first: string): number | null {
  const parts = /^GNUTELLA CONNECT\/(\d{1,3})\.(\d)\d{0,2}$/.exec(first);
  return parts === null ? null : 10 * Number(parts[1]) + Number(parts[2]);
}

/** Incoming and outgoing connections alike. */
export const greetings: Framing<Greeting> = {
  name: 'greeting',
  deframer: () => new HeadDeframer<Greeting>(greetingOf, { count: otherBytes, told: (bytes) => ({ kind: 'other', bytes }) }),
};

function otherBytes(bytes: Uint8Array): number {
  for (let at = 0; at < Math.min(bytes.length, NAME.length); at++) if (bytes[at] !== NAME.charCodeAt(at)) return at + 1;
  return 0;
}

function greetingOf({ first, headers, bytes }: GreetingHead): Greeting {
  const version = greetingVersion(first);
  if (version !== null) {
    if (version < VERSION_MIN) throw new MalformedMessage(`version 0.6 or later expected, got ${first}`);
    return { kind: 'connect', headers, bytes };
  }
  const status = statusOf(first);
  if (status === null) throw new MalformedMessage(`a greeting expected, got ${first.slice(0, 80)}`);
  return { kind: 'reply', status: status.code, reason: status.text, headers };
}
