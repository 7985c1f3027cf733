import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  complaint,
  FAST,
  grownMesh,
  idealMesh,
  join,
  live,
  type Mesh,
  members,
  settle,
  type TapestryNode,
} from '../../../test/tapestry/meshes.ts';
import { sharedDigits } from '../../core/digits.ts';
import { TapestryEvent } from '../../core/events.ts';
import { forSeeds } from '../../sim/seeds.ts';

interface Reached {
  readonly node: number;
  readonly level: number;
  readonly session: number;
}

function watch(mesh: Mesh): { reached: Reached[]; inserted: (readonly [nodes: number, complete: number])[] } {
  const seen = { reached: [] as Reached[], inserted: [] as (readonly [number, number])[] };
  mesh.world.onTap = (node, event, a, b) => {
    if (event === TapestryEvent.reached) seen.reached.push({ node, level: a, session: b });
    if (event === TapestryEvent.inserted) seen.inserted.push([a, b]);
  };
  return seen;
}

/** Its fewest shared digits: all with that many have been meant. */
function prefixOf(mesh: Mesh, newcomer: TapestryNode, reached: readonly Reached[]): number {
  const { self } = newcomer.protocol;
  return Math.min(...reached.map(({ node }) => sharedDigits(self, (mesh.nodes[node] as TapestryNode).protocol.self, 4)));
}

test('JSAC 2004, section III-D: the multicast reaches every node with the prefix, each once, and every acknowledgement comes back', () => {
  forSeeds(40, (seed) => {
    const mesh = idealMesh(20 + 4 * seed, { roundMs: 0, nearest: 0 }, { seed });
    const seen = watch(mesh);
    const newcomer = join(mesh);
    mesh.world.runUntil(() => newcomer.protocol.isMember, 30_000);
    mesh.world.runFor(500);
    const prefix = prefixOf(mesh, newcomer, seen.reached);
    const meant = mesh.nodes.filter((node) => node !== newcomer && sharedDigits(node.protocol.self, newcomer.protocol.self, 4) >= prefix);
    assert.deepEqual(
      seen.reached.map(({ node }) => node).sort((a, b) => a - b),
      meant.map(({ index }) => index),
    );
    assert.deepEqual(seen.inserted, [[meant.length, 1]]);
    assert.equal(complaint(mesh), null, 'all is in order when it is a member');
  });
});

test('Hildrum et al., SPAA 2002: of nodes that join at the same time none misses another, and none leaves a hole', () => {
  forSeeds(40, (seed) => {
    const mesh = idealMesh(2 + seed, { roundMs: 0, slowMs: 250, timeoutMs: 700 }, { seed });
    for (let count = 0; count < 2 + (seed % 6); count++) {
      join(mesh);
      mesh.world.runFor(mesh.random.unit() * 100);
    }
    mesh.world.runUntil(() => members(mesh).length === mesh.nodes.length, 60_000);
    mesh.world.runFor(5000);
    assert.equal(holes(mesh), 0, `${complaint(mesh)}`);
  });
});

/** Entries that are empty though somebody belongs there: no upkeep has run. */
function holes(mesh: Mesh): number {
  let count = 0;
  for (const { map, self } of members(mesh)) {
    for (const other of members(mesh)) if (other.self !== self && map.entryOf(other.self).length === 0) count++;
  }
  return count;
}

test('a founder that many join at once becomes a mesh in order', () => {
  forSeeds(10, (seed) => {
    const mesh = idealMesh(1, FAST, { seed });
    for (let count = 0; count < 24; count++) join(mesh);
    settle(mesh);
    assert.equal(members(mesh).length, 25);
  });
});

test('a newcomer gets in with loss, and with dead nodes in the tables that nobody has found out', () => {
  forSeeds(20, (seed) => {
    const mesh = idealMesh(60, FAST, { seed, faults: { loss: 0.05 } });
    for (const node of mesh.nodes.slice(1, 10)) mesh.world.crash(node, 'power');
    const newcomer = join(mesh);
    assert.ok(
      mesh.world.runUntil(() => newcomer.protocol.isMember, 60_000),
      'a member within a minute',
    );
    mesh.world.faults = {};
    settle(mesh);
  });
});

test('JSAC 2004, section III-D: the search for near neighbours finds links hardly farther than the nearest there are', () => {
  const stretch = (nearest: number): number => {
    const mesh = idealMesh(400, { roundMs: 0, nearest }, { latency: { kind: 'plane', baseMs: 1, acrossMs: 100 } });
    const newcomers = Array.from({ length: 5 }, () => {
      const newcomer = join(mesh);
      mesh.world.runFor(20_000);
      return newcomer;
    });
    return newcomers.reduce((sum, newcomer) => sum + farther(mesh, newcomer), 0) / newcomers.length;
  };
  const [with8, without] = [stretch(8), stretch(0)];
  assert.ok(with8 < 1.1, `primary links of the first level ${with8} times as far as the nearest`);
  assert.ok(without > 1.5 * with8, `without the search ${without}`);
});

/** How many times as far its links of the first level are as the nearest that could stand there, on average. */
function farther(mesh: Mesh, { index, protocol }: TapestryNode): number {
  let [links, nearest] = [0, 0];
  for (let digit = 0; digit < 16; digit++) {
    const link = protocol.map.entry(0, digit)[0];
    if (link === undefined) continue;
    const rivals = live(mesh).filter((node) => node.protocol !== protocol && protocol.map.entryOf(node.protocol.self)[0] === link);
    links += link.rttMs;
    nearest += Math.min(...rivals.map((node) => 2 * mesh.world.latencyMs(index, node.index)));
  }
  return links / nearest;
}

test('a mesh that has grown by the protocol alone is as it should be', () => {
  forSeeds(5, (seed) => assert.equal(complaint(grownMesh(40, {}, { seed })), null));
});
