import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FAST,
  get,
  grownMesh,
  idealMesh,
  join,
  live,
  lookup,
  type Mesh,
  members,
  pick,
  put,
  randomKey,
  settle,
  type TapestryNode,
  wait,
} from '../../../test/tapestry/meshes.ts';
import { readId } from '../../core/id160.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { rootAmong } from './complaint.ts';
import { saltedId } from './salts.ts';
import type { Tapestry } from './tapestry.ts';

const ONE_COPY = { replicas: 1, readQuorum: 1, writeQuorum: 1 };

/** Puts `count` random keys, whose values say which they are. */
function fill(mesh: Mesh, count: number): Uint8Array[] {
  const keys = Array.from({ length: count }, () => randomKey(mesh));
  for (const [index, key] of keys.entries()) assert.ok(put(mesh, pick(mesh), key, Uint8Array.of(index)).ok);
  return keys;
}

function assertAllFound(mesh: Mesh, keys: readonly Uint8Array[]): void {
  for (const [index, key] of keys.entries()) {
    const result = get(mesh, pick(mesh), key);
    assert.deepEqual([result.ok, result.value], [true, Uint8Array.of(index)], `key ${index}; ${mesh.world.describe()}`);
  }
}

/** By the definition: the roots of the salted names, each among the nodes that are none of those before. */
function ownersOf(mesh: Mesh, key: Uint8Array): Tapestry[] {
  const owners: Tapestry[] = [];
  for (let salt = 0; salt < mesh.options.replicas; salt++) {
    const others = members(mesh).filter((node) => !owners.includes(node));
    const root = rootAmong(others, saltedId(readId(key), salt));
    if (root !== null) owners.push(root);
  }
  return owners;
}

function hexes(nodes: readonly Tapestry[]): string[] {
  return nodes.map(({ self }) => self.hex);
}

function assertInPlace(mesh: Mesh, keys: readonly Uint8Array[]): void {
  for (const [index, key] of keys.entries()) {
    const holders = members(mesh).filter((node) => node.keys.has(readId(key)));
    assert.deepEqual(hexes(holders).sort(), hexes(ownersOf(mesh, key)).sort(), `the holders of key ${index}; ${mesh.world.describe()}`);
  }
}

test('JSAC 2004, section III-C: a key has as many owners as replicas, the roots of its salted names, the same from every start', () => {
  forSeeds(25, (seed) => {
    const mesh = idealMesh(1 + seed, { roundMs: 0 }, { seed });
    for (let count = 0; count < 5; count++) {
      const key = randomKey(mesh);
      const expected = hexes(ownersOf(mesh, key));
      assert.equal(expected.length, Math.min(3, mesh.nodes.length));
      for (const node of mesh.nodes) {
        const { owners } = lookup(mesh, node, key, 3);
        assert.deepEqual(
          owners.map(({ hex }) => hex),
          expected,
        );
      }
    }
  });
});

test('a value that was put is got from everywhere, held by its owners and nobody else', () => {
  const mesh = grownMesh(20);
  const keys = fill(mesh, 30);
  assertAllFound(mesh, keys);
  mesh.world.runFor(20_000);
  assertInPlace(mesh, keys);
  const nothing = get(mesh, pick(mesh), randomKey(mesh));
  assert.deepEqual([nothing.ok, nothing.value], [true, null]);
});

test('keys survive the crash of any nodes fewer than their replicas, and get new replicas', () => {
  forSeeds(5, (seed) => {
    const mesh = grownMesh(20, {}, { seed });
    const keys = fill(mesh, 20);
    mesh.world.runFor(10_000);
    for (let round = 0; round < 4; round++) {
      for (let count = 0; count < 2; count++) mesh.world.crash(pick(mesh), 'power');
      settle(mesh);
      mesh.world.runFor(20_000);
      assertAllFound(mesh, keys);
    }
    mesh.world.runFor(60_000);
    assertInPlace(mesh, keys);
  });
});

test('JSAC 2004, section III-D: newcomers get what they are the roots of, and nobody keeps what is not its own', () => {
  forSeeds(5, (seed) => {
    const mesh = grownMesh(8, {}, { seed });
    const keys = fill(mesh, 40);
    for (let count = 0; count < 8; count++) {
      const newcomer = join(mesh);
      mesh.world.runUntil(() => newcomer.protocol.isMember, 30_000);
      mesh.world.runFor(500);
      assertAllFound(mesh, keys);
    }
    settle(mesh);
    mesh.world.runFor(90_000);
    assertInPlace(mesh, keys);
  });
});

test('JSAC 2004, section III-E: who leaves hands its keys over, so that not even single copies are lost', () => {
  forSeeds(5, (seed) => {
    const mesh = grownMesh(12, seed % 2 === 0 ? ONE_COPY : {}, { seed });
    const keys = fill(mesh, 30);
    for (let count = 0; count < 8; count++) {
      const node = pick(mesh);
      assert.ok(
        wait<boolean>(mesh, (done) => node.protocol.leave({ onLeft: done })),
        'all are taken',
      );
      mesh.world.leave(node);
      mesh.world.runFor(300);
      assertAllFound(mesh, keys);
    }
    assert.equal(live(mesh).length, 4);
  });
});

test('nodes that leave at the same time lose nothing: who is leaving takes no keys, and the next owner gets them', () => {
  forSeeds(8, (seed) => {
    const mesh = grownMesh(12, ONE_COPY, { seed });
    const keys = fill(mesh, 40);
    const leavers = mesh.nodes.slice(2, 5);
    const told: boolean[] = [];
    for (const node of leavers) node.protocol.leave({ onLeft: (handedOver) => told.push(handedOver) });
    mesh.world.runUntil(() => told.length === leavers.length, 60_000);
    for (const node of leavers) mesh.world.leave(node);
    settle(mesh);
    mesh.world.runFor(20_000);
    assertAllFound(mesh, keys);
    assert.deepEqual(told, [true, true, true], mesh.world.describe());
  });
});

test('the last to leave has nobody to give its keys to, and says so', () => {
  const mesh = grownMesh(1);
  fill(mesh, 1);
  assert.equal(
    wait<boolean>(mesh, (done) => mesh.nodes[0]?.protocol.leave({ onLeft: done })),
    false,
  );
});

test('puts and gets go through with loss, duplicates and nodes that come and go', () => {
  forSeeds(5, (seed) => {
    const mesh = grownMesh(16, { ...FAST, attempts: 3 }, { seed });
    mesh.world.faults = { loss: 0.05, duplication: 0.05, reordering: 0.1, reorderingMs: 100 };
    const keys: Uint8Array[] = [];
    for (let index = 0; index < 20; index++) {
      const [key, user] = [randomKey(mesh), mesh.nodes[0] as TapestryNode];
      while (!put(mesh, user, key, Uint8Array.of(index)).ok) mesh.world.runFor(1000);
      keys.push(key);
      if (index % 6 === 5) {
        mesh.world.crash(live(mesh)[1 + mesh.random.below(live(mesh).length - 1)] as TapestryNode);
        mesh.world.runFor(15_000);
      }
      if (index % 5 === 4) join(mesh);
    }
    mesh.world.faults = {};
    settle(mesh);
    mesh.world.runFor(30_000);
    assertAllFound(mesh, keys);
  });
});
