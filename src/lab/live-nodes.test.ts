import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../core/random.ts';
import { forSeeds } from '../sim/seeds.ts';
import { LiveNodes } from './live-nodes.ts';

test('who was added and not removed lives, once', () => {
  forSeeds(20, (seed) => {
    const random = new Random(seed);
    const [nodes, oracle] = [new LiveNodes(), new Set<number>()];
    for (let next = 0; next < 300; ) {
      const victim = nodes.numbers[random.below(Math.max(1, nodes.numbers.length))];
      if (victim === undefined || random.chance(0.6)) {
        nodes.add(next);
        oracle.add(next++);
      } else {
        nodes.remove(victim);
        oracle.delete(victim);
        assert.equal(nodes.has(victim), false);
      }
      assert.deepEqual(
        nodes.numbers.toSorted((a, b) => a - b),
        [...oracle],
      );
    }
  });
});

test('a sample has different nodes, all of them when there are few', () => {
  const nodes = new LiveNodes();
  for (let node = 0; node < 9; node++) nodes.add(node);
  const random = new Random(1);
  assert.equal(new Set(nodes.sample(random, 8)).size, 8);
  assert.deepEqual(
    nodes.sample(random, 20).toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test('a node that does not live cannot be removed', () => {
  assert.throws(() => new LiveNodes().remove(3), /a node that lives expected, got 3/);
});
