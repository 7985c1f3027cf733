/** How far apart two points of the ring of 2^160 are, the shorter way round, and which of two is nearer to a third. Owns no state. */

import type { Id160 } from './id160.ts';

/** The difference of two points, clockwise, as five words: scratch of the functions here. */
const A = new Float64Array(5);
const B = new Float64Array(5);
const WORD = 0x1_0000_0000;

/**
 * Negative when `a` is nearer to the target than `b`, positive when it is farther. Of two that are equally far, one on each side, the one clockwise
 * counts as nearer: every node has to say the same.
 */
export function compareNearness(a: Id160, b: Id160, target: Id160): number {
  const aIsClockwise = shorterWay(target, a, A);
  const bIsClockwise = shorterWay(target, b, B);
  for (let word = 0; word < 5; word++) {
    const difference = (A[word] as number) - (B[word] as number);
    if (difference !== 0) return difference;
  }
  return aIsClockwise === bIsClockwise ? 0 : aIsClockwise ? -1 : 1;
}

/** Whether the shorter way from one point to another is clockwise. */
export function isClockwise(from: Id160, to: Id160): boolean {
  return shorterWay(from, to, A);
}

/** The length of the shorter way, highest word first; true when it is clockwise. */
function shorterWay(from: Id160, to: Id160, into: Float64Array): boolean {
  difference(from, to, into);
  if ((into[0] as number) < 0x8000_0000) return true;
  difference(to, from, into);
  return false;
}

function difference(from: Id160, to: Id160, into: Float64Array): void {
  const d4 = (to.w4 >>> 0) - (from.w4 >>> 0);
  const d3 = (to.w3 >>> 0) - (from.w3 >>> 0) - (d4 < 0 ? 1 : 0);
  const d2 = (to.w2 >>> 0) - (from.w2 >>> 0) - (d3 < 0 ? 1 : 0);
  const d1 = (to.w1 >>> 0) - (from.w1 >>> 0) - (d2 < 0 ? 1 : 0);
  const d0 = (to.w0 >>> 0) - (from.w0 >>> 0) - (d1 < 0 ? 1 : 0);
  into[0] = d0 < 0 ? d0 + WORD : d0;
  into[1] = d1 < 0 ? d1 + WORD : d1;
  into[2] = d2 < 0 ? d2 + WORD : d2;
  into[3] = d3 < 0 ? d3 + WORD : d3;
  into[4] = d4 < 0 ? d4 + WORD : d4;
}
