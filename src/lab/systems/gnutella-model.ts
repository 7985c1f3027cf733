/**
 * Gnutella as experiments see it: real servents (`overlays/gnutella`), leaves and ultrapeers as in 0.6 or all alike as in 0.4. Nothing is deflated, so that
 * every message is seen. Owns the nodes it made.
 */

import { pow } from '../../core/portable-math.ts';
import { Random } from '../../core/random.ts';
import {
  FLAT_GNUTELLA,
  GNUTELLA_DEFAULTS,
  type GnutellaOptions,
  GnutellaServent,
  hexOfGuid,
  Packet,
  PacketType,
  vendorCodec,
  VendorKind,
} from '../../overlays/gnutella/index.ts';
import type { World } from '../../sim/world.ts';
import type { SearchHit, SearchListener } from '../../wire/search-hit.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';
import type { SearchMessage, SearchNetwork, SearchNodeView, SearchSystem } from '../search-model.ts';
import { DEGREE_STREAM } from '../streams.ts';
import { aloneComplaint, complaintOf, neighboursAt, PeerNetwork, serves, tableNote } from './search-users.ts';

/** What an experiment may set, with what a servent does by itself. */
function optionsOf(all: GnutellaOptions) {
  const { linksWanted, linksMax, ttl, ttlMax, cachesPongs, aliveMs, strategy, usesRouteTables, usesOutOfBand, tellsHorizon } = all;
  const { resultsWanted, leafResultsWanted, walkers, walkTtl, messagesPerSecond } = all;
  return {
    ...{ linksWanted, linksMax, ttl, ttlMax, cachesPongs, aliveMs, usesRouteTables, usesOutOfBand, tellsHorizon },
    ...{ resultsWanted, leafResultsWanted, walkers, walkTtl, messagesPerSecond },
    strategy: strategy as string,
  };
}

const { aliveLeafMs, ultrapeersOfLeaf } = GNUTELLA_DEFAULTS;

const DEFAULTS = {
  ...optionsOf(GNUTELLA_DEFAULTS),
  // There are fewer ultrapeers than in the network of 2005, so that each has fewer links to others, and fewer leaves.
  ...{ linksWanted: 16, linksMax: 24, leavesMax: 30 },
  ...{ aliveLeafMs, ultrapeersOfLeaf },
  /** Which share of the users are ultrapeers. */
  ultrapeers: 0.15,
};

const FLAT_DEFAULTS = {
  ...optionsOf(FLAT_GNUTELLA),
  /** `even`: all want and take as many links. `power-law`: as was measured, with an exponent of 2.3 (Saroiu et al., MMCN 2002). */
  degrees: 'even',
};
/** P(degree >= k) = k^-1.3, up to so many. */
const TAIL = 1.3;
const DEGREE_MAX = 200;

const HITS_WANTED = 200;
/** A newcomer is told of so many. */
const ENTRIES = 10;
/** Vendors' messages that bear the name of a search. */
const OF_SEARCHES: readonly string[] = [VendorKind.hitsWanted, VendorKind.hitsOffered, VendorKind.hitsQuestion, VendorKind.hitsSoFar];

export const gnutella: SearchSystem = {
  name: 'gnutella',
  title: 'Gnutella 0.6',
  shape: 'tiers',
  defaults: DEFAULTS,
  build: (world, options, seed) => new GnutellaNetwork(world, { mode: null, ...(options as typeof DEFAULTS) }, seed),
};

export const gnutella04: SearchSystem = {
  name: 'gnutella-0.4',
  title: 'Gnutella 0.4',
  shape: 'graph',
  // Pings that flood, each answered by everybody, outweigh everything else.
  forMany: { cachesPongs: true },
  defaults: FLAT_DEFAULTS,
  build: (world, options, seed) => new GnutellaNetwork(world, { mode: 'flat', ...(options as typeof FLAT_DEFAULTS), ultrapeers: 1 }, seed),
};

type NetworkOptions = Omit<typeof FLAT_DEFAULTS, 'degrees'> & {
  readonly mode: 'flat' | null;
  readonly ultrapeers: number;
  readonly degrees?: string;
};

class GnutellaNetwork extends PeerNetwork<GnutellaServent> implements SearchNetwork {
  private readonly servent: Partial<GnutellaOptions>;
  private readonly isFlat: boolean;
  private readonly ultrapeers: number;
  private readonly seed: number;
  private readonly hasPowerLaw: boolean;

