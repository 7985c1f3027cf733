import assert from 'node:assert/strict';
import test from 'node:test';
import { get, grownSpace, join, live, pick, put, randomKey, settle, type Space } from '../../../test/can/spaces.ts';
import { leave } from '../../../test/can/schedules.ts';
import { readId } from '../../core/id160.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { placeOfKey, pointsMaxOf } from './find-owners.ts';

/** Puts `count` random keys, whose values say which they are. */
function fill(space: Space, count: number): Uint8Array[] {
  const keys = Array.from({ length: count }, () => randomKey(space));
  for (const [index, key] of keys.entries()) assert.ok(put(space, pick(space), key, Uint8Array.of(index)).ok);
  return keys;
}

function assertAllFound(space: Space, keys: readonly Uint8Array[]): void {
  for (const [index, key] of keys.entries()) {
    const { ok, value } = get(space, pick(space), key);
    assert.ok(ok && value !== null && value[0] === index, `key ${index}: ${ok ? 'another value' : 'no answer'}`);
  }
}

/** The owners of a key by the definition: of its first points, and of those that follow where one node owns several. */
function ownersOf(space: Space, key: Uint8Array): Set<string> {
  const owners = new Set<string>();
  const { options } = space;
  for (let index = 0; index < pointsMaxOf(options.replicas) && owners.size < options.replicas; index++) {
    const { unit, point } = placeOfKey(readId(key), index, options);
    for (const { protocol } of live(space))
      if (protocol.realities[unit]?.claimAt(point) && owners.size < options.replicas) owners.add(protocol.self.hex);
  }
  return owners;
}

function holdersOf(space: Space, key: Uint8Array): Set<string> {
  return new Set(
    live(space)
      .filter(({ protocol }) => protocol.keys.has(readId(key)))
      .map(({ protocol }) => protocol.self.hex),
  );
}

test('section 3.3: a key is held by the owners of its points, and nobody else, however nodes come and leave', () => {
  forSeeds(2, (seed) => {
    const space = grownSpace(10, {}, { seed });
    const keys = fill(space, 15);
    for (let count = 0; count < 6; count++) join(space);
    for (let count = 0; count < 4; count++) {
      leave(space, pick(space));
      space.world.runFor(3000);
    }
    settle(space);
    space.world.runFor(60_000);
    for (const key of keys) assert.deepEqual([...holdersOf(space, key)].sort(), [...ownersOf(space, key)].sort());
    assertAllFound(space, keys);
  });
});

test('two nodes crash at once again and again, and each key is made up for in between', () => {
  forSeeds(2, (seed) => {
    const space = grownSpace(20, {}, { seed });
    const keys = fill(space, 20);
    for (let wave = 0; wave < 5; wave++) {
      for (let count = 0; count < 2; count++) space.world.crash(pick(space), 'power');
      settle(space);
      space.world.runFor(20_000);
    }
    assertAllFound(space, keys);
  });
});

test('leaving in good order loses nothing, down to the last node, with one copy of each key', () => {
  const space = grownSpace(12, { replicas: 1, readQuorum: 1, writeQuorum: 1 }, { seed: 4 });
  const keys = fill(space, 20);
  while (live(space).length > 1) {
    const before = live(space).length;
    leave(space, pick(space));
    assert.ok(space.world.runUntil(() => live(space).length < before, 60_000));
    settle(space);
    assertAllFound(space, keys);
  }
});

test('with one copy a newcomer has the keys of its zone, and the giver has them no more', () => {
  const space = grownSpace(1, { replicas: 1, readQuorum: 1, writeQuorum: 1 }, { seed: 2 });
  const keys = fill(space, 30);
  for (let count = 0; count < 7; count++) join(space);
  settle(space);
  space.world.runFor(120_000);
  for (const key of keys) assert.deepEqual([...holdersOf(space, key)], [...ownersOf(space, key)]);
  assert.ok(live(space).filter(({ protocol }) => protocol.keys.size > 0).length > 3);
});

test('section 3.2: with three realities the three copies lie in one each, and outlive the owner of the first two', () => {
  const space = grownSpace(16, { units: 3 }, { seed: 6 });
  const keys = fill(space, 10);
  const [key] = keys as [Uint8Array];
  for (const unit of [0, 1]) {
    const { point } = placeOfKey(readId(key), unit, space.options);
    const owner = live(space).find(({ protocol }) => protocol.realities[unit]?.claimAt(point));
    if (owner !== undefined) space.world.crash(owner, 'power');
  }
  settle(space);
  assertAllFound(space, keys);
});
