/**
 * How servents of the Gnutella family greet (0.6 and Gnutella2): a line and headers, three times, before packets. Incoming connections of other kinds (HTTP, pushes) come to
 * the same port and are told apart by their first bytes. Owns no state but that of one direction of a stream.
 */

import { concatBytes, latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../core/framing.ts';
import { RawBytes } from '../core/raw-bytes.ts';

export const HEAD_BYTES_MAX = 8_192;
const HEADERS_MAX = 64;
const NAME = 'GNUTELLA';
const CONNECT = /^GNUTELLA CONNECT\/(\d{1,3})\.(\d{1,3})$/;
const REPLY = /^GNUTELLA\/(\d{1,3})\.(\d{1,3}) (\d{3})(?: (.*))?$/;
const LF = 10;
const CR = 13;

/** Names in lower case; values of a name that came twice are joined by a comma. */
export type GreetingHeaders = ReadonlyMap<string, string>;

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

/** What is to be sent: the bytes mean something only to the framing of the other side. */
export function connectHead(headers: Iterable<readonly [string, string]>): RawBytes {
  return headOf(`${NAME} CONNECT/0.6`, headers);
}

export function replyHead(status: number, reason: string, headers: Iterable<readonly [string, string]>): RawBytes {
  return headOf(`${NAME}/0.6 ${status} ${reason}`, headers);
}

function headOf(line: string, headers: Iterable<readonly [string, string]>): RawBytes {
  const lines = [line, ...[...headers].map(([name, value]) => `${name}: ${value}`)];
  return new RawBytes(latin1Bytes(`${lines.map((one) => one.replace(/[\r\n]/g, ' ')).join('\r\n')}\r\n\r\n`));
}

/** Incoming and outgoing connections alike. */
export const greetings: Framing<Greeting> = { name: 'greeting', deframer: () => new GreetingDeframer() };

class GreetingDeframer implements Deframer<Greeting> {
  private kept: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Greeting>): number {
    let at = start;
    while (sink.open && at < end) {
      const before = this.kept.length;
      const taken = Math.min(end - at, HEAD_BYTES_MAX + 1 - before);
      const all = concatBytes([this.kept, bytes.subarray(at, at + taken)]);
      const other = otherBytes(all);
      const behind = other > 0 ? other : headEnd(all, Math.max(0, before - 3));
      if (behind < 0) {
        if (all.length > HEAD_BYTES_MAX) throw new MalformedMessage(`a head of at most ${HEAD_BYTES_MAX} bytes expected`);
        this.kept = all;
        return at + taken;
      }
      this.kept = new Uint8Array(0);
      at += behind - before;
      const head = all.slice(0, behind);
      sink.onMessage(other > 0 ? { kind: 'other', bytes: head } : parseHead(head));
    }
    return at;
  }
}

/** How many bytes there are up to the one that shows that this is no greeting; 0 while it may be one. */
function otherBytes(bytes: Uint8Array): number {
  for (let at = 0; at < Math.min(bytes.length, NAME.length); at++) if (bytes[at] !== NAME.charCodeAt(at)) return at + 1;
  return 0;
}

/** Behind the empty line; -1: it has not come. Lines end with CR LF, or with LF alone. */
function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== LF) continue;
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

function parseHead(bytes: Uint8Array): Greeting {
  const [line = '', ...lines] = latin1(bytes).trimEnd().split(/\r?\n/);
  if (lines.length > HEADERS_MAX) throw new MalformedMessage(`at most ${HEADERS_MAX} headers expected, got ${lines.length}`);
  const headers = new Map<string, string>();
  for (const each of lines) {
    const colon = each.indexOf(':');
    if (colon < 1) throw new MalformedMessage(`"name: value" expected, got ${each.slice(0, 80)}`);
    const name = each.slice(0, colon).trim().toLowerCase();
    const earlier = headers.get(name);
    const value = each.slice(colon + 1).trim();
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  const connect = CONNECT.exec(line);
  if (connect !== null) {
    // What is older knows no headers.
    if (Number(connect[1]) === 0 && Number(connect[2]) < 6) throw new MalformedMessage(`version 0.6 or later expected, got ${line}`);
    return { kind: 'connect', headers, bytes };
  }
  const reply = REPLY.exec(line);
  if (reply === null) throw new MalformedMessage(`a greeting expected, got ${line.slice(0, 80)}`);
  return { kind: 'reply', status: Number(reply[3]), reason: reply[4] ?? '', headers };
}

/** A framing for the rest of a stream of which the first bytes have been read already; they must be less than a whole message of it. */
export function framingBehind<M, H>(framing: Framing<M, H>, first: Uint8Array): Framing<M, H> {
  return {
    name: framing.name,
    deframer() {
      const deframer = framing.deframer();
      deframer.push(first, 0, first.length, NOTHING_WHOLE);
      return deframer;
    },
  };
}

const NOTHING_WHOLE: FrameSink<unknown, unknown> = {
  open: true,
  onMessage() {
    throw new Error('the first bytes of a stream were a whole message');
  },
  onBulk() {
    throw new Error('the first bytes of a stream were part of a body');
  },
};