  /** `options` are complete: every name of the system's defaults, each of the type that it has there. */
  constructor(world: World, { mode, ultrapeers, degrees = 'even', strategy, ...others }: NetworkOptions, seed: number) {
    super(world, seed);
    if (strategy !== 'dynamic' && strategy !== 'flood' && strategy !== 'walk') {
      throw new RangeError(`strategy: dynamic, flood or walk expected, got "${strategy}"`);
    }
    if (degrees !== 'even' && degrees !== 'power-law') throw new RangeError(`degrees: even or power-law expected, got "${degrees}"`);
    if (!(ultrapeers > 0 && ultrapeers <= 1)) throw new RangeError(`ultrapeers: more than 0 and up to 1 expected, got ${ultrapeers}`);
    // Everybody can be dialled, and a leaf takes an ultrapeer of any degree. What a search costs is what its messages cost: nobody is asked how far it is, nor anybody by datagram.
    this.servent = { ...others, strategy, isReachable: true, degreeMin: 0, endsWhenAsked: false, usesGuess: false };
    this.isFlat = mode === 'flat';
    this.ultrapeers = ultrapeers;
    this.seed = seed;
    this.hasPowerLaw = degrees === 'power-law';
  }

  isMember(user: number): boolean {
    return this.users.alive.has(user) && (this.users.at(user).protocol.neighbours.size > 0 || this.live.length === 1);
  }

  search(user: number, words: readonly string[], listener: SearchListener): void {
    this.users.at(user).protocol.search({ words, limit: HITS_WANTED }, listener);
  }

  holderOf({ holder }: SearchHit): number {
    return this.users.byEndpoint(holder.endpoint);
  }

  linksOf(user: number): readonly number[] {
    const { neighbours } = this.users.at(user).protocol;
    return this.users.livingAt([...neighbours.values()].map(({ listening }) => listening).filter((endpoint) => endpoint !== null));
  }

  roleOf(user: number): string {
    return this.users.at(user).protocol.role;
  }

  isServing(user: number): boolean {
    return this.roleOf(user) === 'ultrapeer';
  }

  look(user: number): SearchNodeView {
    const { neighbours, router, hosts } = this.users.at(user).protocol;
    const links = [...neighbours.values()].map(({ listening, kind, table }) => {
      return { endpoint: listening, role: kind === 'flat' ? 'neighbour' : kind, ...tableNote(table) };
    });
    const facts = [
      { label: 'Queries seen', value: router.queriesSeen },
      { label: 'Duplicates dropped', value: router.duplicates },
      { label: 'Hits passed on', value: router.hitsPassed },
      { label: 'Hosts known', value: hosts.size },
    ];
    return { facts, neighbours: neighboursAt(this.users, links) };
  }

  classify(message: unknown): SearchMessage | null {
    if (!(message instanceof Packet)) return null;
    const { type, guid, payload } = message;
    if (type === PacketType.query) return { kind: 'query', search: hexOfGuid(guid) };
    if (type === PacketType.hit) return { kind: 'hit', search: hexOfGuid(guid) };
    if (type !== PacketType.vendor) return null;
    const { vendor, selector } = vendorCodec.decode(payload, 0, payload.length);
    return OF_SEARCHES.includes(`${vendor}/${selector}`) ? { kind: 'hit', search: hexOfGuid(guid) } : null;
  }

  complaint(): string | null {
    // Two who want no link but the one that they have stay by themselves.
    return this.hasPowerLaw ? aloneComplaint(this) : complaintOf(this);
  }

  protected make(files: SharedFiles): number {
    const mode = this.isFlat ? 'flat' : serves(this.users.count, this.ultrapeers) ? 'ultrapeer' : 'leaf';
    const links = this.hasPowerLaw ? this.drawnLinks(this.users.count) : {};
    return this.users.add((host) => new GnutellaServent(host, { ...this.servent, mode, files, ...links }));
  }

  /** Of a power law: P(at least k) = k^-TAIL. */
  private drawnLinks(user: number): Pick<GnutellaOptions, 'linksWanted' | 'linksMax'> {
    const unit = 1 - new Random(this.seed, DEGREE_STREAM + user).unit();
    const degree = Math.min(DEGREE_MAX, Math.floor(1 / pow(unit, 1 / TAIL)));
    return { linksWanted: degree, linksMax: degree };
  }

  /** Of others that can be dialled with success. */
  protected tell(user: number): void {
    this.users.at(user).protocol.addHosts(this.users.serversFor(user, ENTRIES, this.ultrapeers, this.entries));
  }
}
