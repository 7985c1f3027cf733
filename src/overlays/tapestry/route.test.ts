import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idealMesh, members } from '../../../test/tapestry/meshes.ts';
import { digitOf, firstWithDigit, sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160, randomId } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { rootAmong } from './complaint.ts';
import type { Tapestry } from './tapestry.ts';

const QUIET = { roundMs: 0 };

/** By the tables alone, node by node; how many hops it took. */
function walk(
  nodes: readonly Tapestry[],
  start: Tapestry,
  target: Id160,
  passed: readonly Id160[] = [],
): { root: Tapestry | null; hops: number } {
  let [at, level, hops] = [start, 0, 0];
  for (;;) {
    const route = at.route(target, level, passed);
    if (route.root) return { root: at, hops };
    const next = nodes.find(({ self }) => equalIds(self, route.contacts[0] as Id160));
    if (next === undefined) return { root: null, hops };
    [at, level, hops] = [next, route.level, hops + 1];
  }
}

test('JSAC 2004, section III-B: from every start the same root, by the definition, within a digit a hop', () => {
  forSeeds(20, (seed) => {
    const nodes = members(idealMesh(1 + seed * 4, { ...QUIET, digitBits: 1 + (seed % 5) }, { seed }));
    const random = new Random(seed);
    for (let count = 0; count < 10; count++) {
      const target = randomId(random);
      const expected = rootAmong(nodes, target);
      for (const start of nodes) {
        const { root, hops } = walk(nodes, start, target);
        assert.equal(root, expected);
        assert.ok(hops <= Math.max(...nodes.map(({ map }) => map.levelCount)), `${hops} hops`);
      }
    }
  });
});

test('JSAC 2004, section III-B: where nobody has a digit, the next higher one that somebody has stands in for it, round the end', () => {
  const nodes = members(idealMesh(5, QUIET, { seed: 3 }));
  const digits = nodes.map(({ self }) => digitOf(self, 0, 4));
  for (let digit = 0; digit < 16; digit++) {
    let wanted = digit;
    while (!digits.includes(wanted)) wanted = (wanted + 1) % 16;
    const target = firstWithDigit(randomId(new Random(digit)), 0, digit, 4);
    for (const start of nodes) assert.equal(digitOf((walk(nodes, start, target).root as Tapestry).self, 0, 4), wanted);
  }
});

test('a node that is passed over is no root and no start of another way: exact for fewer nodes than an entry has links', () => {
  forSeeds(30, (seed) => {
    const nodes = members(idealMesh(2 + seed, QUIET, { seed }));
    const target = randomId(new Random(seed));
    const first = rootAmong(nodes, target) as Tapestry;
    const second = rootAmong(
      nodes.filter((node) => node !== first),
      target,
    );
    const third = rootAmong(
      nodes.filter((node) => node !== first && node !== second),
      target,
    );
    for (const start of nodes) {
      assert.equal(walk(nodes, start, target, [first.self]).root, second);
      const others = [first.self, (second as Tapestry).self];
      assert.equal(walk(nodes, start, target, others).root, third);
    }
  });
});

test('the lowest point with a digit shares the digits before it, and nothing lower does', () => {
  const random = new Random(1);
  for (let count = 0; count < 2000; count++) {
    const bits = 1 + random.below(5);
    const place = random.below(Math.floor(160 / bits));
    const [id, other, digit] = [randomId(random), randomId(random), random.below(1 << bits)];
    const first = firstWithDigit(id, place, digit, bits);
    assert.equal(digitOf(first, place, bits), digit);
    assert.ok(sharedDigits(first, id, bits) >= place);
    if (place === 0 && digitOf(other, 0, bits) >= digit) assert.ok(compareIds(first, other) <= 0);
    assert.deepEqual(firstWithDigit(first, place, digit, bits), first);
  }
});
