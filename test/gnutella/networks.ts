/** Networks of Gnutella servents for tests: grown by the protocol, or wired as a test wants them, with a peer of few words beside them that says anything. */

import assert from 'node:assert/strict';
import type { Endpoint, Host, Protocol, Stream, StreamHandler } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { RawBytes, rawBytes } from '../../src/core/raw-bytes.ts';
import { FLAT_GNUTELLA, GNUTELLA_DEFAULTS, type GnutellaOptions } from '../../src/overlays/gnutella/gnutella-options.ts';
import { newGuid } from '../../src/overlays/gnutella/guid.ts';
import { type GreetingHead, greetingHead, greetingHeads } from '../../src/wire/greeting-head.ts';
import type { Neighbour } from '../../src/overlays/gnutella/neighbour.ts';
import { Packet, packetCodec } from '../../src/overlays/gnutella/packet.ts';
import { packetFrames } from '../../src/overlays/gnutella/packet-frames.ts';
import { GnutellaServent } from '../../src/overlays/gnutella/servent.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { Search, SearchHit } from '../../src/wire/search-hit.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../src/wire/shared-file.ts';
import type { GnutellaQuery } from '../../src/overlays/gnutella/searches.ts';

export type ServentNode = SimNode<GnutellaServent>;

/** The stream of choices that a test makes, apart from those of nodes. */
const TEST_STREAM = 0x77_0000_0000;
const ENTRY_POINTS = 8;

export function file(id: number, name: string, more: Partial<SharedFile> = {}): SharedFile {
  return { id, name, folder: '', bytes: 1_000 * id, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: NO_HASHES, ...more };
}

export function sharing(...names: readonly string[]): ListedFiles {
  return new ListedFiles(names.map((name, index) => file(index + 1, name)));
}

/** Everybody can be dialled, and what ultrapeers must offer is what a small network has. */
const TEST_OPTIONS: Partial<GnutellaOptions> = { isReachable: true, linksWanted: 16, linksMax: 24, leavesMax: 30 };

export interface Network {
  readonly world: World;
  readonly nodes: ServentNode[];
  readonly random: Random;
}

export function network(world: Partial<WorldOptions> = {}): Network {
  const seed = world.seed ?? 1;
  return { world: new World({ seed, ...world }), nodes: [], random: new Random(seed, TEST_STREAM) };
}

/** One more servent, with what it is told of others. */
export function add(net: Network, options: Partial<GnutellaOptions> = {}, hosts: readonly Endpoint[] = []): ServentNode {
  const base = options.mode === 'flat' ? FLAT_GNUTELLA : GNUTELLA_DEFAULTS;
  const node = net.world.addNode((host) => new GnutellaServent(host, { ...base, ...TEST_OPTIONS, hosts, ...options }));
  net.nodes.push(node);
  return node;
}

/** One more, who knows a few of those that are there. */
export function join(net: Network, options: Partial<GnutellaOptions> = {}): ServentNode {
  const there = live(net);
  const hosts = Array.from(
    { length: Math.min(ENTRY_POINTS, there.length) },
    () => (there[net.random.below(there.length)] as ServentNode).endpoint,
  );
  return add(net, options, hosts);
}

/** `count` servents, one after the other; `optionsOf` says what is special about each. */
export function grown(count: number, optionsOf: (index: number) => Partial<GnutellaOptions>, world: Partial<WorldOptions> = {}): Network {
  const net = network(world);
  for (let index = 0; index < count; index++) {
    join(net, optionsOf(index));
    net.world.runFor(200);
  }
  net.world.runFor(90_000);
  return net;
}

/** Flat servents in a line, or with whatever links are given; nobody dials of himself. */
export function wired(
  count: number,
  links: readonly (readonly [number, number])[],
  optionsOf: (index: number) => Partial<GnutellaOptions> = () => ({}),
  world: Partial<WorldOptions> = {},
): Network {
  const net = network(world);
  for (let index = 0; index < count; index++) add(net, { mode: 'flat', linksWanted: 0, linksMax: 1_000, ...optionsOf(index) });
  net.world.runFor(10);
  for (const [from, to] of links) (net.nodes[from] as ServentNode).protocol.connect((net.nodes[to] as ServentNode).endpoint);
  net.world.runFor(2_000);
  return net;
}

export function line(count: number): [number, number][] {
  return Array.from({ length: count - 1 }, (_, index) => [index, index + 1]);
}

export function live(net: Network): ServentNode[] {
  return net.nodes.filter((node) => node.host.running);
}

export class Found {
  readonly hits: SearchHit[] = [];
  ended = false;
  search: Search | null = null;

  onHit(hit: SearchHit): void {
    this.hits.push(hit);
  }

