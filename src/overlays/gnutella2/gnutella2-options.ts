/** What a composer decides for a node of Gnutella2; times are in ms. */

import type { Compression } from '../../core/compression.ts';
import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';

export interface Gnutella2Hooks {
  /** Somebody who cannot dial us wants us to connect to him, for a file. */
  onPush(requester: Endpoint): void;
  /** Nobody is left to dial: `addHosts` is waited for. Called at most every `needHostsMs`. */
  needHosts(): void;
}

export const NO_HOOKS: Gnutella2Hooks = { onPush() {}, needHosts() {} };

/** Who takes streams to our port that begin as no greeting of ours: HTTP, pushes, Gnutella 0.6. */
export interface OtherStreams {
  /** `begun` was read of it to see what it is: the taker upgrades the stream to a framing that begins with it (`primed`). Null: nobody wants it, and it is reset. */
  take(stream: Stream, begun: Uint8Array): StreamHandler<unknown, unknown> | null;
}

export interface Gnutella2Options {
  readonly files: SharedFiles;
  /** Tables of words and long datagrams are deflated; there is no way without. */
  readonly compression: Compression;
  /** `auto`: a leaf, which becomes a hub where one is needed, and stops being one where it is not. */
  readonly role: 'auto' | 'leaf' | 'hub';
  /** Whom to ask first. They need not be hubs: a leaf names its own. */
  readonly bootstrap: readonly Endpoint[];
  /** 16 bytes; null: by chance. */
  readonly guid: Uint8Array | null;
  /** Nobody can reach us: we are no hub, and hits come by way of our hubs. */
  readonly isFirewalled: boolean;
  readonly userAgent: string;
  /** Deflates connections where the other side reads that. */
  readonly compresses: boolean;

  /** Of a leaf. */
  readonly hubsWanted: number;
  /** Of a hub. */
  readonly leavesMax: number;
  /** Hubs that a hub connects to, and that it lets be connected. */
  readonly peersWanted: number;
  readonly peersMax: number;
  readonly linksPerAddressMax: number;
  readonly knownHubsMax: number;

  /** Tables of words have 2^tableBits slots. */
  readonly tableBits: number;
  /** A changed table is sent again no sooner. */
  readonly tableGapMs: number;
  readonly pingMs: number;
  /** Who has said nothing for so long is gone. */
  readonly silenceMs: number;
  /** LNI and KHL are told so often. */
  readonly infoMs: number;
  readonly advertMs: number;
  /** A hub that could not be reached is dialled again no sooner. */
  readonly redialMs: number;

  readonly needHostsMs: number;

  /** So long a leaf looks for a hub before it becomes one. */
  readonly aloneMs: number;
  /** A node up for less is no candidate while there are hubs. */
  readonly candidateMs: number;
  /** A hub of few leaves waits so long, and longer by chance, before it stops being one. */
  readonly idleHubMs: number;

  /** Searches: one datagram in so long, of all searches together. */
  readonly walkMs: number;
  readonly askTimeoutMs: number;
  /** Hubs that are asked at once, of one search. */
  readonly asksMax: number;
  /** Datagrams of one search. */
  readonly packetsMax: number;
  /** Hits may still come so long after the last hub has answered. */
  readonly patienceMs: number;
  /** Files in an answer of one node. */
  readonly hitsMax: number;
  /** A neighbour or an address may search once in so long, and so many times at once. */
  readonly queryGapMs: number;
  readonly queriesAtOnce: number;
  /** Answers to those who ask by datagram, bytes a second of all. */
  readonly answerBytesPerSecond: number;
  /** Packets a second of one neighbour, and at once; a query counts as five. */
  readonly packetsPerSecond: number;
  readonly packetsAtOnce: number;

  readonly hooks: Gnutella2Hooks;
  readonly otherStreams: OtherStreams | null;
}

/** What a composer gives: files are no must, since a node may only look. */
export type Gnutella2Given = Partial<Gnutella2Options> & Pick<Gnutella2Options, 'compression'>;

export const GNUTELLA2_DEFAULTS: Omit<Gnutella2Options, 'compression'> = {
  files: new ListedFiles(),
  role: 'auto',
  bootstrap: [],
  guid: null,
  isFirewalled: false,
  userAgent: 'kith',
  compresses: true,
  hubsWanted: 2,
  leavesMax: 300,
  peersWanted: 6,
  peersMax: 10,
  linksPerAddressMax: 8,
  knownHubsMax: 256,
  tableBits: 20,
  tableGapMs: 30_000,
  pingMs: 15_000,
  silenceMs: 30_000,
  infoMs: 60_000,
  advertMs: 300_000,
  redialMs: 60_000,
  needHostsMs: 60_000,
  aloneMs: 20_000,
  candidateMs: 600_000,
  idleHubMs: 900_000,
  walkMs: 125,
  askTimeoutMs: 5_000,
  asksMax: 8,
  packetsMax: 2_400,
  patienceMs: 15_000,
  hitsMax: 64,
  queryGapMs: 5_000,
  queriesAtOnce: 5,
  answerBytesPerSecond: 64_000,
  packetsPerSecond: 100,
  packetsAtOnce: 1_000,
  hooks: NO_HOOKS,
  otherStreams: null,
};
