/**
 * The groups of lines with which a connection begins (handshake 0.6; the two lines of 0.4). They are text of which the framing reports a whole group.
 * Owns what has come of one.
 */

import { concatBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { RawBytes } from '../../core/raw-bytes.ts';

/** Of one group. */
const HEAD_BYTES_MAX = 4096;
const LINES_MAX = 64;
const NOTHING = new Uint8Array(0);
const LINE_FEED = 10;
const RETURN = 13;

export interface HandshakeHead {
  /** The first line. */
  readonly first: string;
  /** By name in lower case; of a name that came twice, the values with a comma between. */
  readonly headers: ReadonlyMap<string, string>;
}

export function handshakeBytes(first: string, headers: Iterable<readonly [string, string]>): RawBytes {
  let text = `${first}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return new RawBytes(latin1Bytes(`${text}\r\n`));
}

/** The greeting and its answer of 0.4, which end their lines as Unix does. */
export function oldHandshakeBytes(line: string): RawBytes {
  return new RawBytes(latin1Bytes(`${line}\n\n`));
}

/** Groups, one after the other; `begun` are bytes that were taken off the stream before. */
export function handshakeFrames(begun: Uint8Array = NOTHING): Framing<HandshakeHead> {
  return { name: 'gnutella handshake', deframer: () => new HandshakeDeframer(begun) };
}

class HandshakeDeframer implements Deframer<HandshakeHead> {
  private kept: Uint8Array;

  constructor(begun: Uint8Array) {
    this.kept = begun;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<HandshakeHead>): number {
    let at = start;
    while (sink.open && at < end) {
      const before = this.kept.length;
      const all = before === 0 ? bytes : concatBytes([this.kept, bytes.subarray(at, end)]);
      const from = before === 0 ? at : 0;
      const stop = endOfHead(all, from, before === 0 ? end : all.length);
      const headBytes = (stop < 0 ? (before === 0 ? end : all.length) : stop) - from;
      if (headBytes > HEAD_BYTES_MAX) throw new MalformedMessage(`a handshake of at most ${HEAD_BYTES_MAX} bytes expected`);
      if (stop < 0) {
        this.kept = all.slice(from);
        if (before === 0) this.kept = all.slice(from, end);
        return end;
      }
      const head = parseHead(latin1(all, from, stop));
      this.kept = NOTHING;
      at += headBytes - before;
      sink.onMessage(head);
    }
    return at;
  }
}

/** Behind the empty line, whichever way lines end; -1 when it has not come. */
function endOfHead(bytes: Uint8Array, start: number, end: number): number {
  let lineLength = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === LINE_FEED) {
      if (lineLength === 0 && at > start) return at + 1;
      lineLength = 0;
    } else if (byte !== RETURN) lineLength++;
  }
  return -1;
}

/** Lenient with what it does not need: other servents are old, and many. */
function parseHead(text: string): HandshakeHead {
  const lines = text.split(/\r?\n/);
  if (lines.length > LINES_MAX) throw new MalformedMessage(`a handshake of at most ${LINES_MAX} lines expected, got ${lines.length}`);
  const headers = new Map<string, string>();
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string;
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return { first: lines[0] as string, headers };
}
