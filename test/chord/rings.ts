/** Worlds of Chord nodes for tests: rings that are right from the start, rings that grow by the protocol, and an oracle beside them. */

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import type { AccessResult } from '../../src/overlays/values/index.ts';
import { Chord } from '../../src/overlays/chord/chord.ts';
import { CHORD_DEFAULTS, type ChordOptions } from '../../src/overlays/chord/chord-options.ts';
import type { FindResult } from '../../src/overlays/chord/find.ts';
import { linkIdealRing } from '../../src/overlays/chord/ideal-ring.ts';
import { idealComplaint } from '../../src/overlays/chord/invariant.ts';
import { compareIds, RingId } from '../../src/overlays/chord/ring-id.ts';
import type { VirtualNode } from '../../src/overlays/chord/virtual-node.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';

export type ChordNode = SimNode<Chord>;

export interface Ring {
  readonly world: World;
  readonly nodes: ChordNode[];
  readonly options: ChordOptions;
  readonly random: Random;
}

/** The stream of choices that a test makes, apart from those of nodes. */
const TEST_STREAM = 0x77_0000_0000;
const ENTRY_POINTS = 50;
const SETTLE_MS = 240_000;

/** `count` hosts in an ideal ring. */
export function idealRing(count: number, options: Partial<ChordOptions> = {}, world: Partial<WorldOptions> = {}): Ring {
  const ring = emptyRing(options, world);
  for (let index = 0; index < count; index++) ring.nodes.push(ring.world.addNode((host) => new Chord(host, ring.options)));
  linkIdealRing(ring.nodes.map((node) => node.protocol));
  ring.world.runFor(1);
  return ring;
}

/** An ideal ring of hosts at given points. */
export function idealRingAt(points: readonly number[], options: Partial<ChordOptions> = {}, world: Partial<WorldOptions> = {}): Ring {
  const ring = emptyRing(options, world);
  for (const value of points) ring.nodes.push(ring.world.addNode((host) => new Chord(host, { ...ring.options, ids: [point(value)] })));
  linkIdealRing(ring.nodes.map((node) => node.protocol));
  return ring;
}

/** A point by its highest word. */
export function point(value: number): RingId {
  return new RingId(value, 0, 0, 0, 0);
}

/** `count` hosts that have joined one another by the protocol, the first having founded the ring; ideal when this returns. */
export function grownRing(count: number, options: Partial<ChordOptions> = {}, world: Partial<WorldOptions> = {}): Ring {
  const ring = emptyRing({ roundMs: 1000, ...options }, world);
  for (let index = 0; index < count; index++) {
    join(ring);
    ring.world.runFor(300);
  }
  settle(ring);
  return ring;
}

/** One more host, which joins through any of those before it. */
export function join(ring: Ring, options: Partial<ChordOptions> = {}): ChordNode {
  const entry: readonly Endpoint[] = ring.random
    .shuffle([...ring.nodes])
    .slice(0, ENTRY_POINTS)
    .map((node) => node.endpoint);
  const node = ring.world.addNode((host) => new Chord(host, { ...ring.options, join: entry, ...options }));
  ring.nodes.push(node);
  return node;
}

export function live(ring: Ring): ChordNode[] {
  return ring.nodes.filter((node) => node.host.running);
}

export function members(ring: Ring): VirtualNode[] {
  return live(ring).flatMap((node) => node.protocol.units.filter((unit) => unit.isMember));
}

/** Lets time pass until all that live are members of an ideal ring. */
export function settle(ring: Ring, msMax = SETTLE_MS): void {
  const { world, options } = ring;
  const until = world.now + msMax;
  while (complaint(ring) !== null) {
    assert.ok(world.now < until, `${complaint(ring)} after ${msMax} ms; ${world.describe()}`);
    world.runFor(Math.max(100, options.roundMs / 4));
  }
}

function complaint(ring: Ring): string | null {
  const expected = live(ring).reduce((sum, node) => sum + node.protocol.units.length, 0);
  const there = members(ring);
  return there.length === expected ? idealComplaint(there, ring.options.successors) : `${there.length} of ${expected} are members`;
}

/** The node that owns a point, by the definition (SIGCOMM 2001, section 4.2). */
export function ownerOf(sorted: readonly VirtualNode[], point: RingId): VirtualNode {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds((sorted[middle] as VirtualNode).self, point) < 0) low = middle + 1;
    else high = middle;
  }
  return sorted[low % sorted.length] as VirtualNode;
}

export function sorted(units: readonly VirtualNode[]): VirtualNode[] {
  return units.toSorted((a, b) => compareIds(a.self, b.self));
}

export function randomKey(ring: Ring): Uint8Array {
  return ring.random.fill(new Uint8Array(20));
}

export function pick(ring: Ring): ChordNode {
  const nodes = live(ring);
  return nodes[ring.random.below(nodes.length)] as ChordNode;
}

/** Runs until a result is there. */
export function lookup(ring: Ring, from: ChordNode, key: Uint8Array, style: 'iterative' | 'recursive' = 'iterative'): FindResult {
  return wait(ring, (done) => from.protocol.lookup(key, { onFind: done }, style));
}

export function put(ring: Ring, from: ChordNode, key: Uint8Array, value: Uint8Array): AccessResult {
  return wait(ring, (done) => from.protocol.put(key, value, { onAccess: done }));
}

export function get(ring: Ring, from: ChordNode, key: Uint8Array): AccessResult {
  return wait(ring, (done) => from.protocol.get(key, { onAccess: done }));
}

export function remove(ring: Ring, from: ChordNode, key: Uint8Array): AccessResult {
  return wait(ring, (done) => from.protocol.remove(key, { onAccess: done }));
}

export function wait<R>({ world }: Ring, begin: (done: (result: R) => void) => void): R {
  let got: R | null = null;
  begin((result) => {
    assert.equal(got, null, 'a result comes once');
    got = result;
  });
  world.runUntil(() => got !== null, 120_000);
  assert.ok(got !== null, `no result within two minutes; ${world.describe()}`);
  return got;
}

function emptyRing(options: Partial<ChordOptions>, world: Partial<WorldOptions>): Ring {
  const seed = world.seed ?? 1;
  return {
    world: new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, ...world }),
    nodes: [],
    options: { ...CHORD_DEFAULTS, ...options },
    random: new Random(seed, TEST_STREAM),
  };
}
