/**
 * How many times as far as directly a message goes (relative delay penalty; JSAC 2004, section V-B). The paper: 400 nodes on 62 machines of PlanetLab, in bins of
 * 5 ms. Here as many nodes on as many places of a plane: what it is to show is the shape, and not the numbers.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idealMesh, locate, type Mesh, publish, randomKey, type TapestryNode } from '../../../test/tapestry/meshes.ts';
import type { Id160 } from '../../core/id160.ts';
import { equalIds } from '../../core/id160.ts';
import { Random } from '../../core/random.ts';
import type { TapestryOptions } from './tapestry-options.ts';

const NODES = 400;
const MACHINES = 62;
/** One way between nodes of a machine, and across the plane. */
const SAME_MACHINE_MS = 0.5;
const ACROSS_MS = 60;
const PAIRS = 3000;

type Bin = 'one machine' | 'near' | 'far';

function planet(options: Partial<TapestryOptions>): Mesh {
  const random = new Random(5);
  const places = Array.from({ length: MACHINES }, () => [random.unit() * ACROSS_MS, random.unit() * ACROSS_MS] as const);
  const ms = (from: number, to: number): number => {
    const [a, b] = [places[from % MACHINES], places[to % MACHINES]] as const;
    if (a === undefined || b === undefined || a === b) return SAME_MACHINE_MS;
    return SAME_MACHINE_MS + Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2);
  };
  return idealMesh(NODES, { roundMs: 0, ...options }, { latency: { kind: 'formula', ms } });
}

function nodeOf(mesh: Mesh, id: Id160): TapestryNode {
  return mesh.nodes.find(({ protocol }) => equalIds(protocol.self, id)) as TapestryNode;
}

/** Nodes on the way to one whose id is the target, itself included, by the tables. */
function wayTo(mesh: Mesh, from: TapestryNode, target: Id160): TapestryNode[] {
  const way: TapestryNode[] = [];
  for (let at = from, level = 0; ; ) {
    const route = at.protocol.route(target, level, []);
    if (route.root) return way;
    at = nodeOf(mesh, route.contacts[0] as Id160);
    level = route.level;
    way.push(at);
  }
}

/** Percentiles of the penalty by how far the two are apart. */
function penalties(
  mesh: Mesh,
  wayOf: (from: TapestryNode, to: TapestryNode) => readonly TapestryNode[],
): Record<Bin, { p50: number; p90: number }> {
  const bins: Record<Bin, number[]> = { 'one machine': [], near: [], far: [] };
  for (let count = 0; count < PAIRS; count++) {
    const from = mesh.nodes[mesh.random.below(NODES)] as TapestryNode;
    // Of all pairs few are on one machine: every third is drawn so.
    const other = count % 3 === 0 ? (from.index + MACHINES * (1 + mesh.random.below(5))) % NODES : mesh.random.below(NODES);
    const to = mesh.nodes[other] as TapestryNode;
    if (to === from) continue;
    const directMs = mesh.world.latencyMs(from.index, to.index);
    let [passedMs, at] = [0, from];
    for (const next of wayOf(from, to)) {
      if (next !== at) passedMs += mesh.world.latencyMs(at.index, next.index);
      at = next;
    }
    bins[directMs <= SAME_MACHINE_MS ? 'one machine' : directMs < ACROSS_MS / 3 ? 'near' : 'far'].push(passedMs / directMs);
  }
  const at = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] as number;
  const both = (values: readonly number[]): { p50: number; p90: number } => ({ p50: at(values, 0.5), p90: at(values, 0.9) });
  return { 'one machine': both(bins['one machine']), near: both(bins.near), far: both(bins.far) };
}

function objectPenalties(options: Partial<TapestryOptions>): ReturnType<typeof penalties> {
  const mesh = planet(options);
  const names = new Map<TapestryNode, Uint8Array>();
  return penalties(mesh, (from, server) => {
    const name = names.get(server) ?? randomKey(mesh);
    if (!names.has(server)) publish(mesh, server, name);
    names.set(server, name);
    const { way } = locate(mesh, from, name);
    return [...way.map((contact) => nodeOf(mesh, contact)), server];
  });
}

test('JSAC 2004, section V-B: the way to a node is hardly longer than the direct one, far away and nearby', () => {
  const mesh = planet({});
  const { 'one machine': nearest, near, far } = penalties(mesh, (from, to) => wayTo(mesh, from, to.protocol.self));
  // The paper has 25 in its shortest bin. Here tables are by true round trips: who is on the same machine is a primary link.
  for (const { p50, p90 } of [nearest, near, far]) assert.ok(p50 < 1.5 && p90 < 3, `median ${p50}, 90% ${p90}`);
});

test('JSAC 2004, section V-B: objects nearby cost many times the direct way, those far away little more than it; pointers at backups and at nearest nodes help', () => {
  const plain = objectPenalties({});
  assert.ok(plain['one machine'].p50 > 10, `one machine ${plain['one machine'].p50}`);
  assert.ok(plain['one machine'].p50 > plain.near.p50 && plain.near.p50 > plain.far.p50 && plain.far.p50 < 2);
  const more = objectPenalties({ publishBackups: 2, publishNearest: 4, publishHops: 3 });
  assert.ok(
    more['one machine'].p50 < plain['one machine'].p50 / 4,
    `median ${plain['one machine'].p50}, with more pointers ${more['one machine'].p50}`,
  );
  assert.ok(more['one machine'].p90 < 0.75 * plain['one machine'].p90, `90% ${plain['one machine'].p90}, ${more['one machine'].p90}`);
  assert.ok(more.far.p50 <= plain.far.p50);
});
