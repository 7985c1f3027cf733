import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeQueue, type QueueEntry, type QueueRules } from './queue-policy.ts';

const RULES: QueueRules = { downloadsMax: 2, seedsMax: 1, seedRatio: 0, seedMs: 0, stalledMs: 0 };

function entry(key: string, but: Partial<QueueEntry> = {}): QueueEntry {
  const plain = { resting: false, complete: false, seedsOn: false, ratio: 0, seedingMs: 0, idleMs: 0, seedRatio: null, seedMs: null };
  return { key, ...plain, ...but };
}

function verdicts(entries: readonly QueueEntry[], rules: Partial<QueueRules> = {}): string {
  return [...judgeQueue(entries, { ...RULES, ...rules })].map(([key, verdict]) => `${key} ${verdict}`).join(', ');
}

test('the first in the queue are at work, the others wait, and seeds have places of their own', () => {
  const entries = [entry('a'), entry('b', { complete: true }), entry('c'), entry('d'), entry('e', { complete: true })];
  assert.equal(verdicts(entries), 'a work, b work, c work, d wait, e wait');
});

test('0 is no limit', () => {
  assert.equal(verdicts([entry('a'), entry('b'), entry('c')], { downloadsMax: 0 }), 'a work, b work, c work');
});

test('what is paused or has failed takes no place', () => {
  assert.equal(verdicts([entry('a', { resting: true }), entry('b'), entry('c')]), 'a resting, b work, c work');
});

test('seeding ends at the ratio or after the time, whichever comes first, and its place is free', () => {
  const complete = { complete: true };
  const entries = [entry('a', { ...complete, ratio: 2 }), entry('b', { ...complete, seedingMs: 60_000 }), entry('c', complete)];
  assert.equal(verdicts(entries, { seedRatio: 2, seedMs: 60_000 }), 'a finished, b finished, c work');
});

test('what a transfer says of its own ratio counts before the rule, and 0 is for ever', () => {
  const seeded = { complete: true, ratio: 1.5 };
  const entries = [entry('a', { ...seeded, seedRatio: 1.2 }), entry('b', { ...seeded, seedRatio: 0 }), entry('c', seeded)];
  assert.equal(verdicts(entries, { seedRatio: 1, seedsMax: 0 }), 'a finished, b work, c finished');
});

test('who was resumed after enough seeds on', () => {
  assert.equal(verdicts([entry('a', { complete: true, ratio: 9, seedsOn: true })], { seedRatio: 1 }), 'a work');
});

test('a download that gets nothing keeps nobody waiting', () => {
  const entries = [entry('a', { idleMs: 10_000 }), entry('b'), entry('c'), entry('d')];
  assert.equal(verdicts(entries, { stalledMs: 10_000 }), 'a work, b work, c work, d wait');
});

test('never are more at work than the limits say, and nobody waits while a place is free', () => {
  const flags = fc.record({ resting: fc.boolean(), complete: fc.boolean() });
  fc.assert(
    fc.property(fc.array(flags, { maxLength: 30 }), fc.nat(5), fc.nat(5), (shapes, downloadsMax, seedsMax) => {
      const entries = shapes.map((shape, index) => entry(String(index), shape));
      const judged = judgeQueue(entries, { ...RULES, downloadsMax, seedsMax });
      for (const [complete, max] of [
        [false, downloadsMax],
        [true, seedsMax],
      ] as const) {
        const awake = entries.filter((each) => each.complete === complete && !each.resting);
        const working = awake.filter(({ key }) => judged.get(key) === 'work');
        assert.equal(working.length, max === 0 ? awake.length : Math.min(max, awake.length));
        assert.deepEqual(working, awake.slice(0, working.length));
      }
    }),
  );
});
