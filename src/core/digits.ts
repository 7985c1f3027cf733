/** Points of 160 bits as digits of 2^b, b from 1 to 8: what routing by prefix looks at (Pastry, Tapestry). Owns no state. */

import { ID_BITS } from './id.ts';
import { Id160 } from './id160.ts';

export function digitsOf(bits: number): number {
  return Math.floor(ID_BITS / bits);
}

/** The digit at that place, the highest at 0. */
export function digitOf(id: Id160, place: number, bits: number): number {
  const first = place * bits;
  const word = first >>> 5;
  const over = (first & 31) + bits - 32;
  const mask = (1 << bits) - 1;
  if (over <= 0) return (wordOf(id, word) >>> -over) & mask;
  return ((wordOf(id, word) << over) | (wordOf(id, word + 1) >>> (32 - over))) & mask;
}

/** How many digits two points have in common before they differ; all of them when they are the same point. */
export function sharedDigits(a: Id160, b: Id160, bits: number): number {
  return Math.min(digitsOf(bits), Math.floor(sharedBits(a, b) / bits));
}

/** The lowest point that shares the digits before that place with `id`, and has this one there. */
export function firstWithDigit(id: Id160, place: number, digit: number, bits: number): Id160 {
  const from = place * bits;
  const word = (index: number): number => {
    const first = 32 * index;
    const kept = Math.min(32, Math.max(0, from - first));
    const head = kept === 0 ? 0 : wordOf(id, index) & (-1 << (32 - kept));
    const shift = first + 32 - (from + bits);
    if (shift >= 32 || shift <= -bits) return head;
    return head | (shift >= 0 ? digit << shift : digit >>> -shift);
  };
  return new Id160(word(0), word(1), word(2), word(3), word(4));
}

function sharedBits(a: Id160, b: Id160): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  if (a.w3 !== b.w3) return 96 + Math.clz32(a.w3 ^ b.w3);
  if (a.w4 !== b.w4) return 128 + Math.clz32(a.w4 ^ b.w4);
  return ID_BITS;
}

function wordOf(id: Id160, word: number): number {
  return word === 0 ? id.w0 : word === 1 ? id.w1 : word === 2 ? id.w2 : word === 3 ? id.w3 : word === 4 ? id.w4 : 0;
}