  onSearchEnd(): void {
    this.ended = true;
  }

  get names(): string[] {
    return this.hits.map(({ name }) => name).sort();
  }
}

export function search(node: ServentNode, words: string, more: Partial<GnutellaQuery> = {}): Found {
  const found = new Found();
  found.search = node.protocol.search({ words: words.split(' '), limit: 100, ...more }, found);
  return found;
}

/** Whom a servent has as what. */
export function neighboursOf(node: ServentNode, kind?: Neighbour['kind']): Neighbour[] {
  return [...node.protocol.neighbours.values()].filter((neighbour) => kind === undefined || neighbour.kind === kind);
}

/** A peer that a test moves: it dials, says what it is told to, and keeps what it hears. */
export class Talker implements Protocol, StreamHandler<Packet> {
  readonly heard: Packet[] = [];
  readonly heads: GreetingHead[] = [];
  readonly datagrams: Packet[] = [];
  closed = false;
  private readonly host: Host;
  private stream: Stream | null = null;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(packetCodec, { onDatagram: (_from, packet) => void this.datagrams.push(packet) });
  }

  onTimer(): void {}

  stop(): void {}

  inspect(): unknown {
    return {};
  }

  /** Greets with these headers; what is answered is in `heads`. */
  greet(to: Endpoint, headers: Readonly<Record<string, string>>, first = 'GNUTELLA CONNECT/0.6'): void {
    this.stream = this.host.connect<GreetingHead, never>(this.host.peer(to), greetingHeads, {
      onOpen: (stream) => void stream.send(rawBytes, greetingHead(first, Object.entries(headers))),
      onMessage: (head) => void this.heads.push(head),
      onBulk() {},
      onDrain() {},
      onEnd: () => this.onEnd(),
      onClose: () => this.onClose(),
    });
  }

  /** Bytes as they are. */
  dial(to: Endpoint, bytes: Uint8Array): void {
    this.stream = this.host.connect(this.host.peer(to), packetFrames, this);
    this.stream.send(rawBytes, new RawBytes(bytes));
  }

  /** Accepts what was answered: from now on there are packets. */
  confirm(headers: Readonly<Record<string, string>> = {}): void {
    this.raw(greetingHead('GNUTELLA/0.6 200 OK', Object.entries(headers)));
    this.stream?.upgrade(packetFrames, this);
  }

  raw(bytes: RawBytes): void {
    this.stream?.send(rawBytes, bytes);
  }

  say(packet: Packet): void {
    this.stream?.send(packetCodec, packet);
  }

  /** A new message of that type. */
  tell(type: number, ttl: number, payload: Uint8Array, hops = 0): Packet {
    const packet = new Packet(newGuid(this.host.random), type, ttl, hops, payload);
    this.say(packet);
    return packet;
  }

  datagram(to: Endpoint, packet: Packet): void {
    this.host.send(this.host.peer(to), packetCodec, packet);
  }

  end(): void {
    this.stream?.end();
  }

  of(type: number): Packet[] {
    return this.heard.filter((packet) => packet.type === type);
  }

  onOpen(): void {}

  onMessage(packet: Packet): void {
    this.heard.push(packet);
  }

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.closed = true;
    this.stream?.end();
  }

  onClose(): void {
    this.closed = true;
  }
}

export function talker(net: Network): SimNode<Talker> {
  const node = net.world.addNode((host) => new Talker(host));
  net.world.runFor(1);
  return node;
}

/** Headers of a modern leaf, and of a modern ultrapeer. */
export const LEAF_HEADERS = {
  'User-Agent': 'Raw/0.1',
  'X-Ultrapeer': 'False',
  'X-Query-Routing': '0.1',
  'X-Dynamic-Querying': '0.1',
  'X-Degree': '32',
  'X-Max-TTL': '4',
  'Vendor-Message': '0.1',
  'Bye-Packet': '0.1',
};
export const ULTRAPEER_HEADERS = { ...LEAF_HEADERS, 'X-Ultrapeer': 'True', 'X-Ultrapeer-Query-Routing': '0.1', 'X-Ext-Probes': '0.1' };

/** A talker that has become a neighbour of a servent. */
export function neighbour(net: Network, to: ServentNode, headers: Readonly<Record<string, string>>): SimNode<Talker> {
  const node = talker(net);
  node.protocol.greet(to.endpoint, headers);
  net.world.runUntil(() => node.protocol.heads.length > 0, 10_000);
  const [head] = node.protocol.heads;
  assert.equal(head?.first, 'GNUTELLA/0.6 200 OK');
  node.protocol.confirm();
  net.world.runFor(500);
  return node;
}
