/** Points on the ring of 2^160 (Chord, section 4.2) and the intervals between them. */

import type { Field } from '../../core/fields.ts';
import { ID_BITS, ID_BYTES } from '../../core/id.ts';
import { equalIds, Id160 as RingId, randomId, readId, writeId } from '../../core/id160.ts';

export { bytesOfId, equalIds, mapKeyOf, readId as idOfBytes, writeId } from '../../core/id160.ts';
export { RingId };

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
  decode: (reader) => readId(reader.bytes, reader.take(ID_BYTES)),
  random: randomId,
};
