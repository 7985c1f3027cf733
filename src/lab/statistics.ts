/** What a handful of seeds say together: their mean, and how far it can be trusted. The same numbers on every machine. Owns no state. */

import { Random } from '../core/random.ts';

/** Of how many resamples the band is made; its edges move by less than a hundredth of its width when there are more. */
const RESAMPLES = 2000;
/** Chance that has to be the same in every report of the same runs. */
const BOOTSTRAP_SEED = 1;
/** What of the resamples lies below the band, and above it. */
const TAIL = 0.025;

export interface Band {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The mean and its 95% band by the percentile bootstrap: what the mean would have been with other seeds of the same kind. Equal to the mean
 * with one value. What is not finite was not measured and is left out; NaN when nothing is left.
 */
export function bandOfMean(perSeed: readonly number[]): Band {
  const measured = perSeed.filter(Number.isFinite);
  if (measured.length === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const mean = meanOf(measured);
  if (measured.length === 1) return { mean, low: mean, high: mean };
  const random = new Random(BOOTSTRAP_SEED);
  const means = Array.from({ length: RESAMPLES }, () => meanOf(measured.map(() => measured[random.below(measured.length)] as number)));
  means.sort((a, b) => a - b);
  return { mean, low: percentileOf(means, TAIL), high: percentileOf(means, 1 - TAIL) };
}

/** Of sorted values: the smallest that so large a part (0 to 1) is at or below, by nearest rank. NaN of none. */
export function percentileOf(sorted: readonly number[], part: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.ceil(sorted.length * part);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
