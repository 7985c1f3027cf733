import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FAST,
  grownMesh,
  idealMesh,
  join,
  live,
  locate,
  type Mesh,
  members,
  pick,
  publish,
  randomKey,
  rootOf,
  settle,
  type TapestryNode,
  wait,
} from '../../../test/tapestry/meshes.ts';
import { equalIds, type Id160, readId } from '../../core/id160.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { PublishResult } from './publish.ts';
import type { Tapestry } from './tapestry.ts';

const PLANE = { latency: { kind: 'plane', baseMs: 1, acrossMs: 100 } } as const;

/** The nodes behind the server on the way to the root, by the tables. */
function wayOf(mesh: Mesh, server: Tapestry, name: Id160): Tapestry[] {
  const way: Tapestry[] = [];
  for (let at = server, level = 0; ; ) {
    const route = at.route(name, level, []);
    if (route.root) return way;
    at = members(mesh).find(({ self }) => equalIds(self, route.contacts[0] as Id160)) as Tapestry;
    level = route.level;
    way.push(at);
  }
}

function holders(mesh: Mesh, name: Uint8Array, server: Tapestry): Tapestry[] {
  const names = (node: Tapestry): boolean => node.pointers.serversOf(readId(name)).some((other) => equalIds(other, server.self));
  return members(mesh).filter((node) => node !== server && names(node));
}

function hexes(nodes: readonly Tapestry[]): string[] {
  return nodes.map(({ self }) => self.hex).sort();
}

test('JSAC 2004, section III-C: every node on the way from the server to the root has a pointer, and nobody else', () => {
  forSeeds(30, (seed) => {
    const mesh = idealMesh(5 + 6 * seed, { roundMs: 0 }, { seed });
    const [server, name] = [pick(mesh), randomKey(mesh)];
    const { ok, pointers } = publish(mesh, server, name);
    const way = wayOf(mesh, server.protocol, readId(name));
    assert.deepEqual([ok, pointers], [true, way.length]);
    assert.deepEqual(hexes(holders(mesh, name, server.protocol)), hexes(way));
    assert.equal(way.at(-1) ?? server.protocol, rootOf(mesh, name));
  });
});

test('JSAC 2004, section III-C: after joins, leaves and crashes, and a publication more, pointers lie on the way, and old ones have expired', () => {
  forSeeds(12, (seed) => {
    const mesh = grownMesh(24, { republishMs: 5000, expiryMs: 15_000 }, { seed });
    const [server, name] = [mesh.nodes[0] as TapestryNode, randomKey(mesh)];
    publish(mesh, server, name);
    for (let count = 0; count < 8; count++) {
      if (count % 3 === 0) mesh.world.crash(live(mesh)[2] as TapestryNode, 'power');
      else if (count % 3 === 1) mesh.world.leave(live(mesh)[2] as TapestryNode);
      else join(mesh);
      mesh.world.runFor(1500);
    }
    settle(mesh);
    // The way may change as long as links get nearer: not any more, and the last pointers beside it are gone.
    mesh.world.runFor(120_000);
    assert.deepEqual(hexes(holders(mesh, name, server.protocol)), hexes(wayOf(mesh, server.protocol, readId(name))));
    for (const node of live(mesh)) assert.ok(equalIds(locate(mesh, node, name).server as Id160, server.protocol.self));
  });
});

test('JSAC 2004, section III-C: an object is found from everywhere, at the first pointer met, and nearer the nearer its server is', () => {
  const mesh = idealMesh(300, { roundMs: 0 }, PLANE);
  for (let count = 0; count < 10; count++) {
    const [server, name] = [pick(mesh), randomKey(mesh)];
    publish(mesh, server, name);
    const way = new Set(wayOf(mesh, server.protocol, readId(name)).map(({ self }) => self.hex));
    for (const node of live(mesh)) {
      const found = locate(mesh, node, name);
      assert.ok(found.server !== null && equalIds(found.server, server.protocol.self));
      const met = found.way.map(({ hex }) => way.has(hex));
      assert.ok(!met.slice(0, -1).includes(true), 'it ends where the first pointer is');
    }
  }
});

test('of several servers the one that is nearest to the pointer is taken, and the others when it has stopped', () => {
  const mesh = idealMesh(200, { roundMs: 0 }, PLANE);
  const name = randomKey(mesh);
  const servers = Array.from({ length: 4 }, () => pick(mesh));
  for (const server of servers) publish(mesh, server, name);
  const root = mesh.nodes.find(({ protocol }) => protocol === rootOf(mesh, name)) as TapestryNode;
  const distanceOf = (server: TapestryNode): number => mesh.world.latencyMs(root.index, server.index);
  for (const server of servers.toSorted((a, b) => distanceOf(a) - distanceOf(b))) {
    assert.equal(locate(mesh, root, name).server?.hex, server.protocol.self.hex);
    wait<PublishResult>(mesh, (done) => server.protocol.unpublish(name, { onPublished: done }));
  }
  assert.equal(locate(mesh, pick(mesh), name).server, null);
});

