/**
 * The web seeds of one torrent (BEP 19, BEP 17): which of them work, and when. Peers come first: web servers are asked for what peers do
 * not bring soon, and pieces that peers could take are theirs (see `PieceRuns`). Owns the web seeds; owned by the torrent.
 */

import { Bitset } from '../../core/bitset.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import type { Random } from '../../core/random.ts';
import type { HttpClient } from '../http/index.ts';
import { BLOCK_BYTES } from './block.ts';
import { CHOKE_REASONS } from './choke-reasons.ts';
import type { Exchange } from './exchange.ts';
import type { Metainfo } from './metainfo.ts';
import { type FlagFacts, peerFlags } from './peer-flags.ts';
import type { PeerStatus, WebSeedStatus } from './torrent-status.ts';
import type { Torrent } from './torrent.ts';
import { webFiles, webPieces } from './web-resources.ts';
import { WebSeed } from './web-seed.ts';

/** Of one torrent; further ones are mirrors of mirrors. */
export const WEB_SEEDS_MAX = 32;
/** Working at the same time for one torrent. */
const WORKING_MAX = 4;
/** Peers that bring all that is missing in that time are enough. */
const PEERS_SUFFICE_MS = 20_000;
/** A piece that somebody reads by then and that no peer is bringing is a web seed's. */
const HURRY_MS = 5_000;
const NONE: readonly WebSeed[] = [];
/** As a peer, it owes us what we have asked for, and wants nothing. */
const WEB_SEED: Omit<FlagFacts, 'peerChoking'> = {
  amInterested: true,
  peerInterested: false,
  amChoking: true,
  optimistic: false,
  snubbed: false,
  incoming: false,
  webSeed: true,
};

