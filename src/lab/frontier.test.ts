import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../core/random.ts';
import { lowerHull } from './frontier.ts';

const at = (x: number, y: number): { x: number; y: number } => ({ x, y });

test('of settings the hull keeps those that no other beats, and none above the line between two', () => {
  const settings = [at(4, 1), at(1, 10), at(2, 9), at(3, 2), at(5, 1), at(6, 4)];
  assert.deepEqual(lowerHull(settings), [at(1, 10), at(3, 2), at(4, 1)]);
});

test('of equally cheap settings the lowest counts, and the order in which they come does not', () => {
  assert.deepEqual(lowerHull([at(1, 5), at(1, 3), at(2, 3)]), [at(1, 3)]);
  assert.deepEqual(lowerHull([]), []);
});

test('no point lies below the hull, whatever the points', () => {
  const seed = 5;
  const random = new Random(seed);
  for (let round = 0; round < 50; round++) {
    const settings = Array.from({ length: 20 }, () => at(random.below(30), random.below(30)));
    const hull = lowerHull(settings);
    for (const { x, y } of settings) {
      const right = hull.findIndex((corner) => corner.x >= x);
      const [a, b] = [hull[right - 1], hull[right]];
      const floor = b === undefined ? (hull.at(-1)?.y ?? 0) : a === undefined ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
      assert.ok(y >= floor - 1e-9, `(${x}, ${y}) below ${floor} in round ${round}, seed ${seed}`);
    }
  }
});