test('a pointer that nobody renews is forgotten, and one to a server that is gone leads on to the next', () => {
  const mesh = grownMesh(20, { republishMs: 20_000, expiryMs: 60_000 });
  const name = randomKey(mesh);
  const [first, second] = [mesh.nodes[3] as TapestryNode, mesh.nodes[4] as TapestryNode];
  publish(mesh, first, name);
  publish(mesh, second, name);
  mesh.world.crash(first, 'power');
  for (const node of live(mesh)) assert.equal(locate(mesh, node, name).server?.hex, second.protocol.self.hex);
  mesh.world.crash(second, 'power');
  mesh.world.runFor(100_000);
  assert.equal(
    members(mesh).reduce((sum, { pointers }) => sum + pointers.size, 0),
    0,
  );
});

test('JSAC 2004, section III-D: a newcomer gets the pointers of which it is the root now: no object is lost for a moment', () => {
  forSeeds(10, (seed) => {
    const mesh = grownMesh(6, { republishMs: 10_000_000, expiryMs: 10_000_000 }, { seed });
    const names = Array.from({ length: 20 }, () => randomKey(mesh));
    for (const name of names) publish(mesh, mesh.nodes[1] as TapestryNode, name);
    for (let count = 0; count < 10; count++) {
      const newcomer = join(mesh);
      mesh.world.runUntil(() => newcomer.protocol.isMember, 30_000);
      mesh.world.runFor(500);
      for (const name of names) assert.notEqual(locate(mesh, pick(mesh), name).server, null);
    }
  });
});

test('JSAC 2004, section III-E: who leaves gives its pointers to the nodes that are on the way without it', () => {
  forSeeds(10, (seed) => {
    const mesh = grownMesh(30, { roundMs: 1_000_000, republishMs: 10_000_000, expiryMs: 10_000_000 }, { seed });
    const [server, name] = [mesh.nodes[1] as TapestryNode, randomKey(mesh)];
    publish(mesh, server, name);
    for (let count = 0; count < 8; count++) {
      const root = rootOf(mesh, name);
      if (root === server.protocol) break;
      const leaver = mesh.nodes.find(({ protocol }) => protocol === root) as TapestryNode;
      assert.ok(wait<boolean>(mesh, (done) => leaver.protocol.leave({ onLeft: done })));
      mesh.world.runFor(500);
      mesh.world.leave(leaver);
      mesh.world.runFor(500);
      for (const node of live(mesh)) assert.equal(locate(mesh, node, name).server?.hex, server.protocol.self.hex);
    }
  });
});

test('JSAC 2004, section III-C: with several roots an object is found when the first and all that point to it there are gone', () => {
  forSeeds(10, (seed) => {
    const mesh = idealMesh(60, { ...FAST, roundMs: 0, objectRoots: 3, byProximity: seed % 2 === 0 }, { seed });
    const [server, name] = [pick(mesh), randomKey(mesh)];
    publish(mesh, server, name);
    for (const { self } of wayOf(mesh, server.protocol, readId(name))) {
      const node = mesh.nodes.find(({ protocol }) => protocol.self === self) as TapestryNode;
      mesh.world.crash(node, 'power');
    }
    for (let count = 0; count < 5; count++) assert.equal(locate(mesh, pick(mesh), name).server?.hex, server.protocol.self.hex);
  });
});

test('JSAC 2004, section IV-B: k backups and l nearest nodes for m hops get up to (k + l) × m pointers more, and more than half as many where some of them are the same', () => {
  const pointersWith = (publishBackups: number, publishNearest: number, publishHops: number): number => {
    const mesh = idealMesh(800, { roundMs: 0, publishBackups, publishNearest, publishHops }, PLANE);
    let sum = 0;
    for (let count = 0; count < 50; count++) sum += publish(mesh, pick(mesh), randomKey(mesh)).pointers;
    return sum / 50;
  };
  const plain = pointersWith(0, 0, 0);
  for (const [k, l, m, published] of [
    [1, 1, 1, 2],
    [2, 4, 1, 6],
    [1, 1, 3, 6],
    [2, 4, 3, 18],
  ] as const) {
    const more = pointersWith(k, l, m) - plain;
    assert.ok(more <= published && more > published / 2, `${published} published for (${k}, ${l}, ${m}), got ${more}`);
  }
});

test('what a node keeps for others is bounded, and what it serves', () => {
  const mesh = idealMesh(3, { roundMs: 0, pointersMax: 5, objectsMax: 12 });
  const [server] = mesh.nodes as [TapestryNode];
  const results = Array.from({ length: 12 }, () => publish(mesh, server, randomKey(mesh)).ok);
  assert.ok(results.includes(false), 'a full node says so');
  assert.ok(members(mesh).every(({ pointers }) => pointers.size <= 5));
  assert.throws(() => server.protocol.publish(randomKey(mesh), { onPublished() {} }), /serves at most 12 objects/);
});
