import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { OverlayRun } from '../overlay-run.ts';
import { RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';
import { KEY_STREAM } from '../streams.ts';
import { ChordNetwork } from '../systems/chord-model.ts';
import { keys } from './keys.ts';

const SPEC: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  options: { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 },
  nodes: 12,
  workload: { kind: 'keys', keys: 300 },
};

test('putting the same keys by the protocol leaves as many at each node', () => {
  const run = new OverlayRun(SPEC, 3);
  run.begin();
  const { network, world } = run;
  assert.ok(network instanceof ChordNetwork);
  const random = new Random(3, KEY_STREAM);
  for (let count = 0; count < 300; count++) network.put(count % 12, random.fill(new Uint8Array(20)), Uint8Array.of(1), () => {});
  world.runFor(60_000);
  const stored = network.nodes.map((node) => node.protocol.units.reduce((sum, unit) => sum + unit.keys.size, 0)).sort((a, b) => a - b);
  const { values = [], counts = [] } = keys(SPEC, 3).measures['keysPerNode'] ?? {};
  const measured = values.flatMap((value, index) => Array.from({ length: counts[index] ?? 0 }, () => value));
  assert.deepEqual(measured, stored);
  assert.equal(new Set(stored).size > 5, true);
});

test('every key is somebody’s, and nodes without any count', () => {
  const { values = [], counts = [] } = keys({ ...SPEC, nodes: 400 }, 1).measures['keysPerNode'] ?? {};
  assert.equal(
    values.reduce((sum, value, index) => sum + value * (counts[index] ?? 0), 0),
    300,
  );
  assert.equal(
    counts.reduce((sum, each) => sum + each, 0),
    400,
  );
  assert.equal(values[0], 0);
});

test('churn and failures are refused', () => {
  assert.throws(
    () => keys({ ...SPEC, failure: { share: 0.1, repairMs: 0 } }, 1),
    /a workload of keys goes without failures, got a share of 0.1/,
  );
  assert.throws(() => keys({ ...SPEC, churn: { kind: 'poisson', perSecond: 1, leaves: 'crash' } }, 1), /without churn, got poisson/);
});
