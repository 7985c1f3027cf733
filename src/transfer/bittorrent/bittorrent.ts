/**
 * The BitTorrent engine as a protocol on a Host (BEP 3): many torrents behind one listener, one clock and one pair of rate limits.
 * Owns the torrents, the connections that have not named theirs yet, and the timers that drive everything else.
 */

import { hexOf } from '../../core/hex.ts';
import {
  type Endpoint,
  type Fetcher,
  type Host,
  NO_TIMER,
  type Peer,
  type Protocol,
  type StreamAcceptor,
  type StreamHandler,
  type Timer,
} from '../../core/host.ts';
import { udpTrackerResponse } from '../../wire/tracker-udp.ts';
import { type ConnectionOwner, PeerConnection } from './peer-connection.ts';
import { peerWire } from './peer-framing.ts';
import { ExternalAddress } from './external-address.ts';
import { makePeerId } from './peer-id.ts';
import type { Handshake, PeerMessage, PieceHead } from './peer-messages.ts';
import { RateLimiter } from './rate-limiter.ts';
import { Torrent } from './torrent.ts';
import type { AddTorrent, BitTorrentOptions, TorrentStatus, TorrentTotals } from './torrent-status.ts';
import { UdpTrackerClient } from './udp-tracker-client.ts';
import { Uploader } from './uploader.ts';

const TICK_MS = 1000;
/** An incoming connection that has not said its handshake by then is dropped; so is one of ours that got no answer. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Incoming connections that may wait for their handshake at once; a flood of them costs no more than this, and pushes out its own. */
const STRANGERS_MAX = 128;
/** Outgoing connections that may be opening at once, over all torrents. */
export const HALF_OPEN_MAX = 64;
/** Rate-limited work is taken up again no sooner than this, so that it comes in batches. */
const THROTTLE_MS_MIN = 5;

const TimerKind = { tick: 0, upload: 1, download: 2, slots: 3 } as const;

/** The same torrent was added twice. */
export class DuplicateTorrent extends Error {
  override readonly name = 'DuplicateTorrent';
}

export class BitTorrent implements Protocol, StreamAcceptor<PeerMessage, PieceHead>, ConnectionOwner {
  readonly host: Host;
  readonly options: BitTorrentOptions;
  readonly peerId: Uint8Array;
  readonly fetcher: Fetcher | null;
  readonly uploader: Uploader;
  readonly uploadLimiter: RateLimiter;
  readonly downloadLimiter: RateLimiter;
  readonly udpTrackers: UdpTrackerClient;
  private readonly externalAddress: ExternalAddress;
  /** Connections of all torrents and strangers, open or opening; and how many of them are opening. */
  connectionCount = 0;
  halfOpenCount = 0;
  private readonly torrents = new Map<string, Torrent>();
  /** Hybrids by the info-hash that they were not added under (BEP 52). */
  private readonly aliases = new Map<string, Torrent>();
  private readonly strangers = new Set<PeerConnection>();
  private tickTimer: Timer = NO_TIMER;
  private uploadTimer: Timer = NO_TIMER;
  private downloadTimer: Timer = NO_TIMER;
  private slotsTimer: Timer = NO_TIMER;
  /** Torrents whose upload slots are to be filled when this moment's events are over. */
  private readonly slotsDue = new Set<Torrent>();
  private running = false;

  constructor(host: Host, options: BitTorrentOptions) {
    this.host = host;
    this.options = options;
    this.peerId = options.peerId ?? makePeerId(host.random);
    this.fetcher = options.fetcher ?? null;
    this.uploader = new Uploader(host, this);
    this.uploadLimiter = new RateLimiter(options.uploadRateMax, null);
    this.downloadLimiter = new RateLimiter(options.downloadRateMax, null);
    this.udpTrackers = new UdpTrackerClient(host);
    this.externalAddress = new ExternalAddress(options.listenPort);
  }

