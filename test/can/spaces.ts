/** Worlds for the tests of CAN: networks that have grown by the protocol or are ideal at once, and what is asked of them. */

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/core/host.ts';
import { readId } from '../../src/core/id160.ts';
import { Random } from '../../src/core/random.ts';
import { Can } from '../../src/overlays/can/can.ts';
import { CAN_DEFAULTS, type CanOptions } from '../../src/overlays/can/can-options.ts';
import { zonesComplaint } from '../../src/overlays/can/complaint.ts';
import { placeOfKey } from '../../src/overlays/can/find-owners.ts';
import { linkIdealZones } from '../../src/overlays/can/ideal-zones.ts';
import type { Reality } from '../../src/overlays/can/reality.ts';
import type { Point } from '../../src/overlays/can/zone.ts';
import type { AccessResult, OwnersFound } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';

export type CanNode = SimNode<Can>;

export interface Space {
  readonly world: World;
  readonly nodes: CanNode[];
  readonly options: CanOptions;
  readonly random: Random;
}

/** The stream of choices that a test makes, apart from those of nodes. */
const TEST_STREAM = 0x77_0000_0000;
const ENTRY_POINTS = 50;
const SETTLE_MS = 400_000;
const FAST = { roundMs: 1000, takeoverMs: 500, repairRounds: 3, mendRounds: 2 };

/** `count` nodes as they would be in the end. */
export function idealSpace(count: number, options: Partial<CanOptions> = {}, world: Partial<WorldOptions> = {}): Space {
  const space = emptySpace(options, world);
  for (let index = 0; index < count; index++) space.nodes.push(space.world.addNode((host) => new Can(host, space.options)));
  linkIdealZones(
    space.nodes.map((node) => node.protocol),
    (from, to) => 2 * space.world.latencyMs(from, to),
  );
  space.world.runFor(1);
  return space;
}

/** `count` nodes that have joined one another by the protocol, the first having founded the space; in order when this returns. */
export function grownSpace(count: number, options: Partial<CanOptions> = {}, world: Partial<WorldOptions> = {}): Space {
  const space = emptySpace(options, world);
  for (let index = 0; index < count; index++) {
    join(space);
    space.world.runFor(300);
  }
  settle(space);
  return space;
}

/** One more node, which joins through any of those before it. */
export function join(space: Space, options: Partial<CanOptions> = {}): CanNode {
  const entry: readonly Endpoint[] = space.random
    .shuffle([...space.nodes])
    .slice(0, ENTRY_POINTS)
    .map((node) => node.endpoint);
  const node = space.world.addNode((host) => new Can(host, { ...space.options, join: entry, ...options }));
  space.nodes.push(node);
  return node;
}

export function live(space: Space): CanNode[] {
  return space.nodes.filter((node) => node.host.running);
}

export function realities(space: Space, unit = 0): Reality[] {
  return live(space).map((node) => node.protocol.realities[unit] as Reality);
}

/** Lets time pass until all that live are members of a space in order: zones tile it, neighbours know one another, each node has one box. */
export function settle(space: Space, msMax = SETTLE_MS): void {
  const { world } = space;
  const until = world.now + msMax;
  while (complaint(space) !== null) {
    assert.ok(world.now < until, `${complaint(space)} after ${msMax} ms; ${world.describe()}`);
    world.runFor(500);
  }
}

export function complaint(space: Space): string | null {
  const there = live(space).map((node) => node.protocol);
  const leaving = there.find((node) => node.departing);
  if (leaving !== undefined) return `${leaving.self.hex} is leaving`;
  const outside = there.find((node) => !node.isMember);
  return outside === undefined ? zonesComplaint(there) : `${outside.self.hex} is no member`;
}

export function pick(space: Space): CanNode {
  const nodes = live(space);
  return nodes[space.random.below(nodes.length)] as CanNode;
}

export function randomKey(space: Space): Uint8Array {
  return space.random.fill(new Uint8Array(20));
}

/** Where the key lies in the space, by its first hash function or another. */
export function pointFor(space: Space, key: Uint8Array, index = 0): Point {
  return placeOfKey(readId(key), index, space.options).point;
}

/** Who owns a point, by the definition. */
export function ownerOf(space: Space, point: Point, unit = 0): Reality {
  const owner = realities(space, unit).find((reality) => reality.claimAt(point) !== null);
  assert.ok(owner !== undefined, 'the zones tile the space');
  return owner;
}

export function lookup(space: Space, from: CanNode, key: Uint8Array): OwnersFound {
  return wait(space, (onFind) => from.protocol.trace(key, { onFind }));
}

export function put(space: Space, from: CanNode, key: Uint8Array, value: Uint8Array): AccessResult {
  return wait(space, (onAccess) => from.protocol.put(key, value, { onAccess }));
}

export function get(space: Space, from: CanNode, key: Uint8Array): AccessResult {
  return wait(space, (onAccess) => from.protocol.get(key, { onAccess }));
}

export function wait<R>({ world }: Space, begin: (done: (result: R) => void) => void): R {
  let got: R | null = null;
  begin((result) => {
    assert.equal(got, null, 'a result comes once');
    got = result;
  });
  world.runUntil(() => got !== null, 120_000);
  assert.ok(got !== null, `no result within two minutes; ${world.describe()}`);
  return got;
}

function emptySpace(options: Partial<CanOptions>, world: Partial<WorldOptions>): Space {
  const seed = world.seed ?? 1;
  return {
    world: new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, ...world }),
    nodes: [],
    options: { ...CAN_DEFAULTS, ...FAST, ...options },
    random: new Random(seed, TEST_STREAM),
  };
}
