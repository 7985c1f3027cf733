import assert from 'node:assert/strict';
import test from 'node:test';
import {
  get,
  idealSpace,
  live,
  lookup,
  ownerOf,
  pick,
  pointFor,
  put,
  randomKey,
  realities,
  type Space,
  wait,
} from '../../../test/can/spaces.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { AccessResult, EntryState, OwnersFound } from '../values/index.ts';
import { CanClient } from './client.ts';
import { route } from './route.ts';

const LOOKUPS = 200;
const STILL = { roundMs: 0 };

/** Lookups of random keys from random nodes. */
function lookups(space: Space, count = LOOKUPS): { key: Uint8Array; found: OwnersFound }[] {
  return Array.from({ length: count }, () => {
    const key = randomKey(space);
    return { key, found: lookup(space, pick(space), key) };
  });
}

function assertRight(space: Space, key: Uint8Array, { owners }: OwnersFound): void {
  assert.equal(owners[0]?.hex, ownerOf(space, pointFor(space, key)).self.hex);
}

test('section 2.1: greedy routing reaches the owner from everywhere, in two to ten dimensions', () => {
  forSeeds(9, (seed) => {
    const space = idealSpace(150, { ...STILL, dims: seed + 1 }, { seed });
    for (const { key, found } of lookups(space)) {
      assertRight(space, key, found);
      assert.equal(found.timeouts, 0);
    }
  });
});

test('section 2.3: with a fifth of the nodes dead and nothing repaired, lookups go round them to every owner that somebody alive is next to', () => {
  forSeeds(3, (seed) => {
    const space = idealSpace(400, STILL, { seed });
    const all = live(space);
    for (let count = 0; count < 80; count++) space.world.crash(pick(space), 'power');
    let waited = 0;
    for (let count = 0; count < LOOKUPS; count++) {
      const key = randomKey(space);
      const owner = all.find(({ protocol }) => protocol.realities[0]?.claimAt(pointFor(space, key)));
      const isReachable = owner?.protocol.realities[0]?.neighbours.some(({ contact }) => isAlive(space, contact.hex));
      if (owner?.host.running !== true || isReachable !== true) continue;
      const found = lookup(space, pick(space), key);
      assertRight(space, key, found);
      waited += found.timeouts;
    }
    assert.ok(waited > 20, `${waited} dead nodes on the way`);
  });
});

test('section 2.3: where nobody is nearer and alive, an expanding ring finds who is', () => {
  const space = idealSpace(200, STILL, { seed: 5 });
  const [from] = space.nodes as [Space['nodes'][number]];
  const reality = from.protocol.realities[0];
  const far = realities(space).find((other) => {
    const [claim] = other.claims;
    return (
      claim !== undefined &&
      reality !== undefined &&
      !reality.neighbours.some(({ contact }) => contact.hex === other.self.hex) &&
      other !== reality
    );
  });
  const target = far?.claims[0]?.zone.pointAt(() => 0) ?? [];
  for (const { neighbour } of route(reality as NonNullable<typeof reality>, target, false, false)) {
    const node = space.nodes.find(({ protocol }) => protocol.self.hex === neighbour.contact.hex);
    if (node !== undefined && node.protocol.self.hex !== far?.self.hex) space.world.crash(node, 'power');
  }
  const key = keyFor(space, (point) => far?.claimAt(point) !== null);
  assertRight(space, key, lookup(space, from, key));
});

function isAlive(space: Space, id: string): boolean {
  return live(space).some(({ protocol }) => protocol.self.hex === id);
}

/** Some key whose point is wanted. */
function keyFor(space: Space, isWanted: (point: readonly number[]) => boolean): Uint8Array {
  for (;;) {
    const key = randomKey(space);
    if (isWanted(pointFor(space, key))) return key;
  }
}

test('lookups end at the owner while one datagram in twenty is lost', () => {
  const space = idealSpace(150, STILL, { seed: 8, faults: { loss: 0.05 } });
  const right = lookups(space).filter(({ key, found }) => found.owners[0]?.hex === ownerOf(space, pointFor(space, key)).self.hex);
  assert.ok(right.length >= LOOKUPS * 0.99, `${right.length} of ${LOOKUPS}`);
});

test('section 3.2: with more realities paths are shorter, and end wherever the point is owned', () => {
  const mean = (units: number): number => {
    const space = idealSpace(400, { ...STILL, units }, { seed: 3 });
    let hops = 0;
    for (let count = 0; count < LOOKUPS; count++) {
      const key = randomKey(space);
      const found = wait<OwnersFound>(space, (onFind) => pick(space).protocol.lookup(key, { onFind }, true));
      const owner = live(space).find(({ protocol }) => protocol.self.hex === found.owners[0]?.hex);
      const point = pointFor(space, key);
      assert.ok(owner?.protocol.realities.some((reality) => reality.claimAt(point) !== null));
      hops += found.hops;
    }
    return hops / LOOKUPS;
  };
  const [one, four] = [mean(1), mean(4)];
  assert.ok(four < 0.6 * one, `${four} hops with four realities, ${one} with one`);
});

test('section 3.3: weighted by round-trip time a hop takes less', () => {
  const mean = (byRtt: boolean): number => {
    const space = idealSpace(500, { ...STILL, dims: 4, byRtt }, { seed: 6 });
    const found = lookups(space).map((each) => each.found);
    assert.equal(
      found.reduce((sum, { path }) => sum + path.length, 0),
      found.reduce((sum, { hops }) => sum + hops, 0),
    );
    return hopMs(space, found);
  };
  const [weighted, nearest] = [mean(true), mean(false)];
  assert.ok(weighted < 0.9 * nearest, `${weighted} ms and ${nearest} ms a hop`);
});

/** One way from hop to hop, on average; the first from whoever asked is left out. */
function hopMs({ world, nodes }: Space, found: readonly OwnersFound[]): number {
  const index = new Map(nodes.map((node) => [node.protocol.self.hex, node.index]));
  const ms = found.flatMap(({ path }) =>
    path
      .slice(1)
      .map(({ contact }, at) =>
        world.latencyMs(index.get((path[at] as OwnersFound['path'][number]).contact.hex) as number, index.get(contact.hex) as number),
      ),
  );
  return ms.reduce((sum, each) => sum + each, 0) / ms.length;
}

test('a client puts and gets through any member, and is nobody’s neighbour', () => {
  const space = idealSpace(30, {}, { seed: 7 });
  const states: EntryState[] = [];
  const join = [pick(space).endpoint];
  const client = space.world.addNode((host) => new CanClient(host, { ...space.options, join }, { onEntry: (state) => states.push(state) }));
  assert.ok(space.world.runUntil(() => states.length > 0, 10_000));
  assert.deepEqual(states, ['found']);
  const key = randomKey(space);
  const done = wait<AccessResult>(space, (onAccess) => client.protocol.put(key, Uint8Array.of(7), { onAccess }));
  assert.ok(done.ok && done.owners === 3);
  assert.deepEqual(get(space, pick(space), key).value, Uint8Array.of(7));
  assert.ok(put(space, pick(space), key, Uint8Array.of(8)).ok);
  assert.deepEqual(wait<AccessResult>(space, (onAccess) => client.protocol.get(key, { onAccess })).value, Uint8Array.of(8));
  space.world.runFor(20_000);
  for (const { neighbours } of realities(space))
    assert.ok(neighbours.every(({ contact }) => space.nodes.some(({ protocol }) => protocol.self.hex === contact.hex)));
});
