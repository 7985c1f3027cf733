/** The way of a search out of its messages: what arrives first counts, whatever was sent first, and what nothing bounds is bounded here. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TRAIL_NUMBERS, TrailKind } from './live-frame.ts';
import { SearchTrail } from './search-trail.ts';

function rowsOf(trail: SearchTrail): number[][] {
  const { messages } = trail.view();
  return Array.from({ length: messages.length / TRAIL_NUMBERS }, (_, row) => [
    ...messages.subarray(row * TRAIL_NUMBERS, (row + 1) * TRAIL_NUMBERS),
  ]);
}

test('a query that overtakes another one is the first, and the other a duplicate', () => {
  const trail = new SearchTrail(0, 100);
  trail.note('query', 0, 1, 100, 110, false);
  trail.note('query', 0, 2, 100, 190, false);
  trail.note('query', 1, 2, 110, 120, false);
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
  trail.note('query', 0, 1, 0, 50, false);
  trail.note('query', 0, 2, 0, 80, false);
  trail.note('query', 1, 3, 50, 100, false);
  trail.note('hit', 2, 0, 80, 160, false);
  trail.note('query', 3, 4, 100, 130, false);
  trail.note('query', 0, 5, 5_000, 5_050, false);
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
  trail.note('query', 7, 8, 0, 10, true);
  trail.note('query', 7, 9, 0, 10, false);
  trail.note('query', 9, 7, 10, 20, false);
  trail.note('hit', 9, 7, 10, 20, true);
  const { hops, steps } = trail.view();
  assert.deepEqual([hops[7], hops[8], hops[9]], [1, 0, 2]);
  assert.deepEqual([trail.reached, trail.duplicates], [1, 1]);
  assert.equal(
    steps.reduce((sum, { lost }) => sum + lost, 0),
    2,
  );
});

test('of a search without end the first messages are kept, and all are counted', () => {
  const trail = new SearchTrail(0, 0);
  for (let count = 1; count <= 10_000; count++) trail.note('query', count - 1, count, 10 * count, 10 * count + 5, false);
  assert.deepEqual([rowsOf(trail).length, trail.leftOut, trail.reached, trail.steps.length], [4_000, 6_000, 10_000, 250]);
  assert.ok(trail.view().hops.every((hop) => hop <= 251));
});
