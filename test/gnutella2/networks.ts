/** Worlds of Gnutella2 nodes for tests: networks in which hubs elect themselves, files that are somewhere, searches, and a flood beside them. */

import assert from 'node:assert/strict';
import { latin1Bytes } from '../../src/core/bytes.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import type { Framing } from '../../src/core/framing.ts';
import type { Host, Peer, Protocol, StreamHandler } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { RawBytes, rawBytes } from '../../src/core/raw-bytes.ts';
import { Gnutella2Node, type Gnutella2Options, type HashedQuery } from '../../src/overlays/gnutella2/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../src/wire/shared-file.ts';

export type G2Node = SimNode<Gnutella2Node>;

export interface Network {
  readonly world: World;
  readonly nodes: G2Node[];
  readonly options: Partial<Gnutella2Options>;
  /** Choices that a test makes, apart from those of nodes. */
  readonly random: Random;
}

const TEST_STREAM = 0x77_0000_0000;
const ENTRY_POINTS = 4;
const SEARCH_MS_MAX = 300_000;

/** Quick and small: what takes minutes in the world takes seconds. */
export const QUICK: Partial<Gnutella2Options> = {
  tableBits: 14,
  tableGapMs: 5_000,
  aloneMs: 10_000,
  candidateMs: 20_000,
  infoMs: 20_000,
  leavesMax: 12,
  queryGapMs: 1_000,
  queriesAtOnce: 50,
  compresses: false,
};

export function emptyNetwork(options: Partial<Gnutella2Options> = {}, world: Partial<WorldOptions> = {}): Network {
  const seed = world.seed ?? 1;
  return {
    world: new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, ...world }),
    nodes: [],
    options: { ...QUICK, ...options },
    random: new Random(seed, TEST_STREAM),
  };
}

/** One more, which asks some of those that live. */
export function join(network: Network, files: readonly SharedFile[] = [], options: Partial<Gnutella2Options> = {}): G2Node {
  const entries = network.random.shuffle(live(network)).slice(0, ENTRY_POINTS);
  const own = { ...network.options, bootstrap: entries.map((node) => node.endpoint), files: new ListedFiles(files), ...options };
  const node = network.world.addNode((host) => new Gnutella2Node(host, { compression: zlibCompression, ...own }));
  network.nodes.push(node);
  return node;
}

/** `count` that have come one after the other, each with one file of its own, and have found their places. */
export function grownNetwork(
  count: number,
  options: Partial<Gnutella2Options> = {},
  world: Partial<WorldOptions> = {},
  settleMs = 90_000,
): Network {
  const network = emptyNetwork(options, world);
  for (let index = 0; index < count; index++) {
    join(network, [ownFile(index)]);
    network.world.runFor(300);
  }
  network.world.runFor(settleMs);
  return network;
}

export function live({ nodes }: Network): G2Node[] {
  return nodes.filter((node) => node.host.running);
}

export function hubsOf(network: Network): G2Node[] {
  return live(network).filter((node) => node.protocol.role.isHub);
}

export function leavesOf(network: Network): G2Node[] {
  return live(network).filter((node) => !node.protocol.role.isHub);
}

