/** Worlds for the tests of CAN: networks that have grown by the protocol or are ideal at once, and what is asked of them. */

import assert from 'node:assert/strict';
import { readId } from '../../src/core/id160.ts';
import { Can } from '../../src/overlays/can/can.ts';
import { CAN_DEFAULTS, type CanOptions } from '../../src/overlays/can/can-options.ts';
import { zonesComplaint } from '../../src/overlays/can/complaint.ts';
import { placeOfKey } from '../../src/overlays/can/find-owners.ts';
import { linkIdealZones } from '../../src/overlays/can/ideal-zones.ts';
import type { Reality } from '../../src/overlays/can/reality.ts';
import type { Point } from '../../src/overlays/can/zone.ts';
import type { OwnersFound } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { emptyNet, live, type Net, settleNet, someOf, wait } from '../overlays/net.ts';

export { get, live, pick, put, randomKey, wait } from '../overlays/net.ts';

export type CanNode = SimNode<Can>;

export type Space = Net<Can, CanOptions>;

const ENTRY_POINTS = 50;
const SETTLE_MS = 400_000;
const LOOK_MS = 500;
const FAST = { roundMs: 1000, takeoverMs: 500, repairRounds: 3, mendRounds: 2 };

/** `count` nodes as they would be in the end. */
export function idealSpace(count: number, options: Partial<CanOptions> = {}, world: Partial<WorldOptions> = {}): Space {
  const space = emptyNet<Can, CanOptions>({ ...CAN_DEFAULTS, ...FAST, ...options }, world);
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
  const space = emptyNet<Can, CanOptions>({ ...CAN_DEFAULTS, ...FAST, ...options }, world);
  for (let index = 0; index < count; index++) {
    join(space);
    space.world.runFor(300);
  }
  settle(space);
  return space;
}

/** One more node, which joins through any of those before it. */
export function join(space: Space, options: Partial<CanOptions> = {}): CanNode {
  const entry = someOf(space.nodes, ENTRY_POINTS, space.random);
  const node = space.world.addNode((host) => new Can(host, { ...space.options, join: entry, ...options }));
  space.nodes.push(node);
  return node;
}

export function realities(space: Space, unit = 0): Reality[] {
  return live(space).map((node) => node.protocol.realities[unit] as Reality);
}

/** Lets time pass until all that live are members of a space in order: zones tile it, neighbours know one another, each node has one box. */
export function settle(space: Space, msMax = SETTLE_MS): void {
  settleNet(space, () => complaint(space), LOOK_MS, msMax);
}

export function complaint(space: Space): string | null {
  const there = live(space).map((node) => node.protocol);
  const leaving = there.find((node) => node.departing);
  if (leaving !== undefined) return `${leaving.self.hex} is leaving`;
  const outside = there.find((node) => !node.isMember);
  return outside === undefined ? zonesComplaint(there) : `${outside.self.hex} is no member`;
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
