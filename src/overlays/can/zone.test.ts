import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { uncoveredPoint } from './border.ts';
import { randomPoint } from './point.ts';
import { DEPTH_MAX, SIDE, Zone, withoutAll } from './zone.ts';

/** The leaves of a tree of so many random splits. */
function partition(random: Random, dims: number, count: number): Zone[] {
  const zones = [new Zone(1, dims)];
  while (zones.length < count) {
    const point = randomPoint(random, dims);
    const at = zones.findIndex((zone) => zone.has(point));
    const halves = (zones[at] as Zone).split(point);
    zones.splice(at, 1, halves.with, halves.without);
  }
  return zones;
}

/** By the definition, from intervals: overlap in all dimensions but one, in which one ends where the other begins. */
function areNeighbours(a: Zone, b: Zone): boolean {
  const touches = a.lows.map((low, dim) => {
    const [from, to] = [b.lows[dim] as number, (b.lows[dim] as number) + b.size(dim)];
    const end = low + a.size(dim);
    return low < to && from < end ? 'overlap' : end % SIDE === from || to % SIDE === low ? 'abut' : 'apart';
  });
  return touches.filter((each) => each === 'abut').length === 1 && !touches.includes('apart');
}

test('section 2.2: a zone splits along x, then y, then x again, into halves that have all its points', () => {
  const random = new Random(3);
  let zone = new Zone(1, 2);
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const point = zone.pointAt((bound) => random.below(bound));
    const { with: half, without: other } = zone.split(point);
    assert.ok(half.has(point) && !other.has(point) && zone.contains(half) && zone.contains(other));
    assert.equal(half.size(depth % 2), zone.size(depth % 2) / 2);
    assert.equal(half.size(1 - (depth % 2)), zone.size(1 - (depth % 2)));
    assert.equal(half.sibling?.code, other.code);
    zone = half;
  }
});

test('zones abut as intervals that touch do, both ways, and a common corner is not enough', () => {
  forSeeds(30, (seed) => {
    const random = new Random(seed);
    const zones = partition(random, 2 + (seed % 4), 40);
    for (const a of zones) for (const b of zones) if (a !== b) assert.equal(a.abuts(b), areNeighbours(a, b), `${a.text} and ${b.text}`);
  });
});

test('section 2.1: from any zone to any point some neighbour is nearer by its box, until the point is inside', () => {
  forSeeds(40, (seed) => {
    const random = new Random(seed);
    const dims = 2 + (seed % 9);
    const zones = partition(random, dims, 60);
    const point = randomPoint(random, dims);
    for (const zone of zones) {
      const own = zone.distance(point);
      assert.equal(own === 0, zone.has(point));
      const nearer = zones.some((other) => zone.abuts(other) && other.distance(point) < own);
      assert.ok(zone.has(point) || nearer, `${zone.text} has nobody nearer`);
    }
  });
});

test('what is left of zones without others has every other point, once', () => {
  forSeeds(30, (seed) => {
    const random = new Random(seed);
    const zones = partition(random, 3, 30);
    const gone = zones.filter(() => random.chance(0.3));
    const left = withoutAll(new Zone(1, 3), gone);
    for (let count = 0; count < 50; count++) {
      const point = randomPoint(random, 3);
      const isGone = gone.some((zone) => zone.has(point));
      assert.equal(left.filter((zone) => zone.has(point)).length, isGone ? 0 : 1);
    }
  });
});

test('a border with a hole is known, whichever neighbour is missing, and one without is whole', () => {
  forSeeds(20, (seed) => {
    const random = new Random(seed);
    const zones = partition(random, 2 + (seed % 3), 25);
    for (const zone of zones) {
      const next = zones.filter((other) => zone.abuts(other));
      assert.equal(uncoveredPoint(zone, next), null, zone.text);
      for (const missing of next) {
        const point = uncoveredPoint(
          zone,
          next.filter((other) => other !== missing),
        );
        assert.ok(point !== null && missing.has(point), `${zone.text} misses ${missing.text}`);
      }
    }
  });
});
