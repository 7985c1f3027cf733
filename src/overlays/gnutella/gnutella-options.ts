/** What a servent does, and within which bounds. Everything that later versions of Gnutella added can be left out: experiments compare them. Owns no state. */

import type { Compression } from '../../core/compression.ts';
import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';

/** Who takes streams to our port that begin as no handshake of Gnutella: HTTP, GIV, and whatever else a composer knows. */
export interface OtherStreams {
  /**
   * `begun` are the first bytes, of which there is seldom more than nothing: they were taken off the stream to see what it is. The taker upgrades it to
   * a framing that begins with them (`primed`), and answers with the handler he gave it; null: nobody wants it, and it is reset.
   */
  take(stream: Stream, begun: Uint8Array): StreamHandler<unknown, unknown> | null;
}

export interface GnutellaHooks {
  /** Somebody asks us to connect to him and offer the file (GIV). */
  onPush(requester: Endpoint, index: number): void;
  /** Nobody is left to dial: `addHosts` is waited for. Called at most every `needHostsMs`. */
  needHosts(): void;
}

export const NO_HOOKS: GnutellaHooks = { onPush() {}, needHosts() {} };

/** Where the hosts that we know are kept from one run to the next. */
export interface HostStore {
  load(): readonly Endpoint[];
  save(hosts: readonly Endpoint[]): void;
}

export interface GnutellaOptions {
  /** auto: a leaf, until an ultrapeer is needed. flat: all are alike, as in 0.4. */
  readonly mode: 'auto' | 'ultrapeer' | 'leaf' | 'flat';
  readonly userAgent: string;
  /** Four letters. */
  readonly vendor: string;
  readonly files: SharedFiles;
  /** Null: we say and take nothing deflated. */
  readonly compression: Compression | null;
  readonly hosts: readonly Endpoint[];
  /** Servents that tell others by datagram who is there. */
  readonly hostCaches: readonly Endpoint[];
  readonly hostStore: HostStore | null;
  readonly hooks: GnutellaHooks;
  readonly otherStreams: OtherStreams | null;
  /** Another protocol of the process listens, and hands our streams to `accept`. */
  readonly listens: boolean;
  /** Whether others can dial us; null: we find out. */
  readonly isReachable: boolean | null;
  /** The greeting of 0.4 is answered; flat servents may also use it. */
  readonly acceptsOldGreeting: boolean;
  readonly greetsOldWay: boolean;

  // ---- who is connected to whom ----
  readonly ultrapeersOfLeaf: number;
  /** Of an ultrapeer to others, or of a flat servent to all. */
  readonly linksWanted: number;
  readonly linksMax: number;
  readonly leavesMax: number;
  /** What an ultrapeer must offer so that a leaf stays with it: gtk-gnutella's demand. 0: anything will do. */
  readonly degreeMin: number;
  /** An ultrapeer takes leaves only if they can inflate (gtk-gnutella's default); without `compression` all are taken. */
  readonly leavesMustInflate: boolean;
  readonly connectionsPerAddressMax: number;
  readonly dialsAtOnce: number;
  readonly handshakeMs: number;
  readonly tickMs: number;
  readonly redialMs: number;
  readonly needHostsMs: number;
  readonly hostsMax: number;
  /** A leaf that has found no ultrapeer for so long becomes one, if it can be. */
  readonly lonelyMs: number;
  /** An ultrapeer with fewer leaves than that for `idleUltrapeerMs` becomes a leaf. */
  readonly leavesMin: number;
  readonly idleUltrapeerMs: number;

  // ---- pings ----
  /** False: pings are flooded and pongs come back, as in 0.4. */
  readonly cachesPongs: boolean;
  readonly pongLifeMs: number;
  readonly aliveMs: number;
  readonly aliveLeafMs: number;
  readonly unansweredMax: number;

