/** Points of 160 bits as a ring: their order, and the intervals between them, clockwise. Owns no state. */

import { equalIds, type Id160 } from './id160.ts';

/** Order as numbers: negative, 0 or positive. */
export function compareIds(a: Id160, b: Id160): number {
  if (a.w0 !== b.w0) return a.w0 >>> 0 < b.w0 >>> 0 ? -1 : 1;
  if (a.w1 !== b.w1) return a.w1 >>> 0 < b.w1 >>> 0 ? -1 : 1;
  if (a.w2 !== b.w2) return a.w2 >>> 0 < b.w2 >>> 0 ? -1 : 1;
  if (a.w3 !== b.w3) return a.w3 >>> 0 < b.w3 >>> 0 ? -1 : 1;
  if (a.w4 !== b.w4) return a.w4 >>> 0 < b.w4 >>> 0 ? -1 : 1;
  return 0;
}

/** x in the open interval (a, b), clockwise; (a, a) is the whole ring but a, which a ring of one node needs. */
export function inOpen(x: Id160, a: Id160, b: Id160): boolean {
  const order = compareIds(a, b);
  if (order < 0) return compareIds(a, x) < 0 && compareIds(x, b) < 0;
  if (order > 0) return compareIds(a, x) < 0 || compareIds(x, b) < 0;
  return !equalIds(x, a);
}

/** x in the half-open interval (a, b], clockwise; (a, a] is the whole ring. */
export function inHalfOpen(x: Id160, a: Id160, b: Id160): boolean {
  return equalIds(x, b) || inOpen(x, a, b);
}
