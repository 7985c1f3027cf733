/** Worlds of Kelips nodes for tests: networks that are right from the start, and such that grow by the protocol. */

import assert from 'node:assert/strict';
import { id160 } from '../../src/core/id160.ts';
import { Random } from '../../src/core/random.ts';
import { viewsComplaint } from '../../src/overlays/kelips/complaint.ts';
import type { FileFound } from '../../src/overlays/kelips/files.ts';
import { linkIdealViews } from '../../src/overlays/kelips/ideal-views.ts';
import { Kelips } from '../../src/overlays/kelips/kelips.ts';
import { KELIPS_DEFAULTS, type KelipsOptions } from '../../src/overlays/kelips/kelips-options.ts';
import type { AccessResult, OwnersFound } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';

export type KelipsNode = SimNode<Kelips>;

export interface Network {
  readonly world: World;
  readonly nodes: KelipsNode[];
  readonly options: KelipsOptions;
  /** Choices that a test makes, apart from those of nodes. */
  readonly random: Random;
}

const TEST_STREAM = 0x77_0000_0000;
const ENTRY_POINTS = 8;
const SETTLE_MS = 600_000;
const LOOK_MS = 1_000;

export const QUICK: Partial<KelipsOptions> = {
  groups: 4,
  roundMs: 1000,
  viewTimeoutMs: 30_000,
  contactTimeoutMs: 60_000,
  tupleTimeoutMs: 60_000,
};

/** All views complete, all contacts near. */
export function idealNetwork(count: number, options: Partial<KelipsOptions> = {}, world: Partial<WorldOptions> = {}): Network {
  const network = emptyNetwork(options, world);
  for (let index = 0; index < count; index++) add(network, {});
  const [protocols, indexes] = [network.nodes.map((node) => node.protocol), network.nodes.map((node) => node.index)];
  linkIdealViews(protocols, (from, to) => 2 * network.world.latencyMs(indexes[from] as number, indexes[to] as number));
  network.world.runFor(1);
  return network;
}

/** Joined one after the other by the protocol; in order when this returns. */
export function grownNetwork(count: number, options: Partial<KelipsOptions> = {}, world: Partial<WorldOptions> = {}): Network {
  const network = emptyNetwork(options, world);
  for (let index = 0; index < count; index++) {
    join(network);
    network.world.runFor(500);
  }
  settle(network);
  return network;
}

/** One more, which joins through some of those that live. */
export function join(network: Network, options: Partial<KelipsOptions> = {}): KelipsNode {
  const entries = network.random.shuffle(live(network)).slice(0, ENTRY_POINTS);
  return add(network, { join: entries.map((node) => node.endpoint), ...options });
}

export function live({ nodes }: Network): KelipsNode[] {
  return nodes.filter((node) => node.host.running);
}

export function pick(network: Network): KelipsNode {
  const nodes = live(network);
  return nodes[network.random.below(nodes.length)] as KelipsNode;
}

export function complaint(network: Network): string | null {
  const nodes = live(network);
  const outside = nodes.filter((node) => !node.protocol.isMember).length;
  return outside > 0 ? `${outside} are no members` : viewsComplaint(nodes.map((node) => node.protocol));
}

/** Lets time pass until all views are complete and nobody dead is in them; how long that took. */
export function settle(network: Network, msMax = SETTLE_MS): number {
  const { world } = network;
  const begunMs = world.now;
  while (complaint(network) !== null) {
    assert.ok(world.now < begunMs + msMax, `${complaint(network)} after ${msMax} ms; ${world.describe()}`);
    world.runFor(LOOK_MS);
  }
  return world.now - begunMs;
}

export function randomKey({ random }: Network): Uint8Array {
  return random.fill(new Uint8Array(20));
}

export function lookup(network: Network, from: KelipsNode, key: Uint8Array): OwnersFound {
  return wait(network, (done) => from.protocol.lookup(key, { onFind: done }));
}

export function put(network: Network, from: KelipsNode, key: Uint8Array, value: Uint8Array): AccessResult {
  return wait(network, (done) => from.protocol.put(key, value, { onAccess: done }));
}

export function get(network: Network, from: KelipsNode, key: Uint8Array): AccessResult {
  return wait(network, (done) => from.protocol.get(key, { onAccess: done }));
}

export function insertFile(network: Network, from: KelipsNode, key: Uint8Array): FileFound {
  return wait(network, (done) => from.protocol.insertFile(key, { onFile: done }));
}

export function findFile(network: Network, from: KelipsNode, key: Uint8Array): FileFound {
  return wait(network, (done) => from.protocol.findFile(key, { onFile: done }));
}

export function wait<R>({ world }: Network, begin: (done: (result: R) => void) => void): R {
  let got: R | null = null;
  begin((result) => {
    assert.equal(got, null, 'a result comes once');
    got = result;
  });
  world.runUntil(() => got !== null, 120_000);
  assert.ok(got !== null, `no result within two minutes; ${world.describe()}`);
  return got;
}

/** Bytes that each living node sends in a second, over so long. */
export function bytesPerNodePerS(network: Network, ms: number): number {
  const sent = (): number => network.nodes.reduce((sum, node) => sum + node.bytesUp, 0);
  const before = sent();
  network.world.runFor(ms);
  return (sent() - before) / live(network).length / (ms / 1000);
}

function emptyNetwork(options: Partial<KelipsOptions>, world: Partial<WorldOptions>): Network {
  const seed = world.seed ?? 1;
  return {
    world: new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, ...world }),
    nodes: [],
    options: { ...KELIPS_DEFAULTS, ...options },
    random: new Random(seed, TEST_STREAM),
  };
}

/** Its point is of the test's chance: those of addresses would be the same in every world. */
function add(network: Network, options: Partial<KelipsOptions>): KelipsNode {
  const { world, nodes, random } = network;
  const id = id160.random(random);
  const node = world.addNode((host) => new Kelips(host, { ...network.options, id, ...options }));
  nodes.push(node);
  return node;
}
