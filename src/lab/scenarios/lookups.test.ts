/** Lookups in worlds so small that what must come out can be said beforehand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec, type WorkloadSpec } from '../run-spec.ts';
import { lookups } from './lookups.ts';

const WORK: Extract<WorkloadSpec, { kind: 'lookups' }> = { kind: 'lookups', count: 200, perSecond: 0, warmUpMs: 0, style: 'iterative' };
const QUIET: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  options: { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 },
  nodes: 50,
  workload: WORK,
};

function total(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'total');
}

function count(measures: Measures, name: string): number {
  return (measures[name]?.counts ?? []).reduce((sum, each) => sum + each, 0);
}

test('in a network at rest every lookup finds the owner, and each is counted once', () => {
  const { measures, events } = lookups(QUIET, 1);
  assert.deepEqual(measures['failed'], { values: [0], counts: [200] });
  assert.deepEqual(measures['wrong'], { values: [0], counts: [200] });
  assert.deepEqual(measures['timeouts'], { values: [0], counts: [200] });
  assert.equal(count(measures, 'hops'), 200);
  assert.equal(total(measures, 'hopsIfAny'), total(measures, 'hops'));
  assert.ok(count(measures, 'hopsIfAny') < 200);
  assert.equal(count(measures, 'contacts'), 50);
  assert.equal(total(measures, 'abandoned'), 0);
  assert.deepEqual(measures['events'], { values: [events], counts: [1] });
  assert.equal('ownerLost' in measures || 'bytesPerNodePerS' in measures, false);
});

test('a lookup costs a question and an answer a hop and for the owner, and takes a round trip each', () => {
  const { measures } = lookups({ ...QUIET, network: { kind: 'constant', ms: 20 } }, 2);
  const hops = statisticOf(measures['hops'] ?? { values: [], counts: [] }, 'mean');
  const selves = 200 - count(measures, 'tookMs');
  assert.equal(selves, 0);
  const took = statisticOf(measures['tookMs'] ?? { values: [], counts: [] }, 'mean');
  // Who owns the key itself does not ask itself in the end.
  const messages = total(measures, 'messagesPerLookup');
  assert.ok(messages > 2 * hops + 1.8 && messages <= 2 * hops + 2, `${messages} messages over ${hops} hops`);
  assert.ok(took > 40 * hops + 36 && took <= 40 * (hops + 1), `${took} ms over ${hops} hops`);
});

test('the same spec and seed give the same trace and measures, another seed others', () => {
  const busy: RunSpec = {
    ...QUIET,
    options: { roundMs: 5000 },
    network: { kind: 'uniform', minMs: 5, maxMs: 90 },
    loss: 0.02,
    failure: { share: 0.1, repairMs: 20_000 },
    churn: { kind: 'poisson', perSecond: 0.1, leaves: 'leave' },
    workload: { ...WORK, perSecond: 2, warmUpMs: 20_000 },
  };
  const first = lookups(busy, 7);
  assert.deepEqual(lookups(busy, 7), first);
  assert.notEqual(lookups(busy, 8).trace, first.trace);
});

test('keys, moments and origins do not depend on what the system does', () => {
  // One hop more or less, another order of events: but the same joins and crashes, and as many lookups before them.
  const spec: RunSpec = {
    ...QUIET,
    churn: { kind: 'poisson', perSecond: 0.2, leaves: 'crash' },
    workload: { ...WORK, perSecond: 2 },
    options: { roundMs: 5000 },
  };
  const [one, other] = [lookups(spec, 3), lookups({ ...spec, options: { roundMs: 5000, successors: 4, fingersPerRound: 8 } }, 3)];
  assert.notEqual(one.trace, other.trace);
  for (const name of ['joins', 'crashes']) assert.deepEqual(one.measures[name], other.measures[name]);
  assert.ok(total(one.measures, 'joins') > 5);
});

test('SIGCOMM 2001, section 6.4: once the ring has healed, those keys have lost their owner whose owner has failed, and are found at another', () => {
  const healed: RunSpec = {
    ...QUIET,
    nodes: 200,
    options: { roundMs: 2000, fingersPerRound: 20 },
    failure: { share: 0.2, repairMs: 60_000 },
  };
  const { measures } = lookups({ ...healed, workload: { ...WORK, count: 1000 } }, 1);
  assert.equal(total(measures, 'failed'), 0);
  const lost = total(measures, 'ownerLost');
  assert.ok(lost > 120 && lost < 280, `${lost} of 1000 keys have lost their owner`);
});

test('lookups that fail give no hops', () => {
  const options = { ...QUIET.options, passDead: false, slowMs: 1500 };
  const { measures } = lookups({ ...QUIET, nodes: 200, options, failure: { share: 0.2, repairMs: 0 } }, 1);
  const failed = total(measures, 'failed');
  assert.ok(failed > 50 && failed < 180, `${failed} failed`);
  assert.equal(total(measures, 'wrong'), 0);
  assert.equal(count(measures, 'hops'), 200 - failed);
});

test('lookups whose node is gone before they end are counted apart, and none is missing', () => {
  // A way takes longer than many a node lives.
  const { measures } = lookups(
    {
      ...QUIET,
      options: { roundMs: 30_000, slowMs: 20_000, timeoutMs: 20_000 },
      network: { kind: 'constant', ms: 4000 },
      churn: { kind: 'poisson', perSecond: 1, leaves: 'crash' },
      workload: { ...WORK, perSecond: 1 },
    },
    1,
  );
  const abandoned = total(measures, 'abandoned');
  assert.ok(abandoned > 20 && abandoned < 180, `${abandoned} abandoned`);
  assert.equal(count(measures, 'failed') + abandoned, 200);
});

test('lookups of the warming up do not count, and those that do begin after it', () => {
  const { measures, virtualMs } = lookups({ ...QUIET, workload: { ...WORK, count: 20, perSecond: 10, warmUpMs: 60_000 } }, 1);
  assert.equal(count(measures, 'failed'), 20);
  assert.ok(virtualMs > 60_000 && virtualMs < 70_000, `${virtualMs} ms`);
});

test('a network that grows by the protocol is in order before lookups begin', () => {
  const spec: RunSpec = { ...QUIET, nodes: 30, start: 'grown', options: { roundMs: 2000, fingersPerRound: 20 } };
  const { measures, virtualMs } = lookups(spec, 1);
  assert.equal(total(measures, 'failed'), 0);
  assert.ok(virtualMs > 30 * 200);
});

test('the stretch of its time is the time of a lookup over the direct round trip to the owner, of those that go elsewhere', () => {
  const { measures } = lookups({ ...QUIET, network: { kind: 'constant', ms: 20 } }, 2);
  const { values, counts } = measures['timeStretch'] ?? { values: [], counts: [] };
  // A round trip for each hop and for the owner, each as long as the direct one.
  assert.ok(
    values.every((value) => value >= 1 && Math.abs(value - Math.round(value)) < 1e-6),
    `${values}`,
  );
  const owners = counts.reduce((sum, each) => sum + each, 0);
  assert.ok(owners > 150 && owners < 200, `${owners} of 200 lookups went elsewhere`);
});

test('who waits is served within 4 s or not at all, and a lookup that failed has found nobody or somebody else', () => {
  const options = { ...QUIET.options, passDead: false, slowMs: 1500 };
  const { measures } = lookups({ ...QUIET, nodes: 200, options, failure: { share: 0.2, repairMs: 0 } }, 1);
  assert.equal(total(measures, 'failed'), total(measures, 'wrong') + total(measures, 'nobody'));
  assert.equal(count(measures, 'waitedMs'), 200);
  assert.equal(measures['waitedMs']?.values.at(-1), 4000);
  assert.ok(total(measures, 'unserved') >= total(measures, 'failed') && total(measures, 'failed') > 0);
});

test('upkeep is what nodes send when nobody asks: nothing without rounds, twice as much with twice as many', () => {
  const upkeep = (roundMs: number): number => {
    const workload: WorkloadSpec = { ...WORK, perSecond: 10, quietMs: 200_000 };
    const { measures } = lookups({ ...QUIET, options: { ...QUIET.options, roundMs }, workload }, 1);
    return total(measures, 'upkeepBytesPerNodePerS');
  };
  assert.equal(upkeep(0), 0);
  const [slow, fast] = [upkeep(10_000), upkeep(5000)];
  assert.ok(slow > 1 && fast / slow > 1.8 && fast / slow < 2.2, `${slow} and ${fast} bytes a second`);
});

test('what cannot be run is refused with what was expected', () => {
  const run = (part: Partial<RunSpec>) => () => lookups({ ...QUIET, ...part }, 1);
  assert.throws(run({ system: 'cord' }), /got "cord": did you mean chord\?/);
  assert.throws(run({ options: { sucessors: 4 } }), /chord has no option "sucessors": did you mean successors\?/);
  assert.throws(run({ workload: { kind: 'keys', keys: 4 } }), /a workload of lookups expected, got keys/);
  assert.throws(run({ workload: { ...WORK, style: 'zigzag' } }), /iterative or recursive expected, got "zigzag"/);
});
