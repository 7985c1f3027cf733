import assert from 'node:assert/strict';
import test from 'node:test';
import { OriginalChord } from '../../../test/chord/original-chord.ts';
import { idealRingAt, join, members, point, settle } from '../../../test/chord/rings.ts';
import { invariantComplaint } from './invariant.ts';

/** Moments of the crash that are tried, in events after the joins begin; half a minute of them. */
const EVENTS_MAX = 600;
const EVENTS_STEP = 7;

interface Scenario {
  readonly ring: readonly number[];
  readonly joining: readonly number[];
  readonly dying: readonly number[];
  readonly successors: number;
}

/** Ours, with the crash at every so many events: must come out as the ideal ring of who is left, at whatever moment it happened. */
function assertSurvives({ ring: points, joining, dying, successors }: Scenario): void {
  for (let moment = 0; moment < EVENTS_MAX; moment += EVENTS_STEP) {
    const options = { successors, roundMs: 1000, slowMs: 250, timeoutMs: 700, replicas: 1, readQuorum: 1, writeQuorum: 1 };
    const ring = idealRingAt(points, options, { seed: 1 + moment });
    for (const value of joining) join(ring, { ids: [point(value)] });
    const { world } = ring;
    world.runUntil(() => world.counters.events >= moment, 60_000);
    for (const [index, value] of [...points, ...joining].entries()) {
      const node = ring.nodes[index];
      if (node !== undefined && dying.includes(value)) world.crash(node, 'power');
    }
    settle(ring);
    const left = points.length + joining.length - dying.length;
    assert.equal(members(ring).length, left, `all of ${left} are back; crash after ${moment} events`);
    if (left > successors) assert.equal(invariantComplaint(members(ring), successors), null);
  }
}

test('Zave 2012, ConnectedAppendages: a joiner took a successor that had died since the lookup, for good; ours asks it first', () => {
  const original = new OriginalChord([10, 20, 30, 40], 2);
  original.fail(20);
  original.join(15, 20);
  original.settle();
  assert.deepEqual(original.path(15), [], 'nowhere');
  assertSurvives({ ring: [10, 20, 30, 40], joining: [15], dying: [20], successors: 2 });
});

test('Zave 2012, AtLeastOneRing: a predecessor of the successor was taken unasked, and was dead; ours asks it first', () => {
  const original = new OriginalChord([2, 6, 12, 20, 30], 2);
  original.join(10, 12);
  original.stabilize(10);
  original.fail(10);
  original.stabilize(6);
  assert.deepEqual(original.node(6).list, [10, 20], 'the living 12 is given up for the dead 10');
  original.fail(20);
  original.settle();
  assert.deepEqual(original.path(2), [], 'there is no ring any more');
  assertSurvives({ ring: [2, 6, 12, 20, 30], joining: [10], dying: [10, 20], successors: 2 });
});

test('Zave 2012, AtMostOneRing: two nodes, a joiner behind each, both fail: each of the two was left with itself', () => {
  const original = new OriginalChord([10, 30], 2);
  for (const [joiner, successor, before] of [
    [20, 30, 10],
    [40, 10, 30],
  ] as const) {
    original.join(joiner, successor);
    original.stabilize(joiner);
    original.stabilize(before);
  }
  original.fail(20);
  original.fail(40);
  original.settle();
  assert.deepEqual([original.path(10), original.path(30)], [[10], [30]], 'two rings of one');
  assertSurvives({ ring: [10, 30], joining: [20, 40], dying: [20, 40], successors: 2 });
});

test('Zave 2012, OrderedRing: three nodes, a joiner behind each, all fail: the ring went round twice', () => {
  const original = new OriginalChord([10, 20, 30], 2);
  for (const [joiner, successor, before] of [
    [15, 20, 10],
    [25, 30, 20],
    [35, 10, 30],
  ] as const) {
    original.join(joiner, successor);
    original.stabilize(joiner);
    original.stabilize(before);
  }
  for (const joiner of [15, 25, 35]) original.fail(joiner);
  for (const id of [10, 20, 30]) original.update(id);
  assert.deepEqual(original.path(10), [10, 30, 20], 'in the wrong order');
  assertSurvives({ ring: [10, 20, 30], joining: [15, 25, 35], dying: [15, 25, 35], successors: 2 });
});

test('Zave 2017, section 4: a short ring, where lists went round to oneself, is one ring after any single failure', () => {
  const original = new OriginalChord([10, 20], 2);
  assert.deepEqual(original.node(10).list, [20, 10], 'itself among its successors');
  assertSurvives({ ring: [10, 20], joining: [15], dying: [20], successors: 2 });
  assertSurvives({ ring: [10, 20, 30], joining: [15], dying: [20], successors: 3 });
});
