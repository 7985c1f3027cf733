import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../core/random.ts';
import { NearestFew } from './nearest-few.ts';

test('the nearest few of those that came by are what a stable sort begins with, whatever came before', () => {
  const random = new Random(1, 1);
  const few = new NearestFew();
  for (let round = 0; round < 2_000; round++) {
    // Few values, so that many are as far as others.
    const rtts = Array.from({ length: random.below(12) }, () => random.below(6));
    const max = random.below(5);
    few.clear();
    for (const [place, rttMs] of rtts.entries()) few.offer(place, rttMs, max);
    const sorted = [...rtts.entries()].sort(([, a], [, b]) => a - b).slice(0, max);
    assert.deepEqual(
      few.places.map((place, rank) => [place, few.rttsMs[rank]]),
      sorted,
    );
  }
});
