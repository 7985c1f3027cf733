import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter, statisticOf } from './measures.ts';

const meter = new Meter();
for (const hops of [3, 1, 3, 2, 3, 9, 2, 3, 1, 3]) meter.add('hops', hops);
meter.add('hops', 4, 90);
const { hops } = meter.measures() as { hops: { values: number[]; counts: number[] } };

test('a meter keeps each value once, in order, with how often it came', () => {
  assert.deepEqual(hops, { values: [1, 2, 3, 4, 9], counts: [2, 2, 5, 90, 1] });
});

test('statistics are those of the values one by one', () => {
  assert.equal(statisticOf(hops, 'total'), 390);
  assert.equal(statisticOf(hops, 'mean'), 3.9);
  assert.deepEqual(
    (['min', 'p1', 'p5', 'p50', 'p99', 'max'] as const).map((statistic) => statisticOf(hops, statistic)),
    [1, 1, 3, 4, 4, 9],
  );
});

test('a share is the part of the values that are the x of the point, 0 where there are none', () => {
  assert.deepEqual(
    [3, 4, 5].map((x) => statisticOf(hops, 'share', x)),
    [0.05, 0.9, 0],
  );
});

test('of nothing there is no statistic', () => {
  assert.ok(Number.isNaN(statisticOf({ values: [], counts: [] }, 'share', 1)));
});
