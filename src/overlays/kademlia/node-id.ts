/** Distances between ids of nodes and keys: the XOR of two points of 160 bits (Kademlia, section 2.1). */

import { ID_BITS } from '../../core/id.ts';
import { Id160 as NodeId } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';

export { bytesOfId, equalIds, mapKeyOf, randomId, readId, writeId } from '../../core/id160.ts';
export { NodeId };

/** Negative when `a` is nearer to the target, positive when `b` is, 0 when they are equal. */
export function compareXor(target: NodeId, a: NodeId, b: NodeId): number {
  if (a.w0 !== b.w0) return order(target.w0 ^ a.w0, target.w0 ^ b.w0);
  if (a.w1 !== b.w1) return order(target.w1 ^ a.w1, target.w1 ^ b.w1);
  if (a.w2 !== b.w2) return order(target.w2 ^ a.w2, target.w2 ^ b.w2);
  if (a.w3 !== b.w3) return order(target.w3 ^ a.w3, target.w3 ^ b.w3);
  return order(target.w4 ^ a.w4, target.w4 ^ b.w4);
}

/** How many leading bits two ids share, 0 to 160. */
export function prefixBits(a: NodeId, b: NodeId): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  if (a.w3 !== b.w3) return 96 + Math.clz32(a.w3 ^ b.w3);
  return a.w4 === b.w4 ? ID_BITS : 128 + Math.clz32(a.w4 ^ b.w4);
}

/** A bit of the id, 0 being the highest. */
export function bitOf({ w0, w1, w2, w3, w4 }: NodeId, bit: number): number {
  const word = [w0, w1, w2, w3, w4][bit >> 5] as number;
  return (word >>> (31 - (bit & 31))) & 1;
}

/** A random id that shares its first `bits` bits with `near`, and not the next one: an id of that bucket's range. */
export function randomSharing(near: NodeId, bits: number, random: Random): NodeId {
  const word = (own: number, index: number): number => {
    const kept = Math.min(32, Math.max(0, bits - 32 * index));
    const mask = kept === 0 ? 0 : -1 << (32 - kept);
    const drawn = (own & mask) | (random.u32() & ~mask);
    if (bits >> 5 !== index) return drawn;
    const bit = 1 << (31 - (bits & 31));
    return (drawn & ~bit) | (~own & bit);
  };
  return new NodeId(word(near.w0, 0), word(near.w1, 1), word(near.w2, 2), word(near.w3, 3), word(near.w4, 4));
}

/** Order of two words as unsigned numbers. */
function order(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? -1 : a === b ? 0 : 1;
}
