/** Times drawn from a `TimeSpec`: how long a node lives or is away, how long until the next event of a Poisson process. Owns no state. */

import { pow } from '../core/portable-math.ts';
import type { Random } from '../core/random.ts';
import type { TimeSpec } from './run-spec.ts';
import { exponential, gamma, positiveUnit } from './variates.ts';

/** The time between two events of a Poisson process. */
export function exponentialMs(random: Random, meanMs: number): number {
  return meanMs * exponential(random);
}

/** One time of the distribution, by inversion: one uniform number is one time. */
export function timeMs(random: Random, spec: TimeSpec): number {
  switch (spec.kind) {
    case 'fixed':
      return spec.ms;
    case 'exponential':
      return exponentialMs(random, spec.meanMs);
    case 'weibull':
      return spec.scaleMs * pow(exponential(random), 1 / spec.shape);
    case 'pareto':
      return spec.minMs / pow(positiveUnit(random), 1 / spec.shape);
  }
}

/**
 * What is left of a time of the distribution that one comes upon at some moment, when such times have followed each other for long (the
 * equilibrium of renewal theory). Long times cover more moments, so the one that is met is drawn by its length, and the moment is anywhere
 * in it. An exponential time is as long again; of heavy-tailed times much more is left than a whole one lasts on average.
 */
export function residualMs(random: Random, spec: TimeSpec): number {
  if (spec.kind === 'exponential') return timeMs(random, spec);
  return metMs(random, spec) * random.unit();
}

/** A time drawn with a probability that grows with its length. */
function metMs(random: Random, spec: Exclude<TimeSpec, { kind: 'exponential' }>): number {
  switch (spec.kind) {
    case 'fixed':
      return spec.ms;
    case 'weibull':
      // With y = (t / scale)^shape, a density of t e^-y dy is one of y^(1 / shape) e^-y dy.
      return spec.scaleMs * pow(gamma(random, 1 + 1 / spec.shape), 1 / spec.shape);
    case 'pareto':
      // t × t^-(shape + 1) is a Pareto density of one shape less. Without a mean there is no equilibrium: any one time is met.
      return timeMs(random, spec.shape > 1 ? { ...spec, shape: spec.shape - 1 } : spec);
  }
}
