/**
 * Gnutella2 as experiments see it: real nodes (`overlays/gnutella2`), leaves and hubs. Nothing is deflated, so that every packet is seen. Owns the nodes it
 * made.
 */

import type { Compression } from '../../core/compression.ts';
import { hexOf } from '../../core/hex.ts';
import { GNUTELLA2_DEFAULTS, Gnutella2Node, GUID_BYTES, Packet, packetCodec, type PacketPart } from '../../overlays/gnutella2/index.ts';
import type { World } from '../../sim/world.ts';
import type { SearchHit, SearchListener } from '../../wire/search-hit.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';
import type { SystemOptions } from '../run-spec.ts';
import type { SearchMessage, SearchNetwork, SearchNodeView, SearchSystem } from '../search-model.ts';
import { complaintOf, neighboursAt, PeerNetwork, serves, tableNote } from './search-users.ts';

const { hubsWanted, leavesMax, peersWanted, peersMax, walkMs, askTimeoutMs, asksMax, packetsMax, tableGapMs, queryGapMs } =
  GNUTELLA2_DEFAULTS;

const DEFAULTS = {
  ...{ hubsWanted, leavesMax, peersWanted, peersMax, walkMs, askTimeoutMs, asksMax, packetsMax, tableGapMs, queryGapMs },
  /** A table of the usual 2^20 slots takes 128 KB, most of the memory of a large world; one of 2 KB has room for the words of a hub here. */
  tableBits: 14,
  /** In a small network everybody asks the same hubs more often than a hub of the large one lets him. */
  queriesAtOnce: 50,
  /** Which share of the users are hubs. */
  hubs: 0.1,
};
const HITS_WANTED = 200;
/** A newcomer is told of so many. */
const ENTRIES = 6;

export const gnutella2: SearchSystem = {
  name: 'gnutella2',
  title: 'Gnutella2',
  shape: 'tiers',
  defaults: DEFAULTS,
  build: (world, options, seed) => new Gnutella2Network(world, options, seed),
};

class Gnutella2Network extends PeerNetwork<Gnutella2Node> implements SearchNetwork {
  private readonly options: typeof DEFAULTS;

  /** `options` are complete: every name of `gnutella2.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    this.options = options as typeof DEFAULTS;
    const { hubs } = this.options;
    if (!(hubs > 0 && hubs <= 1)) throw new RangeError(`hubs: more than 0 and up to 1 expected, got ${hubs}`);
  }

  isMember(user: number): boolean {
    if (!this.users.alive.has(user)) return false;
    const { links, role } = this.users.at(user).protocol;
    return links.hubs.length > 0 || (role.isHub && this.servesAlone(user));
  }

  search(user: number, words: readonly string[], listener: SearchListener): void {
    this.users.at(user).protocol.search({ words, limit: HITS_WANTED }, listener);
  }

  holderOf({ holder }: SearchHit): number {
    return this.users.byEndpoint(holder.endpoint);
  }

  linksOf(user: number): readonly number[] {
    const { hubs, leaves } = this.users.at(user).protocol.links;
    return this.users.livingAt([...hubs, ...leaves].map(({ endpoint }) => endpoint));
  }

  roleOf(user: number): string {
    return this.users.at(user).protocol.role.isHub ? 'hub' : 'leaf';
  }

  isServing(user: number): boolean {
    return this.roleOf(user) === 'hub';
  }

  look(user: number): SearchNodeView {
    const { links, hubs, searcher } = this.users.at(user).protocol;
    const shown = [
      ...links.hubs.map(({ endpoint, table }) => ({ endpoint, role: 'hub', ...tableNote(table) })),
      ...links.leaves.map(({ endpoint, table }) => ({ endpoint, role: 'leaf', ...tableNote(table) })),
    ];
    const facts = [
      { label: 'Hubs known', value: hubs.size },
      { label: 'Searches of its own', value: searcher.running },
    ];
    return { facts, neighbours: neighboursAt(this.users, shown) };
  }

  /** Acknowledgements of queries, which name the hubs to ask next, count as hits; keys that are asked for serve later searches too, and count as no part of one. */
  classify(message: unknown): SearchMessage | null {
    const packet = packetOf(message);
    switch (packet?.name) {
      case 'Q2':
      case 'QA':
        return { kind: packet.name === 'Q2' ? 'query' : 'hit', search: hexOf(packet.payload.subarray(0, GUID_BYTES)) };
      case 'QH2':
        return { kind: 'hit', search: hexOf(packet.payload.subarray(1, 1 + GUID_BYTES)) };
      default:
        return null;
    }
  }

  complaint(): string | null {
    return complaintOf(this);
  }

  protected make(files: SharedFiles): number {
    const { hubs, ...others } = this.options;
    const role = serves(this.users.count, hubs) ? 'hub' : 'leaf';
    return this.users.add((host) => new Gnutella2Node(host, { ...others, role, files, compresses: false, compression: PLAIN }));
  }

  protected tell(user: number): void {
    this.users.at(user).protocol.addHosts(this.users.serversFor(user, ENTRIES, this.options.hubs, this.entries));
  }
}

/** In this world all agree that what is deflated stays as it is: how small a library makes it differs from version to version, and a run must not. */
const PLAIN: Compression = {
  deflater: () => ({ push: (bytes) => bytes.slice() }),
  inflater: () => ({ push: (bytes) => bytes.slice() }),
  deflate: (bytes) => bytes,
  inflate: (bytes, bytesMax) => (bytes.length > bytesMax ? null : bytes),
};

/** Of a stream, or of a datagram; what goes in several datagrams is no part of a search for one title. */
function packetOf(message: unknown): Packet | null {
  if (message instanceof Packet) return message;
  // What else this world sends by datagram are parts of packets, and greetings go by stream.
  const { data, part, count } = message as Partial<PacketPart>;
  return data === undefined || part !== 1 || count !== 1 ? null : packetCodec.decode(data, 0, data.length);
}
