import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../core/random.ts';
import { bandOfMean, percentileOf } from './statistics.ts';

test('one value is its own band', () => {
  assert.deepEqual(bandOfMean([2.5]), { mean: 2.5, low: 2.5, high: 2.5 });
});

test('equal values have a band without width', () => {
  const { mean, low, high } = bandOfMean([0.1, 0.1, 0.1]);
  assert.deepEqual([low, high], [mean, mean]);
});

test('the band holds the mean, lies within the values, and is the same each time', () => {
  const values = [3, 9, 4, 1, 7, 7, 2, 5];
  const { mean, low, high } = bandOfMean(values);
  assert.equal(mean, 4.75);
  assert.ok(1 < low && low < mean && mean < high && high < 9, `${low} ${mean} ${high}`);
  assert.deepEqual(bandOfMean(values), { mean, low, high });
});

test('about 95 of 100 bands of 30 values hold the mean that the values are drawn around', () => {
  const random = new Random(20260101);
  let held = 0;
  for (let trial = 0; trial < 400; trial++) {
    const { low, high } = bandOfMean(Array.from({ length: 30 }, () => random.unit() + random.unit()));
    if (low <= 1 && 1 <= high) held++;
  }
  // The percentile bootstrap of 30 values holds a little less than it says; three deviations of 400 trials are 13.
  assert.ok(held >= 358 && held <= 393, `${held} of 400`);
});

test('a band is as wide as four deviations of the mean', () => {
  const { low, high } = bandOfMean(Array.from({ length: 100 }, (_, index) => index));
  const deviation = Math.sqrt((100 * 100 - 1) / 12 / 100);
  assert.ok(Math.abs((high - low) / deviation - 3.92) < 0.2, `${(high - low) / deviation}`);
});

test('what was not measured is left out, and nothing at all is NaN', () => {
  assert.deepEqual(bandOfMean([Number.NaN, 4, Number.POSITIVE_INFINITY]), { mean: 4, low: 4, high: 4 });
  assert.deepEqual(bandOfMean([Number.NaN]), { mean: Number.NaN, low: Number.NaN, high: Number.NaN });
  assert.deepEqual(bandOfMean([]), { mean: Number.NaN, low: Number.NaN, high: Number.NaN });
});

test('a percentile is a value that came, by nearest rank', () => {
  assert.deepEqual(
    [0, 0.2, 0.21, 0.5, 0.99, 1].map((part) => percentileOf([10, 20, 30, 40, 50], part)),
    [10, 10, 20, 30, 50, 50],
  );
  assert.equal(percentileOf([], 0.5), Number.NaN);
});
