import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec, type WorkloadSpec } from '../run-spec.ts';
import { values } from './values.ts';

const WORK: Extract<WorkloadSpec, { kind: 'values' }> = { kind: 'values', keys: 60, gets: 120, perSecond: 2, warmUpMs: 30_000 };
const SPEC: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  options: { roundMs: 5000 },
  nodes: 40,
  workload: WORK,
};

function total(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'total');
}

function count(measures: Measures, name: string): number {
  return (measures[name]?.counts ?? []).reduce((sum, each) => sum + each, 0);
}

test('what was put is got, in a network where nobody goes', () => {
  const { measures } = values(SPEC, 1);
  assert.equal(total(measures, 'putOk'), 60);
  assert.deepEqual(
    ['right', 'wrong', 'lost'].map((name) => total(measures, name)),
    [120, 0, 0],
  );
  assert.deepEqual([count(measures, 'getMs'), count(measures, 'putMs')], [120, 60]);
});

test('with one copy of each, as many values are lost as nodes that fail at once, with three copies none', () => {
  const failing: RunSpec = { ...SPEC, failure: { share: 0.25, repairMs: 30_000 } };
  const single = values({ ...failing, options: { roundMs: 5000, replicas: 1, readQuorum: 1, writeQuorum: 1 } }, 1).measures;
  const lost = total(single, 'lost');
  assert.ok(lost > 12 && lost < 60, `${lost} of 120 lost`);
  const triple = values(failing, 1).measures;
  assert.ok(total(triple, 'lost') < 8, `${total(triple, 'lost')} of 120 lost`);
});

test('every get under churn is right, wrong, lost or abandoned', () => {
  const { measures } = values({ ...SPEC, churn: { kind: 'poisson', perSecond: 0.3, leaves: 'crash' } }, 2);
  assert.ok(total(measures, 'joins') > 10 && total(measures, 'crashes') > 10);
  const judged = ['right', 'wrong', 'lost'].reduce((sum, name) => sum + total(measures, name), 0);
  assert.equal(judged, count(measures, 'right'));
  assert.ok(count(measures, 'putOk') <= 60 && total(measures, 'putOk') > 40);
  assert.equal(120 - judged + 60 - count(measures, 'putOk'), total(measures, 'abandoned'));
  assert.ok(total(measures, 'right') > 0.9 * judged, JSON.stringify(measures));
});

test('the same spec and seed give the same outcome', () => {
  const churning: RunSpec = { ...SPEC, churn: { kind: 'poisson', perSecond: 0.3, leaves: 'leave' } };
  assert.deepEqual(values(churning, 5), values(churning, 5));
});
