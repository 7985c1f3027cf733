/** Worlds of Pastry nodes for tests: networks that are right from the start, networks that grow by the protocol, and an oracle beside them. */

import assert from 'node:assert/strict';
import { equalBytes } from '../../src/core/bytes.ts';
import { Id160, id160, readId } from '../../src/core/id160.ts';
import { compareNearness } from '../../src/core/ring-distance.ts';
import { tablesComplaint } from '../../src/overlays/pastry/complaint.ts';
import { linkIdealTables } from '../../src/overlays/pastry/ideal-tables.ts';
import { Pastry } from '../../src/overlays/pastry/pastry.ts';
import { PASTRY_DEFAULTS, type PastryOptions } from '../../src/overlays/pastry/pastry-options.ts';
import type { OwnersFound } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { emptyNet, live, type Net, randomKey, settleNet, someOf } from '../overlays/net.ts';

export { get, live, pick, put, randomKey, remove, wait } from '../overlays/net.ts';

export type PastryNode = SimNode<Pastry>;

export interface Network extends Net<Pastry, PastryOptions> {
  /** Points are drawn; else they follow from addresses, and nobody believes in others. */
  readonly drawsPoints: boolean;
}

const ENTRY_POINTS = 8;
const SETTLE_MS = 240_000;

/** `count` nodes in a finished network; their points are drawn from the seed, or given by their highest word. */
export function idealNetwork(
  count: number,
  options: Partial<PastryOptions> = {},
  world: Partial<WorldOptions> = {},
  points: readonly number[] = [],
): Network {
  const network = emptyNetwork(options, world, true);
  for (let index = 0; index < count; index++) {
    const id = points[index] === undefined ? id160.random(network.random) : point(points[index] as number);
    network.nodes.push(network.world.addNode((host) => new Pastry(host, { ...network.options, id })));
  }
  const { nodes } = network;
  linkIdealTables(
    nodes.map((node) => node.protocol),
    (from, to) => 2 * network.world.latencyMs((nodes[from] as PastryNode).index, (nodes[to] as PastryNode).index),
  );
  network.world.runFor(1);
  return network;
}

/** A point by its highest word. */
export function point(value: number): Id160 {
  return new Id160(value | 0, 0, 0, 0, 0);
}

/** `count` nodes that have joined one another by the protocol, the first having founded the network; as it should be when this returns. */
export function grownNetwork(count: number, options: Partial<PastryOptions> = {}, world: Partial<WorldOptions> = {}): Network {
  const network = emptyNetwork({ roundMs: 1000, ...options }, world, false);
  for (let index = 0; index < count; index++) {
    join(network);
    network.world.runFor(600);
  }
  settle(network);
  return network;
}

/** One more, which joins through any of those before it. */
export function join(network: Network, options: Partial<PastryOptions> = {}): PastryNode {
  const entries = someOf(live(network), ENTRY_POINTS, network.random);
  const id = network.drawsPoints ? id160.random(network.random) : null;
  const node = network.world.addNode((host) => new Pastry(host, { ...network.options, id, join: entries, ...options }));
  network.nodes.push(node);
  return node;
}

export function members(network: Network): Pastry[] {
  return live(network)
    .map((node) => node.protocol)
    .filter((node) => node.isMember);
}

export function crash({ world }: Network, ...nodes: readonly PastryNode[]): void {
  for (const node of nodes) world.crash(node, 'power');
}

/** Lets time pass until all that live are members with the leaf sets of the definition, and no entry is wrong. */
export function settle(network: Network, msMax = SETTLE_MS): void {
  settleNet(network, () => complaint(network), Math.max(100, network.options.roundMs / 4), msMax);
}

export function complaint(network: Network): string | null {
  const [there, expected] = [members(network), live(network).length];
  return there.length === expected ? tablesComplaint(there) : `${there.length} of ${expected} are members`;
}

/** Takes out who is no member and knows nobody that is: its way in has died with those it was told of. */
export function takeOutStranded(network: Network): void {
  const inside = live(network).filter((node) => node.protocol.isMember);
  for (const node of live(network)) {
    const { entryPoints, isMember } = node.protocol;
    if (!isMember && !inside.some(({ endpoint }) => entryPoints.some((entry) => equalBytes(entry, endpoint)))) crash(network, node);
  }
}

/** All members, the numerically nearest to the key first: the definition of who owns it and who follows (Middleware 2001, section 2). */
export function byNearness(network: Network, key: Uint8Array): Pastry[] {
  const target = readId(key);
  return members(network).sort((a, b) => compareNearness(a.self, b.self, target));
}

export function nodeOf(network: Network, protocol: Pastry | undefined): PastryNode {
  const found = network.nodes.find((node) => node.protocol === protocol);
  assert.ok(found !== undefined, 'a node of the network');
  return found;
}

/** Many lookups at once from random nodes; all have ended when this returns. */
export function lookups(network: Network, count: number, from: readonly PastryNode[] = live(network)): OwnersFound[] {
  const results: OwnersFound[] = [];
  const onFind = (result: OwnersFound): void => void results.push(result);
  for (let index = 0; index < count; index++) {
    const node = from[network.random.below(from.length)] as PastryNode;
    node.protocol.trace(randomKey(network), { onFind });
  }
  network.world.runUntil(() => results.length === count, 120_000);
  assert.equal(results.length, count, `every lookup ends; ${network.world.describe()}`);
  return results;
}

/** Of the lookups, the part that ended at the owner. */
export function rightShare(network: Network, results: readonly OwnersFound[]): number {
  const order = members(network);
  const isRight = ({ target, owners }: OwnersFound): boolean => {
    const nearest = order.reduce((best, node) => (compareNearness(node.self, best.self, target) < 0 ? node : best));
    return owners[0]?.hex === nearest.self.hex;
  };
  return results.filter(isRight).length / results.length;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function emptyNetwork(options: Partial<PastryOptions>, world: Partial<WorldOptions>, drawsPoints: boolean): Network {
  return { ...emptyNet<Pastry, PastryOptions>({ ...PASTRY_DEFAULTS, ...options }, world), drawsPoints };
}
