/** Failures at once in networks so small that what must come out can be said beforehand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec, type WorkloadSpec } from '../run-spec.ts';
import { recovery } from './recovery.ts';

const WORK: Extract<WorkloadSpec, { kind: 'recovery' }> = {
  kind: 'recovery',
  perSecond: 10,
  beforeMs: 20_000,
  afterMs: 120_000,
  windowMs: 10_000,
  style: 'iterative',
};
const RING: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  options: { roundMs: 5000, successors: 12 },
  nodes: 100,
  failure: { share: 0.3, repairMs: 0 },
  workload: WORK,
};

function total(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'total');
}

function rate(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'rate');
}

test('where nobody fails, it has recovered before the first window', () => {
  const { measures } = recovery({ ...RING, failure: { share: 0, repairMs: 0 } }, 1);
  assert.deepEqual([total(measures, 'recoveryMs'), total(measures, 'recovered')], [0, 1]);
  assert.equal(total(measures, 'failedBefore') + total(measures, 'unservedBefore'), 0);
  for (let second = 0; second < 120; second += 10) assert.equal(rate(measures, `failed at ${second} s`), 0, `at ${second} s`);
});

test('lookups that cannot go round the dead fail at first, and succeed again when the ring has healed', () => {
  const { measures } = recovery({ ...RING, options: { ...RING.options, passDead: false, fingersPerRound: 20 } }, 2);
  assert.equal(total(measures, 'failedBefore'), 0);
  assert.ok(rate(measures, 'failed at 0 s') > 0.1, `${rate(measures, 'failed at 0 s')} at first, seed 2`);
  assert.equal(total(measures, 'recovered'), 1);
  const recoveryMs = total(measures, 'recoveryMs');
  assert.ok(recoveryMs > 0 && recoveryMs <= 60_000, `${recoveryMs} ms, seed 2`);
  assert.equal(rate(measures, 'failed at 110 s'), 0);
});

test('who does not repair does not recover, and the whole time counts', () => {
  const { measures } = recovery({ ...RING, options: { roundMs: 0, passDead: false, forgetSilent: false } }, 3);
  assert.deepEqual([total(measures, 'recoveryMs'), total(measures, 'recovered')], [120_000, 0]);
});

test('a lookup that finds the owner after 4 s has not failed, and is not served', () => {
  const { measures } = recovery(
    { ...RING, network: { kind: 'constant', ms: 1500 }, options: { ...RING.options, slowMs: 9000, timeoutMs: 9000 } },
    4,
  );
  assert.equal(rate(measures, 'failedBefore'), 0);
  assert.ok(rate(measures, 'unservedBefore') > 0.5);
});

test('the same spec and seed give the same trace and measures, another seed others', () => {
  const first = recovery(RING, 7);
  assert.deepEqual(recovery(RING, 7), first);
  assert.notEqual(recovery(RING, 8).trace, first.trace);
});

test('what cannot be run is refused with what was expected', () => {
  assert.throws(() => recovery({ ...RING, failure: null }, 1), /a failure with a repairMs of 0 expected/);
  assert.throws(() => recovery({ ...RING, failure: { share: 0.3, repairMs: 5 } }, 1), /a failure with a repairMs of 0 expected/);
  assert.throws(() => recovery({ ...RING, workload: { ...WORK, perSecond: 0 } }, 1), /more than 0 lookups a second expected/);
});
