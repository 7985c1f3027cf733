import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chordChurn, race, sampleResult } from '../../../test/fixtures/sample-results.ts';
import { RUN_DEFAULTS } from '../run-spec.ts';
import { durationText, settingsOf } from './settings.ts';

test('a setting has its unit, and what a run is about comes first', () => {
  const settings = settingsOf(chordChurn().plan);
  assert.deepEqual(settings.slice(0, 5), [
    { name: 'system', value: 'chord' },
    { name: 'options, successors', value: '16' },
    { name: 'options, stabilize', value: '30 s' },
    { name: 'options, retry', value: 'no' },
    { name: 'nodes', value: '500' },
  ]);
  const values = new Map(settings.map(({ name, value }) => [name, value]));
  assert.equal(values.get('network'), 'exponential');
  assert.equal(values.get('network, mean'), '50 ms');
  assert.equal(values.get('churn, rate'), '0.01 a second, 0.02 a second, 0.05 a second, 0.1 a second');
  assert.equal(values.get('failure'), 'none');
});

test('what differs by line is told by line', () => {
  const values = new Map(settingsOf(race().plan).map(({ name, value }) => [name, value]));
  assert.equal(values.get('system'), 'chord; kademlia; pastry; kelips');
  assert.equal(values.get('nodes'), '64, 256, 1024, 4096, 16,384');
});

test('what differs by both, what only some runs have, and long lists are told in a few words', () => {
  const { plan } = sampleResult({
    curves: ['a', 'b'].flatMap((line) => [{ curve: 'c', line, points: Array.from({ length: 20 }, (_, x) => [x, x] as const), spread: 0 }]),
    spec: (x, line) => ({
      ...RUN_DEFAULTS,
      system: 'chord',
      nodes: x,
      loss: line === 'a' ? 0 : x / 100,
      options: line === 'a' ? {} : { successors: 4 },
      workload: { kind: 'keys', keys: 10 },
      churn: { kind: 'trace', events: [{ atMs: 1, node: 0, what: 'crash' }] },
    }),
  });
  const values = new Map(settingsOf(plan).map(({ name, value }) => [name, value]));
  assert.equal(values.get('loss'), '20 different values, in the plan below');
  assert.equal(values.get('options, successors'), 'a: none; b: 4');
  assert.equal(values.get('nodes'), '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … (20 values)');
  assert.equal(values.get('churn, events'), '1 entry, in the plan below');
});

test('durations are told in the largest unit that fits them', () => {
  assert.deepEqual([0, 50, 1500, 2000, 90_000, 600_000, 7_200_000].map(durationText), [
    '0 ms',
    '50 ms',
    '1500 ms',
    '2 s',
    '90 s',
    '10 min',
    '2 h',
  ]);
});
