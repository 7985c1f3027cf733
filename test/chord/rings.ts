/** Worlds of Chord nodes for tests: rings that are right from the start, rings that grow by the protocol, and an oracle beside them. */

import { Chord } from '../../src/overlays/chord/chord.ts';
import { CHORD_DEFAULTS, type ChordOptions } from '../../src/overlays/chord/chord-options.ts';
import type { FindResult } from '../../src/overlays/chord/find.ts';
import { linkIdealRing } from '../../src/overlays/chord/ideal-ring.ts';
import { idealComplaint } from '../../src/overlays/chord/invariant.ts';
import { compareIds, RingId } from '../../src/overlays/chord/ring-id.ts';
import type { VirtualNode } from '../../src/overlays/chord/virtual-node.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { emptyNet, live, type Net, settleNet, someOf, wait } from '../overlays/net.ts';

export { get, live, pick, put, randomKey, remove, wait } from '../overlays/net.ts';

export type ChordNode = SimNode<Chord>;

export type Ring = Net<Chord, ChordOptions>;

const ENTRY_POINTS = 50;
const SETTLE_MS = 240_000;

/** `count` hosts in an ideal ring. */
export function idealRing(count: number, options: Partial<ChordOptions> = {}, world: Partial<WorldOptions> = {}): Ring {
  const ring = emptyNet<Chord, ChordOptions>({ ...CHORD_DEFAULTS, ...options }, world);
  for (let index = 0; index < count; index++) ring.nodes.push(ring.world.addNode((host) => new Chord(host, ring.options)));
  linkIdealRing(ring.nodes.map((node) => node.protocol));
  ring.world.runFor(1);
  return ring;
}

/** An ideal ring of hosts at given points. */
export function idealRingAt(points: readonly number[], options: Partial<ChordOptions> = {}, world: Partial<WorldOptions> = {}): Ring {
  const ring = emptyNet<Chord, ChordOptions>({ ...CHORD_DEFAULTS, ...options }, world);
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
  const ring = emptyNet<Chord, ChordOptions>({ ...CHORD_DEFAULTS, roundMs: 1000, ...options }, world);
  for (let index = 0; index < count; index++) {
    join(ring);
    ring.world.runFor(300);
  }
  settle(ring);
  return ring;
}

/** One more host, which joins through any of those before it. */
export function join(ring: Ring, options: Partial<ChordOptions> = {}): ChordNode {
  const entry = someOf(ring.nodes, ENTRY_POINTS, ring.random);
  const node = ring.world.addNode((host) => new Chord(host, { ...ring.options, join: entry, ...options }));
  ring.nodes.push(node);
  return node;
}

export function members(ring: Ring): VirtualNode[] {
  return live(ring).flatMap((node) => node.protocol.units.filter((unit) => unit.isMember));
}

/** Lets time pass until all that live are members of an ideal ring. */
export function settle(ring: Ring, msMax = SETTLE_MS): void {
  settleNet(ring, () => complaint(ring), Math.max(100, ring.options.roundMs / 4), msMax);
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

/** Runs until a result is there. */
export function lookup(ring: Ring, from: ChordNode, key: Uint8Array, style: 'iterative' | 'recursive' = 'iterative'): FindResult {
  return wait(ring, (done) => from.protocol.lookup(key, { onFind: done }, style));
}
