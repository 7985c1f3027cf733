import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from './random.ts';

test('the same seed and stream give the same numbers on every machine', () => {
  const random = new Random(42, 7);
  assert.deepEqual(
    Array.from({ length: 4 }, () => random.u32()),
    [3_213_778_824, 3_592_986_364, 676_430_817, 1_628_964_241],
  );
});

test('different seeds and different streams share nothing', () => {
  const first = (seed: number, stream: number): number => new Random(seed, stream).u32();
  const seen = new Set<number>();
  for (let seed = 0; seed < 40; seed++) for (let stream = 0; stream < 40; stream++) seen.add(first(seed, stream));
  for (const big of [2 ** 32, 2 ** 40, 2 ** 52]) seen.add(first(big, 0)).add(first(0, big));
  assert.ok(seen.size >= 1605, `${seen.size} different of 1606`);
});

test('numbers below a bound are even, and reach every value', () => {
  const random = new Random(1);
  const fair = new Array<number>(6).fill(0);
  for (let draw = 0; draw < 60_000; draw++) {
    const value = random.below(6);
    fair[value] = (fair[value] as number) + 1;
  }
  for (const count of fair) assert.ok(Math.abs(count - 10_000) < 500, String(fair));
  assert.equal(random.below(1), 0);
  assert.ok(random.below(2 ** 32) < 2 ** 32);
});

test('the unit interval has a mean of a half and never reaches one', () => {
  const random = new Random(2);
  let sum = 0;
  for (let draw = 0; draw < 20_000; draw++) {
    const value = random.unit();
    assert.ok(value >= 0 && value < 1);
    sum += value;
  }
  assert.ok(Math.abs(sum / 20_000 - 0.5) < 0.01);
});

test('a shuffle keeps every item, and moves each to any place', () => {
  const random = new Random(3);
  const places = new Set<number>();
  for (let round = 0; round < 500; round++) {
    const items = random.shuffle([0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(
      [...items].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    places.add(items.indexOf(0));
  }
  assert.equal(places.size, 8);
});
