/** Drawn times against what theory says of their distributions. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exp, ln, pow } from '../core/portable-math.ts';
import { Random } from '../core/random.ts';
import type { TimeSpec } from './run-spec.ts';
import { exponentialMs, residualMs, timeMs } from './times.ts';

const DRAWS = 100_000;
const QUANTILES = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99];
/** Of 10^5 draws, so many may be on the wrong side of a quantile: five deviations. */
const RANKS_MAX = 5 * Math.sqrt(DRAWS / 4);
/** Session lengths of Red Hat's torrents: Stutzbach and Rejaie 2006. */
const RED_HAT: TimeSpec = { kind: 'weibull', shape: 0.34, scaleMs: 21.3 * 60_000 };

function draws(seed: number, draw: (random: Random) => number): number[] {
  const random = new Random(seed);
  return Array.from({ length: DRAWS }, () => draw(random)).sort((a, b) => a - b);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `share` says which part of the distribution is at or below a value. */
function assertQuantiles(values: readonly number[], share: (value: number) => number): void {
  for (const quantile of QUANTILES) {
    const value = values[Math.floor(quantile * DRAWS)] as number;
    const expected = share(value) * DRAWS;
    assert.ok(Math.abs(expected - quantile * DRAWS) < RANKS_MAX, `${quantile} of the draws are below ${value}, not ${expected / DRAWS}`);
  }
}

test('exponential times have their mean, and every quantile', () => {
  const values = draws(1, (random) => timeMs(random, { kind: 'exponential', meanMs: 3_600_000 }));
  assert.ok(Math.abs(mean(values) / 3_600_000 - 1) < 0.02, `mean ${mean(values)}`);
  assertQuantiles(values, (value) => 1 - exp(-value / 3_600_000));
});

test('Weibull times have the quantiles of shapes below, at and above 1', () => {
  for (const shape of [0.34, 0.59, 1, 2.5]) {
    const values = draws(2, (random) => timeMs(random, { kind: 'weibull', shape, scaleMs: 1000 }));
    assertQuantiles(values, (value) => 1 - exp(-pow(value / 1000, shape)));
  }
  const median = draws(3, (random) => timeMs(random, RED_HAT))[DRAWS / 2] as number;
  assert.ok(Math.abs(median / (21.3 * 60_000 * pow(ln(2), 1 / 0.34)) - 1) < 0.05, `median ${median}`);
});

test('Pareto times begin at their minimum and have the quantiles of shapes with and without a mean', () => {
  for (const shape of [0.8, 1, 2.5]) {
    const values = draws(4, (random) => timeMs(random, { kind: 'pareto', shape, minMs: 1_800_000 }));
    assert.ok((values[0] as number) >= 1_800_000);
    assertQuantiles(values, (value) => 1 - pow(1_800_000 / value, shape));
  }
});

test('a fixed time takes no chance', () => {
  const random = new Random(5);
  assert.equal(timeMs(random, { kind: 'fixed', ms: 20_000 }), 20_000);
  assert.equal(random.u32(), new Random(5).u32());
});

test('what is left of a time that one comes upon has the density of renewal theory', () => {
  const uniform = draws(6, (random) => residualMs(random, { kind: 'fixed', ms: 1000 }));
  assertQuantiles(uniform, (value) => value / 1000);
  const memoryless = draws(7, (random) => residualMs(random, { kind: 'exponential', meanMs: 1000 }));
  assertQuantiles(memoryless, (value) => 1 - exp(-value / 1000));
  // The share that lasts longer is 1 up to the minimum and t^-3 from there on; the mean is 1.5.
  const pareto = draws(8, (random) => residualMs(random, { kind: 'pareto', shape: 3, minMs: 1 }));
  assertQuantiles(pareto, (value) => (value < 1 ? value : 1.5 - 0.5 / (value * value)) / 1.5);
  // With a shape of ½ the share that lasts longer is e^-√t, its integral to infinity 2 (√t + 1) e^-√t, and the mean 2.
  const weibull = draws(9, (random) => residualMs(random, { kind: 'weibull', shape: 0.5, scaleMs: 1 }));
  assertQuantiles(weibull, (value) => 1 - (Math.sqrt(value) + 1) * exp(-Math.sqrt(value)));
});

test('of a Pareto time without a mean, any part of any one is left', () => {
  const values = draws(10, (random) => residualMs(random, { kind: 'pareto', shape: 1, minMs: 1000 }));
  // Uniform part of a time of at least a second: u × 1000 / v is below 1000 for half of all (u, v).
  assertQuantiles(values, (value) => (value <= 1000 ? value / 2000 : 1 - 500 / value));
});

test('events that are exponential times apart come at the rate of the process', () => {
  const perSecond = draws(11, (random) => countWithin(random, 1000, 100));
  assert.ok(Math.abs(mean(perSecond) - 10) < 0.1, `mean ${mean(perSecond)}`);
  const variance = mean(perSecond.map((count) => (count - 10) * (count - 10)));
  assert.ok(Math.abs(variance - 10) < 0.3, `variance ${variance}`);
});

function countWithin(random: Random, ms: number, meanMs: number): number {
  let count = 0;
  for (let at = exponentialMs(random, meanMs); at < ms; at += exponentialMs(random, meanMs)) count++;
  return count;
}
