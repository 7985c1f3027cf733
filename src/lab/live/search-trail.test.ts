/** The way of a search out of its messages: what arrives first counts, whatever was sent first, and what nothing bounds is bounded here. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TRAIL_NUMBERS, TrailKind } from './live-frame.ts';
import { SearchTrail } from './search-trail.ts';

/** A message from one to another, sent and arriving then. */
function note(trail: SearchTrail, kind: 'query' | 'hit', from: number, to: number, atMs: number, arrivesMs: number, lost = false): void {
  trail.note({ kind, from, to, atMs, arrivesMs, lost });
}

function rowsOf(trail: SearchTrail): number[][] {
  const { messages } = trail.view();
  return Array.from({ length: messages.length / TRAIL_NUMBERS }, (_, row) => [
    ...messages.subarray(row * TRAIL_NUMBERS, (row + 1) * TRAIL_NUMBERS),
  ]);
}

test('a query that overtakes another one is the first, and the other a duplicate', () => {
  const trail = new SearchTrail(0, 100);
  note(trail, 'query', 0, 1, 100, 110);
  note(trail, 'query', 0, 2, 100, 190);
  note(trail, 'query', 1, 2, 110, 120);
  const { hops, hopTable } = trail.view();
  assert.deepEqual([...hops.subarray(0, 3)], [1, 2, 3]);
  assert.deepEqual(
    rowsOf(trail).map(([, , , , kind]) => kind),
    [TrailKind.query, TrailKind.duplicate, TrailKind.query],
  );
  assert.deepEqual([trail.reached, trail.queries, trail.duplicates], [2, 3, 1]);
  assert.deepEqual(hopTable, [
    { hop: 1, reached: 1, duplicates: 1 },
    { hop: 2, reached: 1, duplicates: 0 },
  ]);
});

test('a step ends when all that was under way has arrived; after a silence the next one begins with what is sent', () => {
  const trail = new SearchTrail(0, 0);
  note(trail, 'query', 0, 1, 0, 50);
  note(trail, 'query', 0, 2, 0, 80);
  note(trail, 'query', 1, 3, 50, 100);
  note(trail, 'hit', 2, 0, 80, 160);
  note(trail, 'query', 3, 4, 100, 130);
  note(trail, 'query', 0, 5, 5_000, 5_050);
  assert.deepEqual(
    trail.steps.map(({ fromMs, queries, hits }) => [fromMs, queries, hits]),
    [
      [0, 2, 0],
      [50, 1, 1],
      [100, 1, 0],
      [5_000, 1, 0],
    ],
  );
});

test('who asks is never reached, and what is lost reaches nobody', () => {
  const trail = new SearchTrail(7, 0);
  note(trail, 'query', 7, 8, 0, 10, true);
  note(trail, 'query', 7, 9, 0, 10);
  note(trail, 'query', 9, 7, 10, 20);
  note(trail, 'hit', 9, 7, 10, 20, true);
  const { hops, steps } = trail.view();
  assert.deepEqual([hops[7], hops[8], hops[9]], [1, 0, 2]);
  assert.deepEqual([trail.reached, trail.duplicates], [1, 1]);
  assert.equal(
    steps.reduce((sum, { lost }) => sum + lost, 0),
    2,
  );
});

test('a walker tells its hops itself: it comes to nodes that others have reached sooner', () => {
  const trail = new SearchTrail(0, 0);
  const walk = (from: number, to: number, hops: number, atMs: number): void =>
    trail.note({ kind: 'query', hops, from, to, atMs, arrivesMs: atMs + 10, lost: false });
  walk(0, 1, 1, 0);
  walk(1, 2, 2, 10);
  walk(2, 1, 3, 20);
  walk(1, 3, 4, 30);
  const { hops } = trail.view();
  assert.deepEqual([...hops.subarray(0, 4)], [1, 2, 3, 5]);
  assert.deepEqual(
    rowsOf(trail).map(([, , hop, , kind]) => [hop, kind]),
    [
      [1, TrailKind.query],
      [2, TrailKind.query],
      [3, TrailKind.duplicate],
      [4, TrailKind.query],
    ],
  );
});

test('of a search without end the first messages are kept, and all are counted', () => {
  const trail = new SearchTrail(0, 0);
  for (let count = 1; count <= 10_000; count++) note(trail, 'query', count - 1, count, 10 * count, 10 * count + 5);
  assert.deepEqual([rowsOf(trail).length, trail.leftOut, trail.reached, trail.steps.length], [4_000, 6_000, 10_000, 250]);
  assert.ok(trail.view().hops.every((hop) => hop <= 251));
});