  // ---- protocol ------------------------------------------------------------------------------------------------------------

  start(): void {
    this.running = true;
    this.host.bind(udpTrackerResponse, this.udpTrackers);
    if (this.options.listenPort !== 0) this.host.listen(peerWire, this);
    for (const torrent of this.torrents.values()) torrent.start();
    // Nodes that start together must not tick together: a flash crowd would act in lockstep.
    this.tickTimer = this.host.setTimer(this.host.random.below(TICK_MS), TimerKind.tick, 0);
  }

  onTimer(kind: number): void {
    switch (kind) {
      case TimerKind.tick:
        this.tickTimer = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
        return this.tick();
      case TimerKind.upload:
        this.uploadTimer = NO_TIMER;
        return this.uploader.pumpWaiting();
      case TimerKind.download:
        this.downloadTimer = NO_TIMER;
        for (const torrent of this.torrents.values()) torrent.exchange?.activeDownloader?.fillAll();
        return;
      case TimerKind.slots:
        return this.fillSlots();
    }
  }

  stop(): void {
    this.running = false;
    for (const torrent of [...this.torrents.values()]) this.remove(torrent.infoHashHex);
    for (const stranger of [...this.strangers]) stranger.hangUp('stopping');
    for (const timer of [this.tickTimer, this.uploadTimer, this.downloadTimer, this.slotsTimer]) this.host.clearTimer(timer);
  }

  inspect(): unknown {
    return { connections: this.connectionCount, torrents: this.statuses() };
  }

  private tick(): void {
    const now = this.host.now();
    this.udpTrackers.tick(now);
    for (const stranger of [...this.strangers]) {
      if (now - stranger.openedAtMs > HANDSHAKE_TIMEOUT_MS) stranger.hangUp('no handshake');
    }
    for (const torrent of this.torrents.values()) torrent.tick(now);
  }

  // ---- torrents ------------------------------------------------------------------------------------------------------------

  /** Adds a torrent and starts it (once the engine runs). Throws DuplicateTorrent. */
  add(spec: AddTorrent): Torrent {
    const key = hexOf(spec.infoHash);
    const torrent = new Torrent(this, spec);
    const known = [key, ...torrent.infoHashes.onWire.map((infoHash) => hexOf(infoHash))].find((hash) => this.byHash(hash) !== undefined);
    if (known !== undefined) throw new DuplicateTorrent(`torrent ${known} is here already`);
    this.torrents.set(key, torrent);
    this.learnHashes(torrent);
    if (this.running) torrent.start();
    return torrent;
  }

  /** Lets go of a torrent: says goodbye, closes its files. What is on disk stays. */
  remove(infoHash: string): void {
    const torrent = this.torrents.get(infoHash);
    if (torrent === undefined) return;
    this.torrents.delete(infoHash);
    for (const [hash, aliased] of this.aliases) if (aliased === torrent) this.aliases.delete(hash);
    this.slotsDue.delete(torrent);
    torrent.stop();
  }

  torrent(infoHash: string): Torrent | undefined {
    return this.torrents.get(infoHash);
  }

  private byHash(infoHash: string): Torrent | undefined {
    return this.torrents.get(infoHash) ?? this.aliases.get(infoHash);
  }

  /** The torrent goes by these info-hashes now. One that another torrent has already stays that one's. */
  learnHashes(torrent: Torrent): void {
    for (const [hash, aliased] of this.aliases) if (aliased === torrent) this.aliases.delete(hash);
    for (const infoHash of torrent.infoHashes.onWire) {
      const hash = hexOf(infoHash);
      if (this.byHash(hash) === undefined) this.aliases.set(hash, torrent);
    }
  }

  statuses(): TorrentStatus[] {
    return [...this.torrents.values()].map((torrent) => torrent.status());
  }

