/** What every overlay owes to experiments that run several: the same run for the same seed, and of each other's faults the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';
import { joins } from '../scenarios/joins.ts';
import { keys } from '../scenarios/keys.ts';
import { lookups } from '../scenarios/lookups.ts';
import { values } from '../scenarios/values.ts';
import { OVERLAY_SYSTEMS } from './index.ts';

const NAMES = OVERLAY_SYSTEMS.map(({ name }) => name);
const QUIET: Omit<RunSpec, 'system'> = {
  ...RUN_DEFAULTS,
  nodes: 60,
  network: { kind: 'uniform', minMs: 5, maxMs: 90 },
  workload: { kind: 'lookups', count: 150, perSecond: 2, warmUpMs: 20_000, style: 'iterative' },
};
const BUSY: Omit<RunSpec, 'system'> = {
  ...QUIET,
  loss: 0.02,
  failure: { share: 0.1, repairMs: 20_000 },
  churn: { kind: 'poisson', perSecond: 0.2, leaves: 'leave' },
};

function total(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'total');
}

for (const system of NAMES) {
  test(`${system}: the same spec and seed give the same trace and measures, another seed others`, () => {
    const first = lookups({ ...BUSY, system }, 7);
    assert.deepEqual(lookups({ ...BUSY, system }, 7), first);
    assert.notEqual(lookups({ ...BUSY, system }, 8).trace, first.trace);
  });

  test(`${system}: in a network at rest every lookup finds the owner, and in one that has grown by the protocol`, () => {
    for (const start of ['ideal', 'grown'] as const) {
      const { measures } = lookups({ ...QUIET, system, start }, 2);
      assert.deepEqual(measures['failed'], { values: [0], counts: [150] }, start);
    }
  });

  test(`${system}: what was put is got, each newcomer joins, and each key has one owner`, () => {
    const work: Omit<RunSpec, 'workload'> = { ...QUIET, system };
    const put = values({ ...work, workload: { kind: 'values', keys: 20, gets: 60, perSecond: 0, warmUpMs: 10_000 } }, 3).measures;
    assert.deepEqual(put['right'], { values: [1], counts: [60] });
    const joined = joins({ ...work, workload: { kind: 'joins', joins: 4, keys: 500 } }, 3).measures;
    assert.deepEqual([joined['joinFailed']?.counts, total(joined, 'joinFailed')], [[4], 0]);
    assert.equal(total(joined, 'keysMovedElsewhere'), 0);
    assert.ok(total(joined, 'keysMoved') > 0);
    assert.equal(total(keys({ ...work, workload: { kind: 'keys', keys: 500 } }, 3).measures, 'keysPerNode'), 500);
  });
}

test('every system meets the same comings and goings', () => {
  const measured = NAMES.map((system) => lookups({ ...BUSY, system }, 5).measures);
  for (const name of ['joins', 'crashes', 'leaves']) {
    for (const measures of measured) assert.deepEqual(measures[name], measured[0]?.[name], name);
  }
  assert.ok(total(measured[0] ?? {}, 'joins') > 5);
});
