/**
 * Points on the ring of 2^160 (Chord, section 4.2) and the intervals between them. A RingId is immutable and shared by all who know it:
 * five words as small integers, so that a contact known to forty nodes of a world lies in memory once.
 */

import { readU32, writeU32 } from '../../core/bytes.ts';
import type { Field } from '../../core/fields.ts';
import { hexOf } from '../../core/hex.ts';
import { ID_BITS, ID_BYTES } from '../../core/id.ts';

export class RingId {
  // Signed, because V8 keeps signed 32-bit numbers in the object itself. Highest word first.
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly w4: number;

  constructor(w0: number, w1: number, w2: number, w3: number, w4: number) {
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
    this.w4 = w4 | 0;
  }

  /** For logs, pages and tests. */
  get hex(): string {
    return hexOf(bytesOfId(this));
  }
}

/** The id in the 20 bytes at `offset`, big-endian. */
export function idOfBytes(bytes: Uint8Array, offset = 0): RingId {
  return new RingId(
    readU32(bytes, offset),
    readU32(bytes, offset + 4),
    readU32(bytes, offset + 8),
    readU32(bytes, offset + 12),
    readU32(bytes, offset + 16),
  );
}

export function bytesOfId(id: RingId): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  writeId(id, bytes, 0);
  return bytes;
}

export function writeId(id: RingId, into: Uint8Array, offset: number): number {
  writeU32(into, offset, id.w0);
  writeU32(into, offset + 4, id.w1);
  writeU32(into, offset + 8, id.w2);
  writeU32(into, offset + 12, id.w3);
  return writeU32(into, offset + 16, id.w4);
}

/** An id as a key of a Map: ten characters, not for people. */
export function mapKeyOf(id: RingId): string {
  const { w0, w1, w2, w3, w4 } = id;
  return String.fromCharCode(w0 >>> 16, w0, w1 >>> 16, w1, w2 >>> 16, w2, w3 >>> 16, w3, w4 >>> 16, w4);
}

export function equalIds(a: RingId, b: RingId): boolean {
  return a === b || (a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3 && a.w4 === b.w4);
}

/** Order as numbers: negative, 0 or positive. */
export function compareIds(a: RingId, b: RingId): number {
  if (a.w0 !== b.w0) return a.w0 >>> 0 < b.w0 >>> 0 ? -1 : 1;
  if (a.w1 !== b.w1) return a.w1 >>> 0 < b.w1 >>> 0 ? -1 : 1;
  if (a.w2 !== b.w2) return a.w2 >>> 0 < b.w2 >>> 0 ? -1 : 1;
  if (a.w3 !== b.w3) return a.w3 >>> 0 < b.w3 >>> 0 ? -1 : 1;
  if (a.w4 !== b.w4) return a.w4 >>> 0 < b.w4 >>> 0 ? -1 : 1;
  return 0;
}

/** x in the open interval (a, b), clockwise; (a, a) is the whole ring but a, which a ring of one node needs. */
export function inOpen(x: RingId, a: RingId, b: RingId): boolean {
  const order = compareIds(a, b);
  if (order < 0) return compareIds(a, x) < 0 && compareIds(x, b) < 0;
  if (order > 0) return compareIds(a, x) < 0 || compareIds(x, b) < 0;
  return !equalIds(x, a);
}

/** x in the half-open interval (a, b], clockwise; (a, a] is the whole ring. */
export function inHalfOpen(x: RingId, a: RingId, b: RingId): boolean {
  return equalIds(x, b) || inOpen(x, a, b);
}

/** a + 2^exponent: where a finger begins (SIGCOMM 2001, table 1). */
export function addPowerOfTwo(a: RingId, exponent: number): RingId {
  const words = [a.w4 >>> 0, a.w3 >>> 0, a.w2 >>> 0, a.w1 >>> 0, a.w0 >>> 0];
  let addend = 2 ** (exponent & 31);
  for (let word = exponent >> 5; word < words.length && addend > 0; word++) {
    const sum = (words[word] as number) + addend;
    words[word] = sum % 0x1_0000_0000;
    addend = sum > 0xffff_ffff ? 1 : 0;
  }
  const [w4, w3, w2, w1, w0] = words as [number, number, number, number, number];
  return new RingId(w0, w1, w2, w3, w4);
}

/** The bits of the way clockwise from a to b: 0 when they are the same point, else the largest e with 2^e ≤ b - a, plus 1. */
export function distanceBits(a: RingId, b: RingId): number {
  // The differences of words, with the borrow of what lies below; the highest that is not zero decides.
  const d4 = (b.w4 >>> 0) - (a.w4 >>> 0);
  const d3 = (b.w3 >>> 0) - (a.w3 >>> 0) - (d4 < 0 ? 1 : 0);
  const d2 = (b.w2 >>> 0) - (a.w2 >>> 0) - (d3 < 0 ? 1 : 0);
  const d1 = (b.w1 >>> 0) - (a.w1 >>> 0) - (d2 < 0 ? 1 : 0);
  const d0 = (b.w0 >>> 0) - (a.w0 >>> 0) - (d1 < 0 ? 1 : 0);
  if ((d0 | 0) !== 0) return ID_BITS - Math.clz32(d0);
  if ((d1 | 0) !== 0) return ID_BITS - 32 - Math.clz32(d1);
  if ((d2 | 0) !== 0) return ID_BITS - 64 - Math.clz32(d2);
  if ((d3 | 0) !== 0) return ID_BITS - 96 - Math.clz32(d3);
  return 32 - Math.clz32(d4);
}

/** 20 bytes in a message. */
export const ringId: Field<RingId> = {
  fixedBytes: ID_BYTES,
  size: () => ID_BYTES,
  encode: (value, into, offset) => writeId(value, into, offset),
  decode: (reader) => idOfBytes(reader.bytes, reader.take(ID_BYTES)),
  random: (random) => new RingId(random.u32(), random.u32(), random.u32(), random.u32(), random.u32()),
};
