/**
 * The groups of lines with which servents of the Gnutella family greet: a first line, headers, and an empty line, as whole messages. Owns what has come of one.
 */

import { concatBytes, latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../core/framing.ts';
import { RawBytes } from '../core/raw-bytes.ts';

export const HEAD_BYTES_MAX = 8_192;
const HEADERS_MAX = 64;
const LF = 10;
const CR = 13;

/** Names in lower case; values of a name that came twice are joined by a comma. */
export type GreetingHeaders = ReadonlyMap<string, string>;

export interface GreetingHead {
  /** The first line. */
  readonly first: string;
  readonly headers: GreetingHeaders;
  /** As it came: for whoever else is to read it. */
  readonly bytes: Uint8Array;
}

/** What is to be sent: the bytes mean something only to the framing of the other side. */
export function greetingHead(first: string, headers: Iterable<readonly [string, string]>): RawBytes {
  const lines = [first, ...[...headers].map(([name, value]) => `${name}: ${value}`)];
  return new RawBytes(latin1Bytes(`${lines.map((one) => one.replace(/[\r\n]/g, ' ')).join('\r\n')}\r\n\r\n`));
}

/** One after the other, whatever they say. */
export const greetingHeads: Framing<GreetingHead> = {
  name: 'gnutella handshake',
  deframer: () => new HeadDeframer((head) => head, null),
};

/** `other`: how many of the first bytes there are up to the one that shows that this is no greeting, 0 while it may be one; and what is told then. */
export interface OtherBeginning<M> {
  count(bytes: Uint8Array): number;
  told(bytes: Uint8Array): M;
}

export class HeadDeframer<M> implements Deframer<M> {
  private readonly told: (head: GreetingHead) => M;
  private readonly other: OtherBeginning<M> | null;
  private kept: Uint8Array = new Uint8Array(0);

  constructor(told: (head: GreetingHead) => M, other: OtherBeginning<M> | null) {
    this.told = told;
    this.other = other;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M>): number {
    let at = start;
    while (sink.open && at < end) {
      const before = this.kept.length;
      const taken = Math.min(end - at, HEAD_BYTES_MAX + 1 - before);
      const all = concatBytes([this.kept, bytes.subarray(at, at + taken)]);
      const otherBytes = this.other?.count(all) ?? 0;
      const behind = otherBytes > 0 ? otherBytes : headEnd(all, Math.max(0, before - 3));
      if (behind < 0) {
        if (all.length > HEAD_BYTES_MAX) throw new MalformedMessage(`a head of at most ${HEAD_BYTES_MAX} bytes expected`);
        this.kept = all;
        return at + taken;
      }
      this.kept = new Uint8Array(0);
      at += behind - before;
      const head = all.slice(0, behind);
      sink.onMessage(otherBytes > 0 && this.other !== null ? this.other.told(head) : this.told(parseHead(head)));
    }
    return at;
  }
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

/** Lenient with what it does not need: other servents are old, and many. */
function parseHead(bytes: Uint8Array): GreetingHead {
  const [first = '', ...lines] = latin1(bytes).trimEnd().split(/\r?\n/);
  if (lines.length > HEADERS_MAX) throw new MalformedMessage(`at most ${HEADERS_MAX} headers expected, got ${lines.length}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const earlier = headers.get(name);
    const value = line.slice(colon + 1).trim();
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { first, headers, bytes };
}