  // ---- queries ----
  /** How own searches, and those of leaves, go out. */
  readonly strategy: 'dynamic' | 'flood' | 'walk';
  readonly ttl: number;
  /** hops + ttl are cut down to it. */
  readonly ttlMax: number;
  readonly walkers: number;
  readonly walkTtl: number;
  /** A walker asks at home every so many steps whether to go on; 0: never. */
  readonly walkCheckSteps: number;
  readonly usesRouteTables: boolean;
  /** Slots of a route table are 2^bits: the least that keeps it below a sixteenth full, between these. */
  readonly tableBitsMin: number;
  readonly tableBitsMax: number;
  readonly tableMs: number;
  readonly usesOutOfBand: boolean;
  readonly resultsWanted: number;
  readonly leafResultsWanted: number;
  readonly queryHopMs: number;
  readonly queryLifeMs: number;
  readonly horizonMax: number;
  readonly searchMs: number;
  /** Searches end when all have been asked, as far as anybody can say, and not only when their time is over. */
  readonly endsWhenAsked: boolean;
  /** Where neighbours have brought too little, ultrapeers beyond them are asked by datagram (GUESS), and as an ultrapeer we answer such questions. */
  readonly usesGuess: boolean;
  readonly resultsPerHit: number;
  readonly resultsPerQuery: number;
  readonly routeMs: number;
  readonly routesMax: number;

  // ---- what a neighbour may take of us ----
  readonly messagesPerSecond: number;
  readonly messagesAtOnce: number;
  readonly queueBytesMax: number;
  readonly queuedPacketsMax: number;
  /** Datagrams of one kind that one address gets from us: one in so long. */
  readonly datagramMs: number;
  readonly tellsHorizon: boolean;
}

export const GNUTELLA_DEFAULTS: GnutellaOptions = {
  mode: 'auto',
  userAgent: 'kith/0.1',
  vendor: 'KITH',
  files: new ListedFiles(),
  compression: null,
  hosts: [],
  hostCaches: [],
  hostStore: null,
  hooks: NO_HOOKS,
  otherStreams: null,
  listens: true,
  isReachable: null,
  acceptsOldGreeting: true,
  greetsOldWay: false,
  ultrapeersOfLeaf: 3,
  linksWanted: 32,
  linksMax: 40,
  leavesMax: 100,
  degreeMin: 16,
  leavesMustInflate: true,
  connectionsPerAddressMax: 3,
  dialsAtOnce: 4,
  handshakeMs: 15_000,
  tickMs: 1_000,
  redialMs: 60_000,
  needHostsMs: 60_000,
  hostsMax: 500,
  lonelyMs: 20_000,
  leavesMin: 3,
  idleUltrapeerMs: 15 * 60_000,
  cachesPongs: true,
  pongLifeMs: 20_000,
  aliveMs: 20_000,
  aliveLeafMs: 120_000,
  unansweredMax: 2,
  strategy: 'dynamic',
  ttl: 4,
  ttlMax: 7,
  walkers: 16,
  walkTtl: 128,
  walkCheckSteps: 4,
  usesRouteTables: true,
  tableBitsMin: 12,
  tableBitsMax: 17,
  tableMs: 60_000,
  usesOutOfBand: true,
  resultsWanted: 150,
  leafResultsWanted: 50,
  queryHopMs: 2_400,
  queryLifeMs: 180_000,
  horizonMax: 200_000,
  searchMs: 60_000,
  endsWhenAsked: true,
  usesGuess: true,
  resultsPerHit: 10,
  resultsPerQuery: 40,
  routeMs: 600_000,
  routesMax: 1 << 16,
  messagesPerSecond: 100,
  messagesAtOnce: 1_000,
  queueBytesMax: 64 << 10,
  queuedPacketsMax: 256,
  datagramMs: 60_000,
  tellsHorizon: true,
};

/** Gnutella as it was in 2000: all alike, everything flooded. */
export const FLAT_GNUTELLA: GnutellaOptions = {
  ...GNUTELLA_DEFAULTS,
  mode: 'flat',
  linksWanted: 4,
  linksMax: 8,
  cachesPongs: false,
  strategy: 'flood',
  ttl: 7,
  usesRouteTables: false,
  usesOutOfBand: false,
  tellsHorizon: false,
  endsWhenAsked: false,
  usesGuess: false,
};
