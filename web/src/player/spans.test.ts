import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aheadOf, bufferedSpans, hereSpans, shareOf } from './spans.ts';

/** `#` is here. */
function mapOf(shape: string): Parameters<typeof hereSpans>[0] {
  return { count: shape.length, have: 0, isHere: (piece) => shape[piece] === '#', peersWith: () => null };
}

test('pieces that a file has in part count for what they have of it', () => {
  const file = { offset: 15, bytes: 40 };
  assert.deepEqual(hereSpans(mapOf('#####.'), 10, file), [{ from: 0, to: 0.875 }]);
  assert.deepEqual(hereSpans(mapOf('.#.#.#'), 10, file), [
    { from: 0, to: 0.125 },
    { from: 0.375, to: 0.625 },
    { from: 0.875, to: 1 },
  ]);
  assert.equal(shareOf(hereSpans(mapOf('######'), 10, file)), 1);
  assert.deepEqual(hereSpans(mapOf('######'), 10, { offset: 15, bytes: 0 }), []);
});

test('what a player has ahead ends at the first gap', () => {
  const ranges = { length: 2, start: (index: number) => [0, 60][index] as number, end: (index: number) => [30, 90][index] as number };
  const spans = bufferedSpans(ranges, 120);
  assert.deepEqual(
    [aheadOf(spans, 0), aheadOf(spans, 0.2), aheadOf(spans, 0.3), aheadOf(spans, 0.5)].map((each) => Math.round(each * 120)),
    [30, 6, 0, 30],
  );
  assert.deepEqual([bufferedSpans(ranges, Number.NaN), bufferedSpans(ranges, 0)], [[], []]);
});
