/** Worlds of Kelips nodes for tests: networks that are right from the start, and such that grow by the protocol. */

import { id160 } from '../../src/core/id160.ts';
import { viewsComplaint } from '../../src/overlays/kelips/complaint.ts';
import type { FileFound } from '../../src/overlays/kelips/files.ts';
import { linkIdealViews } from '../../src/overlays/kelips/ideal-views.ts';
import { Kelips } from '../../src/overlays/kelips/kelips.ts';
import { KELIPS_DEFAULTS, type KelipsOptions } from '../../src/overlays/kelips/kelips-options.ts';
import type { OwnersFound } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { emptyNet, live, type Net, settleNet, someOf, wait } from '../overlays/net.ts';

export { get, live, pick, put, randomKey, wait } from '../overlays/net.ts';

export type KelipsNode = SimNode<Kelips>;

export type Network = Net<Kelips, KelipsOptions>;

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
  const network = emptyNet<Kelips, KelipsOptions>({ ...KELIPS_DEFAULTS, ...options }, world);
  for (let index = 0; index < count; index++) add(network, {});
  const [protocols, indexes] = [network.nodes.map((node) => node.protocol), network.nodes.map((node) => node.index)];
  linkIdealViews(protocols, (from, to) => 2 * network.world.latencyMs(indexes[from] as number, indexes[to] as number));
  network.world.runFor(1);
  return network;
}

/** Joined one after the other by the protocol; in order when this returns. */
export function grownNetwork(count: number, options: Partial<KelipsOptions> = {}, world: Partial<WorldOptions> = {}): Network {
  const network = emptyNet<Kelips, KelipsOptions>({ ...KELIPS_DEFAULTS, ...options }, world);
  for (let index = 0; index < count; index++) {
    join(network);
    network.world.runFor(500);
  }
  settle(network);
  return network;
}

/** One more, which joins through some of those that live. */
export function join(network: Network, options: Partial<KelipsOptions> = {}): KelipsNode {
  return add(network, { join: someOf(live(network), ENTRY_POINTS, network.random), ...options });
}

export function complaint(network: Network): string | null {
  const nodes = live(network);
  const outside = nodes.filter((node) => !node.protocol.isMember).length;
  return outside > 0 ? `${outside} are no members` : viewsComplaint(nodes.map((node) => node.protocol));
}

/** Lets time pass until all views are complete and nobody dead is in them; how long that took. */
export function settle(network: Network, msMax = SETTLE_MS): number {
  return settleNet(network, () => complaint(network), LOOK_MS, msMax);
}

export function lookup(network: Network, from: KelipsNode, key: Uint8Array): OwnersFound {
  return wait(network, (done) => from.protocol.lookup(key, { onFind: done }));
}

export function insertFile(network: Network, from: KelipsNode, key: Uint8Array): FileFound {
  return wait(network, (done) => from.protocol.insertFile(key, { onFile: done }));
}

export function findFile(network: Network, from: KelipsNode, key: Uint8Array): FileFound {
  return wait(network, (done) => from.protocol.findFile(key, { onFile: done }));
}

/** Bytes that each living node sends in a second, over so long. */
export function bytesPerNodePerS(network: Network, ms: number): number {
  const sent = (): number => network.nodes.reduce((sum, node) => sum + node.bytesUp, 0);
  const before = sent();
  network.world.runFor(ms);
  return (sent() - before) / live(network).length / (ms / 1000);
}

/** Its point is of the test's chance: those of addresses would be the same in every world. */
function add(network: Network, options: Partial<KelipsOptions>): KelipsNode {
  const { world, nodes, random } = network;
  const id = id160.random(random);
  const node = world.addNode((host) => new Kelips(host, { ...network.options, id, ...options }));
  nodes.push(node);
  return node;
}
