import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';
import { joins } from './joins.ts';

const SPEC: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  options: { roundMs: 100_000_000 },
  nodes: 40,
  workload: { kind: 'joins', joins: 15, keys: 3000 },
};

function mean(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'mean');
}

test('SIGCOMM 2001, section 4.2: a newcomer takes keys from its successor alone, as many as its share is', () => {
  const { measures } = joins(SPEC, 1);
  assert.equal(mean(measures, 'joinFailed'), 0);
  assert.equal(mean(measures, 'keysMovedElsewhere'), 0);
  // None at all from where the newcomer's share is too small to hold one of the keys.
  assert.equal(statisticOf(measures['givers'] ?? { values: [], counts: [] }, 'max'), 1);
  // 1 / (n + 1) for 40 to 54 others, 0.021; a single share is as uncertain as it is large.
  const moved = mean(measures, 'keysMoved');
  assert.ok(moved > 0.01 && moved < 0.04, `${moved} of the keys`);
});

test('with 4 points each, a newcomer takes from several', () => {
  const { measures } = joins({ ...SPEC, options: { ...SPEC.options, units: 4 } }, 1);
  assert.equal(mean(measures, 'keysMovedElsewhere'), 0);
  assert.ok(mean(measures, 'givers') > 3);
});

test('what the network sends by itself does not count as the cost of a join', () => {
  const [still, busy] = [joins(SPEC, 1), joins({ ...SPEC, options: { roundMs: 20_000 } }, 1)].map(({ measures }) => measures) as [
    Measures,
    Measures,
  ];
  const [alone, among] = [mean(still, 'messagesPerJoin'), mean(busy, 'messagesPerJoin')];
  // The newcomer's own upkeep and the news of it come on top: some messages a round, and not the thousand that all others send.
  assert.ok(alone > 8 && alone < 60, `${alone} messages`);
  assert.ok(Math.abs(among - alone) < 60, `${among} beside ${alone} messages`);
});

test('a newcomer whom nobody answers counts as failed, and gives nothing else', () => {
  const { measures } = joins({ ...SPEC, loss: 1, workload: { kind: 'joins', joins: 2, keys: 10 } }, 1);
  assert.deepEqual(measures['joinFailed'], { values: [1], counts: [2] });
  assert.deepEqual(Object.keys(measures), ['events', 'joinFailed']);
});

test('the same spec and seed give the same outcome', () => {
  assert.deepEqual(joins(SPEC, 4), joins(SPEC, 4));
});
