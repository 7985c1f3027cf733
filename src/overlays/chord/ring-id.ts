/** Points on the ring of 2^160 (Chord, section 4.2) and the ways between them. */

import { ID_BITS } from '../../core/id.ts';
import { Id160 as RingId } from '../../core/id160.ts';

export { bytesOfId, equalIds, id160 as ringId, mapKeyOf, readId as idOfBytes } from '../../core/id160.ts';
export { compareIds, inHalfOpen, inOpen } from '../../core/ring.ts';
export { RingId };

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
