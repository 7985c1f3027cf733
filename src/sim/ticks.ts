/**
 * Virtual time. It is counted in whole ticks of 1/1024 ms: a binary fraction, so that `now()` in milliseconds is exact and a
 * deadline computed as `now() + delay` has always been reached when its timer fires.
 */

export const TICKS_PER_MS = 1024;
export const TICKS_PER_SECOND = TICKS_PER_MS * 1000;

/** The number of whole ticks that last at least so many milliseconds. */
export function ticksOf(milliseconds: number): number {
  return Math.ceil(milliseconds * TICKS_PER_MS);
}

export function millisecondsOf(ticks: number): number {
  return ticks / TICKS_PER_MS;
}
