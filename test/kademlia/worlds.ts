/** Worlds of Kademlia nodes for tests: tables that are right from the start, networks that grow by the protocol, and an oracle beside them. */

import assert from 'node:assert/strict';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import type { NodesFound } from '../../src/overlays/kademlia/find-node.ts';
import type { FindPeersOptions, PeersFound } from '../../src/overlays/kademlia/find-peers.ts';
import type { ItemFound, ItemName } from '../../src/overlays/kademlia/get-item.ts';
import { linkIdealTables } from '../../src/overlays/kademlia/ideal-tables.ts';
import type { MutableItem } from '../../src/overlays/kademlia/item.ts';
import { Kademlia } from '../../src/overlays/kademlia/kademlia.ts';
import { KADEMLIA_DEFAULTS, type KademliaOptions } from '../../src/overlays/kademlia/kademlia-options.ts';
import { compareXor, type NodeId, readId } from '../../src/overlays/kademlia/node-id.ts';
import type { ItemPut } from '../../src/overlays/kademlia/put-item.ts';
import { SIMULATED_SIGNATURES } from '../../src/overlays/kademlia/simulated-signatures.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';

export type KademliaNode = SimNode<Kademlia>;

export interface Dht {
  readonly world: World;
  readonly nodes: KademliaNode[];
  readonly options: KademliaOptions;
  readonly random: Random;
}

/** The stream of choices that a test makes, apart from those of nodes. */
const TEST_STREAM = 0x77_0000_0000;
const ENTRY_POINTS = 8;
const RESULT_MS_MAX = 120_000;

/** `count` nodes whose tables are as they would be in the end. */
export function idealDht(count: number, options: Partial<KademliaOptions> = {}, world: Partial<WorldOptions> = {}): Dht {
  const dht = emptyDht(options, world);
  for (let index = 0; index < count; index++) dht.nodes.push(dht.world.addNode((host) => new Kademlia(host, dht.options)));
  linkIdealTables(dht.nodes.map((node) => node.protocol));
  dht.world.runFor(1);
  return dht;
}

/** `count` nodes that have joined one another by the protocol, the first having waited for the others. */
export function grownDht(count: number, options: Partial<KademliaOptions> = {}, world: Partial<WorldOptions> = {}): Dht {
  const dht = emptyDht(options, world);
  for (let index = 0; index < count; index++) {
    join(dht);
    dht.world.runFor(200);
  }
  dht.world.runFor(30_000);
  return dht;
}

/** One more node, which joins through a few of those before it that live. */
export function join(dht: Dht, options: Partial<KademliaOptions> = {}, there: readonly KademliaNode[] = live(dht)): KademliaNode {
  const entries = Math.min(ENTRY_POINTS, there.length);
  const bootstrap: Endpoint[] = [];
  for (let index = 0; index < entries; index++) bootstrap.push((there[dht.random.below(there.length)] as KademliaNode).endpoint);
  const node = dht.world.addNode((host) => new Kademlia(host, { ...dht.options, bootstrap, ...options }));
  dht.nodes.push(node);
  return node;
}

export function live(dht: Dht): KademliaNode[] {
  return dht.nodes.filter((node) => node.host.running);
}

/** Hex ids of the `count` live nodes nearest to the target but the one that asks, by the definition (Kademlia, section 2.1). */
export function oracle(dht: Dht, target: NodeId, from: KademliaNode, count = dht.options.k): string[] {
  const others = live(dht).filter((node) => node !== from);
  return nearestIds(others, target, count);
}

export function nearestIds(nodes: Iterable<KademliaNode>, target: NodeId, count: number): string[] {
  // The nearest so far, sorted: a sort of ten thousand for each lookup would cost more than the lookup.
  const nearest: NodeId[] = [];
  for (const { protocol } of nodes) {
    const last = nearest[count - 1];
    if (last !== undefined && compareXor(target, protocol.id, last) >= 0) continue;
    nearest.push(protocol.id);
    nearest.sort((a, b) => compareXor(target, a, b));
    if (nearest.length > count) nearest.pop();
  }
  return nearest.map((id) => id.hex);
}

export function idsOf(found: NodesFound): string[] {
  return found.nodes.map((contact) => contact.hex);
}

export function randomKey({ random }: Dht): Uint8Array {
  return random.fill(new Uint8Array(20));
}

export function pick(dht: Dht): KademliaNode {
  const nodes = live(dht);
  return nodes[dht.random.below(nodes.length)] as KademliaNode;
}

export function findNode(dht: Dht, from: KademliaNode, target: Uint8Array): NodesFound {
  return wait(dht, (done) => from.protocol.findNode(target, { onNodes: done }));
}

export interface Found extends PeersFound {
  readonly endpoints: readonly string[];
}

export function getPeers(dht: Dht, from: KademliaNode, infoHash: Uint8Array, options: Partial<FindPeersOptions> = {}): Found {
  const endpoints: string[] = [];
  const onPeers = (peers: readonly Endpoint[]): void => void endpoints.push(...peers.map((peer) => hexOf(peer)));
  const result = wait<PeersFound>(dht, (done) => from.protocol.getPeers(infoHash, { onPeers, onPeersDone: done }, options));
  return { ...result, endpoints };
}

export function announce(dht: Dht, from: KademliaNode, infoHash: Uint8Array, port = 0, isSeed = false): Found {
  return getPeers(dht, from, infoHash, { announcePort: port, isSeed });
}

export function putImmutable(dht: Dht, from: KademliaNode, value: Uint8Array): ItemPut {
  return wait(dht, (done) => from.protocol.putImmutable(value, { onPut: done }));
}

export function putMutable(dht: Dht, from: KademliaNode, item: MutableItem, cas: bigint | null = null): ItemPut {
  return wait(dht, (done) => from.protocol.putMutable(item, { onPut: done }, cas));
}

export function get(dht: Dht, from: KademliaNode, name: ItemName): ItemFound {
  return wait(dht, (done) => from.protocol.get(name, { onItem: done }));
}

/** Every table keeps its invariants. */
export function assertTables(dht: Dht): void {
  for (const node of dht.nodes) {
    for (const network of node.protocol.networks) {
      assert.equal(network.table.complaint(), null, `node ${node.index}; ${dht.world.describe()}`);
    }
  }
}

/** Asserts that a lookup from anywhere ends at the true nearest; returns how many hops it took. */
export function assertFindsNearest(dht: Dht): NodesFound {
  const target = randomKey(dht);
  const from = pick(dht);
  const found = findNode(dht, from, target);
  assert.deepEqual(idsOf(found), oracle(dht, readId(target), from), dht.world.describe());
  return found;
}

export function wait<R>({ world }: Dht, begin: (done: (result: R) => void) => void): R {
  let got: R | null = null;
  begin((result) => {
    assert.equal(got, null, 'a result comes once');
    got = result;
  });
  world.runUntil(() => got !== null, RESULT_MS_MAX);
  assert.ok(got !== null, `no result within two minutes; ${world.describe()}`);
  return got;
}

export function emptyDht(options: Partial<KademliaOptions> = {}, world: Partial<WorldOptions> = {}): Dht {
  const seed = world.seed ?? 1;
  return {
    world: new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, ...world }),
    nodes: [],
    options: { ...KADEMLIA_DEFAULTS, signatures: SIMULATED_SIGNATURES, ...options },
    random: new Random(seed, TEST_STREAM),
  };
}