export class WebSeeds {
  private readonly torrent: Torrent;
  private readonly bySlot = new Map<number, WebSeed>();
  private readonly urls = new Set<string>();
  private readonly offered = new Set<string>();
  private exchange: Exchange | null = null;
  /** The disk is behind: nobody is listened to. */
  private held = false;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
  }

  get client(): HttpClient {
    return this.torrent.engine.web;
  }

  get random(): Random {
    return this.torrent.engine.host.random;
  }

  get size(): number {
    return this.bySlot.size;
  }

  get isHeld(): boolean {
    return this.held;
  }

  get hasPeers(): boolean {
    return this.torrent.swarm.size > 0;
  }

  now(): number {
    return this.torrent.now();
  }

  /** The content is open and something is missing. */
  start(exchange: Exchange): void {
    if (this.exchange !== exchange) {
      // A recheck: what is asked for belongs to a downloader that is no more.
      this.bySlot.clear();
      this.urls.clear();
      this.exchange = exchange;
      const metainfo = this.torrent.metainfo as Metainfo;
      for (const url of metainfo.webSeeds) this.add('url-list', url);
      for (const url of [...(this.torrent.spec.webSeeds ?? []), ...this.offered]) this.add('url-list', url);
      for (const url of metainfo.httpSeeds ?? []) this.add('httpseeds', url);
    }
    this.held = false;
    this.tick(this.now());
  }

  /** One more that has the content, found since: holders in other networks speak HTTP too. */
  offer(url: string): void {
    if (this.offered.size >= WEB_SEEDS_MAX) return;
    this.offered.add(url);
    if (this.exchange !== null) this.add('url-list', url);
  }

  private add(kind: WebSeedStatus['kind'], url: string): void {
    const metainfo = this.torrent.metainfo as Metainfo;
    const resources = kind === 'url-list' ? webFiles(metainfo, url) : webPieces(metainfo, url);
    if (resources === null || this.urls.has(url) || this.bySlot.size >= WEB_SEEDS_MAX) return;
    this.urls.add(url);
    const slot = this.torrent.swarm.takeSlot();
    this.bySlot.set(slot, new WebSeed(this, this.exchange as Exchange, kind, url, resources, slot));
  }

  /** Breaks everything off; `start` goes on. */
  stop(): void {
    for (const seed of this.bySlot.values()) seed.breakOff();
  }

  // ---- who works -----------------------------------------------------------------------------------------------------------

  /** About once a second. */
  tick(now: number): void {
    if (this.bySlot.size === 0 || this.torrent.state !== 'downloading' || this.held) return;
    if (this.workingCount >= WORKING_MAX || this.peersSuffice(now)) return;
    for (const seed of this.bySlot.values()) {
      if (this.workingCount < WORKING_MAX && seed.isReady(now)) seed.begin(now);
    }
  }

  /** A web seed has brought what it was asked for. */
  next(seed: WebSeed, now: number): void {
    if (this.torrent.state === 'downloading' && !this.held && seed.isReady(now) && !this.peersSuffice(now)) seed.begin(now);
  }

  /** Those that are bringing something. */
  working(): readonly WebSeed[] {
    return this.bySlot.size === 0 ? NONE : [...this.bySlot.values()].filter((seed) => seed.isWorking);
  }

  private get workingCount(): number {
    return this.working().length;
  }

  /** What is needed first has changed: who brings what is needed later, or by nobody, takes that instead. */
  onHurry(now: number): void {
    if (this.bySlot.size === 0 || this.exchange !== this.torrent.exchange || this.torrent.state !== 'downloading' || this.held) return;
    const { picker } = (this.exchange as Exchange).downloader;
    for (const seed of this.working()) {
      if (this.hasPeers && picker.hasDeadlines) seed.shorten(now);
      const urgent = picker.unservedBy(now + HURRY_MS, seed.barred);
      if (urgent < 0) break;
      if (!seed.isNear(urgent, now)) seed.turnTo(now);
    }
    if (picker.unservedBy(now + HURRY_MS, null) >= 0) this.tick(now);
  }

  /** All that is missing comes from peers, and soon. */
  private peersSuffice(now: number): boolean {
    if ((this.exchange as Exchange).downloader.picker.unservedBy(now + HURRY_MS, null) >= 0) return false;
    let rate = 0;
    for (const connection of this.torrent.connections) rate += connection.down.rate(now);
    const { downloader, geometry } = this.exchange as Exchange;
    const { picker } = downloader;
    if ((rate * PEERS_SUFFICE_MS) / 1000 < picker.missingPieces * geometry.pieceBytes) return false;
    for (let piece = 0; piece < geometry.pieceCount; piece++) {
      if (picker.isInteresting(piece) && picker.availabilityOf(piece) === 0) return false;
    }
    return true;
  }

  /** What one of those that work may claim: several begin with a part each. */
  fairShareBytes(): number {
    const { downloader, geometry } = this.exchange as Exchange;
    const sharers = Math.min(WORKING_MAX, this.bySlot.size);
    return Math.ceil(downloader.picker.missingPieces / sharers) * geometry.pieceBytes;
  }

  /** Pieces with a byte in one of these files. */
  piecesOf(files: ReadonlyMap<number, unknown>): Bitset {
    const { pieceBytes, pieceCount, files: all } = this.torrent.metainfo as Metainfo;
    const pieces = new Bitset(pieceCount);
    let start = 0;
    for (const [index, { length }] of all.entries()) {
      const end = start + length;
      if (files.has(index)) for (let piece = Math.floor(start / pieceBytes); piece * pieceBytes < end; piece++) pieces.add(piece);
      start = end;
    }
    return pieces;
  }

  /** Nothing that is wanted is left beside those pieces. */
  isUseless(barred: Bitset): boolean {
    const { picker } = (this.exchange as Exchange).downloader;
    for (let piece = 0; piece < barred.length; piece++) if (picker.priorityOf(piece) > 0 && !barred.has(piece)) return false;
    return true;
  }

  // ---- what comes ----------------------------------------------------------------------------------------------------------

  onBytes(seed: WebSeed, bytes: number, wasted: number): void {
    const { downloadLimiter, engine, traffic } = this.torrent;
    const now = this.now();
    traffic.cameFromWeb(bytes, wasted, now);
    downloadLimiter.take(bytes, now);
    if (!downloadLimiter.limited || downloadLimiter.available(now) > 0) return;
    seed.pause();
    engine.onDownloadThrottled(downloadLimiter.msUntil(BLOCK_BYTES, now));
  }

  /** The budget has grown. */
  onBudget(): void {
    if (!this.held) for (const seed of this.bySlot.values()) seed.resume(this.now());
  }

  /** The disk is behind. */
  hold(): void {
    this.held = true;
    for (const seed of this.bySlot.values()) seed.pause();
  }

  unhold(): void {
    this.held = false;
    this.onBudget();
  }

  /** Blocks are anybody's again. */
  onFreed(): void {
    if (this.torrent.state === 'downloading') this.exchange?.downloader.fillIdle();
  }

  /** Proof that the source at this slot sent what is not the content; false when it is none of ours. */
  ban(slot: number, detail: string): boolean {
    const seed = this.bySlot.get(slot);
    if (seed === undefined) return false;
    this.torrent.engine.host.tap(BitTorrentEvent.peerBanned, slot, 0, 0);
    seed.ban(detail);
    return true;
  }

  // ---- status --------------------------------------------------------------------------------------------------------------

  statuses(): WebSeedStatus[] {
    const now = this.now();
    return [...this.bySlot.values()].map((seed) => seed.status(now));
  }

  /** Those that work, in the list of peers. */
  peerStatuses(): PeerStatus[] {
    const now = this.now();
    return this.working().map(({ url, server, down, state }) => ({
      endpoint: url,
      client: server === '' ? 'web server' : server,
      flags: peerFlags({ ...WEB_SEED, peerChoking: state !== 'receiving' }),
      progress: 1,
      downloadRate: down.rate(now),
      uploadRate: 0,
      downloadedBytes: down.total,
      uploadedBytes: 0,
      sources: [],
      transport: 'tcp',
      encryption: 'none',
      why: 'web-seed',
      whyText: CHOKE_REASONS['web-seed'],
    }));
  }
}