export function pick<T>({ random }: Network, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

/** The one file of node `index`, of two words that no other has. */
export function ownFile(index: number): SharedFile {
  return file(1, `song${index} singer${index}.mp3`, 1_000 + index);
}

export function file(id: number, name: string, bytes = 1_000): SharedFile {
  const sha1 = new Uint8Array(20);
  for (let at = 0; at < name.length; at++) sha1[at % 20] = ((sha1[at % 20] as number) * 31 + name.charCodeAt(at)) & 0xff;
  return { id, name, folder: '', bytes, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: { ...NO_HASHES, sha1 } };
}

export class Finding {
  readonly hits: SearchHit[] = [];
  isOver = false;

  onHit(hit: SearchHit): void {
    assert.ok(!this.isOver, 'no hit comes after the end');
    this.hits.push(hit);
  }

  onSearchEnd(): void {
    assert.ok(!this.isOver, 'a search ends once');
    this.isOver = true;
  }
}

/** Begins a search of words. */
export function begin(from: G2Node, words: readonly string[], rest: Partial<HashedQuery> = {}): Finding {
  const finding = new Finding();
  from.protocol.search({ words, limit: 1, ...rest }, finding);
  return finding;
}

/** All that comes of it until its end. */
export function find({ world }: Network, from: G2Node, words: readonly string[], rest: Partial<HashedQuery> = {}): SearchHit[] {
  const finding = begin(from, words, rest);
  world.runUntil(() => finding.isOver, SEARCH_MS_MAX);
  assert.ok(finding.isOver, `the search of ${words.join(' ')} has not ended; ${world.describe()}`);
  return finding.hits;
}

/** Whoever is a leaf has a hub, hubs know each other, and nobody has more than he may. */
export function complaint(network: Network): string | null {
  const hubs = hubsOf(network);
  if (hubs.length === 0) return 'no hub';
  const guids = new Set(hubs.map((hub) => hub.protocol.guidHex));
  for (const { index, protocol } of live(network)) {
    const { links, role, options } = protocol;
    if (!role.isHub && !links.hubs.some((link) => guids.has(link.guid))) return `leaf ${index} has no hub that lives`;
    if (role.isHub && hubs.length > 1 && links.hubs.length === 0) return `hub ${index} knows no other`;
    if (links.leaves.length > options.leavesMax) return `hub ${index} has ${links.leaves.length} leaves`;
    if (role.isHub && links.hubs.length > options.peersMax + options.peersWanted) return `hub ${index} has ${links.hubs.length} neighbours`;
  }
  return clusterComplaint(hubs);
}

function clusterComplaint(hubs: readonly G2Node[]): string | null {
  const byGuid = new Map(hubs.map((hub) => [hub.protocol.guidHex, hub]));
  const reached = new Set<G2Node>();
  const waiting = hubs.slice(0, 1);
  for (let hub = waiting.pop(); hub !== undefined; hub = waiting.pop()) {
    if (reached.has(hub)) continue;
    reached.add(hub);
    for (const link of hub.protocol.links.hubs) {
      const other = byGuid.get(link.guid);
      if (other !== undefined) waiting.push(other);
    }
  }
  return reached.size === hubs.length ? null : `${hubs.length} hubs fall apart: ${reached.size} reach each other`;
}

/** Lets time pass until all is in order; how long that took. */
export function settle(network: Network, msMax: number): number {
  const begunMs = network.world.now;
  while (complaint(network) !== null) {
    assert.ok(network.world.now < begunMs + msMax, `${complaint(network)} after ${msMax} ms; ${network.world.describe()}`);
    network.world.runFor(1_000);
  }
  return network.world.now - begunMs;
}

/** Says what a browser says. */
export class Caller implements Protocol, StreamHandler<RawBytes> {
  isEnded = false;
  private readonly host: Host;
  private readonly to: Peer;
  private readonly first: string;

  constructor(host: Host, to: Peer, first = 'GET / HTTP/1.1\r\n\r\n') {
    this.host = host;
    this.to = to;
    this.first = first;
  }

  start(): void {
    this.host.connect(this.to, anything, this).send(rawBytes, new RawBytes(latin1Bytes(this.first)));
  }

  onOpen(): void {}

  onMessage(): void {}

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.isEnded = true;
  }

  onClose(): void {
    this.isEnded = true;
  }

  onTimer(): void {}

  stop(): void {}

  inspect(): unknown {
    return null;
  }
}

const anything: Framing<RawBytes> = {
  name: 'anything',
  deframer: () => ({
    push(bytes, start, end, sink) {
      sink.onMessage(new RawBytes(bytes.slice(start, end)));
      return end;
    },
  }),
};
