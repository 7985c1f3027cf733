/** Latency models: bounds, symmetry, dependence on the seed alone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LatencySpec, latencyOf } from './latency.ts';
import { millisecondsOf } from './ticks.ts';

const PAIRS = Array.from({ length: 2000 }, (_, index) => [index % 97, (index * 31) % 1009] as const);

function sample(spec: LatencySpec, seed = 1): number[] {
  const latency = latencyOf(spec, seed);
  return PAIRS.map(([from, to]) => millisecondsOf(latency(from, to)));
}

test('uniform latencies fill their range evenly and are the same both ways', () => {
  const spec: LatencySpec = { kind: 'uniform', minMs: 20, maxMs: 120 };
  const values = sample(spec);
  assert.ok(Math.min(...values) >= 20 && Math.max(...values) <= 120.001);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean - 70) < 3, `mean ${mean}`);
  const latency = latencyOf(spec, 1);
  assert.ok(PAIRS.every(([from, to]) => latency(from, to) === latency(to, from)));
  assert.notDeepEqual(sample(spec, 2), values);
});

test('exponential latencies have their mean and quantiles, and are the same both ways', () => {
  const values = sample({ kind: 'exponential', meanMs: 50 });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean - 50) < 4, `mean ${mean}`);
  // A share of e^-1 of them is above the mean, of e^-3 above three times the mean.
  for (const [limit, share] of [
    [50, 0.3679],
    [150, 0.0498],
  ] as const) {
    const above = values.filter((value) => value > limit).length / values.length;
    assert.ok(Math.abs(above - share) < 0.035, `${above} are above ${limit} ms`);
  }
  const latency = latencyOf({ kind: 'exponential', meanMs: 50 }, 1);
  assert.ok(PAIRS.every(([from, to]) => latency(from, to) === latency(to, from)));
  assert.notDeepEqual(sample({ kind: 'exponential', meanMs: 50 }, 2), values);
});

test('latencies on a plane obey the triangle inequality', () => {
  const latency = latencyOf({ kind: 'plane', baseMs: 0, acrossMs: 100 }, 3);
  for (const [a, b] of PAIRS) {
    const c = (a * 7 + b) % 1009;
    // Each way is rounded up to a tick.
    assert.ok(latency(a, b) <= latency(a, c) + latency(c, b) + 1, `${a} ${b} ${c}`);
    assert.ok(millisecondsOf(latency(a, b)) <= 142);
  }
});

test('a matrix gives its own values, and the local one within a site', () => {
  const values = Uint16Array.of(0, 300, 500, 0);
  const seen = new Set(sample({ kind: 'matrix', sites: 2, values, unitMs: 0.1, localMs: 1 }).map((value) => Math.round(value)));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [1, 30, 50],
  );
  assert.throws(() => latencyOf({ kind: 'matrix', sites: 3, values, unitMs: 1, localMs: 1 }, 1), /3 sites need 9 values, got 4/);
});

test('nodes are spread over the sites of a matrix evenly, in an order that the seed decides', () => {
  const sites = 10;
  // Each site is a time of its own away from the first: the time tells the site.
  const values = Uint16Array.from({ length: sites * sites }, (_, index) => 1 + (index % sites));
  const sitesOf = (seed: number): number[] => {
    const latency = latencyOf({ kind: 'matrix', sites, values, unitMs: 1, localMs: 0 }, seed);
    return Array.from({ length: 2 * sites }, (_, node) => millisecondsOf(latency(2 * sites, node)));
  };
  const first = sitesOf(1);
  assert.equal(new Set(first.slice(0, sites)).size, sites);
  assert.deepEqual(first.slice(sites), first.slice(0, sites));
  assert.notDeepEqual(sitesOf(2), first);
});

test('a constant and a formula are what they say', () => {
  assert.deepEqual(new Set(sample({ kind: 'constant', ms: 25 })), new Set([25]));
  assert.deepEqual(
    sample({ kind: 'formula', ms: (from, to) => from + to }),
    PAIRS.map(([from, to]) => from + to),
  );
});
