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

test('a constant and a formula are what they say', () => {
  assert.deepEqual(new Set(sample({ kind: 'constant', ms: 25 })), new Set([25]));
  assert.deepEqual(
    sample({ kind: 'formula', ms: (from, to) => from + to }),
    PAIRS.map(([from, to]) => from + to),
  );
});