  /** What a line can show that is drawn several times a second, however many torrents there are. */
  totals(): TorrentTotals {
    const now = this.host.now();
    const totals = { torrents: 0, peers: 0, uploadedBytes: 0, downloadedBytes: 0, uploadRate: 0, downloadRate: 0 };
    for (const torrent of this.torrents.values()) torrent.addTo(totals, now);
    return totals;
  }

  /** Bytes per second over all torrents; 0 is no limit. */
  setLimits(uploadRateMax: number, downloadRateMax: number): void {
    this.uploadLimiter.setRate(uploadRateMax, this.host.now());
    this.downloadLimiter.setRate(downloadRateMax, this.host.now());
    this.uploader.pumpWaiting();
    for (const torrent of this.torrents.values()) torrent.exchange?.activeDownloader?.fillAll();
  }

  // ---- incoming connections ------------------------------------------------------------------------------------------------

  onConnection(peer: Peer): StreamHandler<PeerMessage, PieceHead> | null {
    if (this.connectionCount >= this.options.connectionsMax) return null;
    // Who means it says its handshake within a round trip: the mute make room, or a few of them would shut everybody out.
    if (this.strangers.size >= STRANGERS_MAX) this.strangers.values().next().value?.hangUp('no handshake, and others wait');
    const connection = new PeerConnection(this, null, peer, this.host.endpoint(peer), true, this.host.now());
    this.strangers.add(connection);
    this.connectionCount++;
    return connection;
  }

  onIncomingHandshake(connection: PeerConnection, handshake: Handshake): Torrent | null {
    const torrent = this.byHash(hexOf(handshake.infoHash));
    if (torrent === undefined || !torrent.acceptsPeers) return null;
    this.strangers.delete(connection);
    return torrent;
  }

  onStrangerGone(connection: PeerConnection): void {
    if (this.strangers.delete(connection)) this.connectionCount--;
  }

  // ---- rate limits ---------------------------------------------------------------------------------------------------------

  onUploadThrottled(waitMs: number): void {
    if (this.uploadTimer === NO_TIMER) this.uploadTimer = this.host.setTimer(Math.max(THROTTLE_MS_MIN, waitMs), TimerKind.upload, 0);
  }

  onDownloadThrottled(waitMs: number): void {
    if (this.downloadTimer === NO_TIMER) this.downloadTimer = this.host.setTimer(Math.max(THROTTLE_MS_MIN, waitMs), TimerKind.download, 0);
  }

  /**
   * Interest has changed at a peer: free upload slots are given at once, but only once for all that changes in this moment. In a
   * crowd a hundred peers become interested with every piece.
   */
  fillSlotsSoon(torrent: Torrent): void {
    this.slotsDue.add(torrent);
    if (this.slotsTimer === NO_TIMER) this.slotsTimer = this.host.setTimer(0, TimerKind.slots, 0);
  }

  private fillSlots(): void {
    this.slotsTimer = NO_TIMER;
    const due = [...this.slotsDue];
    this.slotsDue.clear();
    for (const torrent of due) torrent.swarm.fillSlots();
  }

  /** True while one more outgoing connection may be opened. */
  get mayDial(): boolean {
    return this.running && this.halfOpenCount < HALF_OPEN_MAX && this.connectionCount < this.options.connectionsMax;
  }

  /** Our own endpoint as the other one sees it: what others tell, else where we listen; null when that is every address. */
  selfSeenFrom(other: Endpoint): Endpoint | null {
    const bound = this.host.self.stream;
    const told = this.externalAddress.seenFrom(other);
    if (told !== null || bound === null || bound.length !== other.length) return told;
    return bound.subarray(0, -2).every((byte) => byte === 0) ? null : bound;
  }

  /** A tracker or a peer says which address it sees us at, 4 or 16 bytes. */
  learnExternalIp(ip: Uint8Array, voter: string): void {
    if (!this.externalAddress.vote(ip, voter)) return;
    for (const torrent of this.torrents.values()) torrent.swarm.candidates.prioritizeAgain();
  }
}
