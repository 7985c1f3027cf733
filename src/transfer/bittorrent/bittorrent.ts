/**
 * The BitTorrent engine as a protocol on a Host (BEP 3): many torrents behind one listener, one clock and one pair of rate limits.
 * Owns the torrents, the connections that have not named theirs yet, and the timers that drive everything else.
 */

import { AddressScope, scopeOf } from '../../core/address-scope.ts';
import { latin1 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES, endpointPort } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import { type Endpoint, type Fetcher, type Host, NO_TIMER, type Peer, type Protocol, type Timer } from '../../core/host.ts';
import { HttpClient } from '../http/index.ts';
import { udpTrackerResponse } from '../../wire/tracker-udp.ts';
import { PRIVATE_KEY_BYTES, torrentMark } from './encryption-keys.ts';
import type { EncryptionPolicy } from './encryption-policy.ts';
import { DiskGuard } from './disk-guard.ts';
import { Greeting, type GreetingOwner } from './greeting.ts';
import { IpFilter } from './ip-filter.ts';
import { LocalDiscovery } from './local-discovery.ts';
import { type ConnectionOwner, PeerConnection } from './peer-connection.ts';
import { ExternalAddress } from './external-address.ts';
import { IntroducedPeers } from './introduced-peers.ts';
import { CLIENT_VERSION, makePeerId } from './peer-id.ts';
import type { PeerFinder } from './peer-finder.ts';
import type { Handshake } from './peer-messages.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { Swarm } from './swarm.ts';
import { Torrent } from './torrent.ts';
import type { AddTorrent, BitTorrentOptions, TorrentStatus, TorrentTotals } from './torrent-status.ts';
import { type NewcomerTaker, type PeerTransport, Transports } from './transports.ts';
import { UdpTrackerClient } from './udp-tracker-client.ts';
import { Uploader } from './uploader.ts';
import { WebSocketTrackerClient } from './websocket-tracker-client.ts';

const TICK_MS = 1000;
/** An incoming connection that has not said its handshake by then is dropped; so is one of ours that got no answer. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Incoming connections that may wait for their handshake at once; a flood of them costs no more than this, and pushes out its own. */
const STRANGERS_MAX = 128;
/** Outgoing connections that may be opening at once, over all torrents. */
export const HALF_OPEN_MAX = 64;
/** Key exchanges that strangers may cost us in a second: a twentieth of a core. Who comes too late may come again. */
const STRANGERS_KEYS_MAX = 100;
/** Rate-limited work is taken up again no sooner than this, so that it comes in batches. */
const THROTTLE_MS_MIN = 5;

const TimerKind = { tick: 0, upload: 1, download: 2, slots: 3, utp: 4 } as const;

interface Marked {
  readonly torrent: Torrent;
  readonly infoHash: Uint8Array;
}

/** The same torrent was added twice. */
export class DuplicateTorrent extends Error {
  override readonly name = 'DuplicateTorrent';
}

export class BitTorrent implements Protocol, NewcomerTaker, ConnectionOwner, GreetingOwner {
  readonly host: Host;
  readonly options: BitTorrentOptions;
  readonly peerId: Uint8Array;
  readonly encryption: EncryptionPolicy;
  readonly fetcher: Fetcher | null;
  readonly peerFinder: PeerFinder | null;
  readonly uploader: Uploader;
  readonly uploadLimiter: RateLimiter;
  readonly downloadLimiter: RateLimiter;
  readonly udpTrackers: UdpTrackerClient;
  /** Null where WebRTC is not in use. */
  readonly webSocketTrackers: WebSocketTrackerClient | null;
  readonly transports: Transports;
  /** For web seeds. */
  readonly web: HttpClient;
  readonly diskGuard: DiskGuard;
  private readonly externalAddress: ExternalAddress;
  private readonly localDiscovery: LocalDiscovery | null;
  /** Connections of all torrents and strangers, open or opening; and how many of them are opening. */
  connectionCount = 0;
  halfOpenCount = 0;
  connectionsMax: number;
  connectionsPerTorrentMax: number;
  ipFilter: IpFilter = IpFilter.none;
  /** Peers that came and were sent away by the filter. */
  blockedCount = 0;
  private readonly torrents = new Map<string, Torrent>();
  /** By what names a torrent in an encrypted handshake, and for which of its info-hashes. */
  private readonly byMark = new Map<string, Marked>();
  /** Hybrids by the info-hash that they were not added under (BEP 52). */
  private readonly aliases = new Map<string, Torrent>();
  private readonly strangers = new Set<PeerConnection>();
  private strangersKeys = STRANGERS_KEYS_MAX;
  private tickTimer: Timer = NO_TIMER;
  private uploadTimer: Timer = NO_TIMER;
  private downloadTimer: Timer = NO_TIMER;
  private slotsTimer: Timer = NO_TIMER;
  /** Torrents whose upload slots are to be filled when this moment's events are over. */
  private readonly slotsDue = new Set<Torrent>();
  private running = false;
  private resting = false;

  constructor(host: Host, options: BitTorrentOptions) {
    this.host = host;
    this.options = options;
    this.peerId = options.peerId ?? makePeerId(host.random);
    this.connectionsMax = options.connectionsMax;
    this.connectionsPerTorrentMax = options.connectionsPerTorrentMax;
    this.encryption = options.encryption ?? 'off';
    this.fetcher = options.fetcher ?? null;
    this.peerFinder = options.peerFinder ?? null;
    this.uploader = new Uploader(host, this);
    this.uploadLimiter = new RateLimiter(options.uploadRateMax, null);
    this.downloadLimiter = new RateLimiter(options.downloadRateMax, null);
    this.udpTrackers = new UdpTrackerClient(host);
    this.transports = new Transports(host, options.transport ?? 'tcp', TimerKind.utp, options.ownAddresses ?? null);
    this.web = new HttpClient(host, CLIENT_VERSION.replace(' ', '/'));
    this.diskGuard = new DiskGuard(options.diskReserveBytes ?? null);
    this.externalAddress = new ExternalAddress(options.listenPort);
    const { localNetwork = null, webRtc } = options;
    this.webSocketTrackers =
      webRtc === undefined ? null : new WebSocketTrackerClient(webRtc.channels, webRtc.meetings, new IntroducedPeers(this));
    this.localDiscovery = localNetwork === null ? null : new LocalDiscovery(this, localNetwork, options.listenPort);
  }

  // ---- protocol ------------------------------------------------------------------------------------------------------------

  start(): void {
    this.running = true;
    this.host.bind(udpTrackerResponse, this.udpTrackers);
    this.transports.start(this.options.listenPort === 0 ? null : this);
    this.localDiscovery?.start();
    for (const torrent of this.torrents.values()) torrent.start();
    // Nodes that start together must not tick together: a flash crowd would act in lockstep.
    this.tickTimer = this.host.setTimer(this.host.random.below(TICK_MS), TimerKind.tick, 0);
  }

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case TimerKind.tick:
        this.tickTimer = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
        return this.tick();
      case TimerKind.upload:
        this.uploadTimer = NO_TIMER;
        return this.uploader.pumpWaiting();
      case TimerKind.download:
        this.downloadTimer = NO_TIMER;
        for (const torrent of this.torrents.values()) {
          torrent.exchange?.activeDownloader?.fillAll();
          torrent.webSeeds.onBudget();
        }
        return;
      case TimerKind.slots:
        return this.fillSlots();
      case TimerKind.utp:
        return this.transports.onTimer(arg);
    }
  }

  stop(): void {
    this.running = false;
    for (const torrent of [...this.torrents.values()]) this.remove(torrent.infoHashHex);
    for (const stranger of [...this.strangers]) stranger.hangUp('stopping');
    this.web.stop();
    this.webSocketTrackers?.stop();
    for (const timer of [this.tickTimer, this.uploadTimer, this.downloadTimer, this.slotsTimer]) this.host.clearTimer(timer);
    this.transports.stop();
  }

  inspect(): unknown {
    return { connections: this.connectionCount, blocked: this.blockedCount, torrents: this.statuses() };
  }

  private tick(): void {
    const now = this.host.now();
    this.strangersKeys = STRANGERS_KEYS_MAX;
    this.udpTrackers.tick(now);
    this.webSocketTrackers?.tick(now);
    this.web.tick(now);
    for (const stranger of [...this.strangers]) {
      if (now - stranger.openedAtMs > HANDSHAKE_TIMEOUT_MS) stranger.hangUp('no handshake');
    }
    for (const torrent of this.torrents.values()) torrent.tick(now);
    this.diskGuard.tick(now, this.torrents.values());
    this.localDiscovery?.tick(now, this.torrents.values());
  }

  // ---- torrents ------------------------------------------------------------------------------------------------------------

  /** Adds a torrent and starts it (once the engine runs). Throws DuplicateTorrent. */
  add(spec: AddTorrent): Torrent {
    const key = hexOf(spec.infoHash);
    const torrent = new Torrent(this, spec);
    const known = [key, ...torrent.infoHashes.onWire.map((infoHash) => hexOf(infoHash))].find((hash) => this.byHash(hash) !== undefined);
    if (known !== undefined) throw new DuplicateTorrent(`torrent ${known} is here already`);
    this.torrents.set(key, torrent);
    if (this.resting) torrent.pause('rest');
    this.learnHashes(torrent);
    if (this.running) torrent.start();
    return torrent;
  }

  /** Lets go of a torrent: says goodbye, closes its files. What is on disk stays. */
  remove(infoHash: string): void {
    const torrent = this.torrents.get(infoHash);
    if (torrent === undefined) return;
    this.torrents.delete(infoHash);
    this.forgetHashes(torrent);
    this.slotsDue.delete(torrent);
    this.localDiscovery?.forget(torrent);
    this.diskGuard.forget(torrent);
    torrent.stop();
  }

  torrent(infoHash: string): Torrent | undefined {
    return this.byHash(infoHash);
  }

  private byHash(infoHash: string): Torrent | undefined {
    return this.torrents.get(infoHash) ?? this.aliases.get(infoHash);
  }

  /** The torrent goes by these info-hashes now, in handshakes of either kind. One that another torrent has already stays that one's. */
  learnHashes(torrent: Torrent): void {
    this.forgetHashes(torrent);
    for (const infoHash of torrent.infoHashes.onWire) {
      const hash = hexOf(infoHash);
      if (this.byHash(hash) === undefined) this.aliases.set(hash, torrent);
      if (this.byHash(hash) === torrent) this.byMark.set(latin1(torrentMark(infoHash)), { torrent, infoHash });
    }
  }

  private forgetHashes(torrent: Torrent): void {
    for (const [hash, aliased] of this.aliases) if (aliased === torrent) this.aliases.delete(hash);
    for (const [mark, marked] of this.byMark) if (marked.torrent === torrent) this.byMark.delete(mark);
  }

  /** All torrents rest, also those that are added meanwhile; then they go on, but for those that were paused one by one. */
  setResting(resting: boolean): void {
    this.resting = resting;
    for (const torrent of this.torrents.values()) {
      if (resting) torrent.pause('rest');
      else torrent.resume('rest');
    }
  }

  judgeRoom(torrent: Torrent): void {
    this.diskGuard.judge(torrent, this.torrents.values());
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

  /** From now on, over all torrents and for each that has no limit of its own. Surplus connections are parted from at once. */
  setConnectionLimits(connectionsMax: number, connectionsPerTorrentMax: number): void {
    this.connectionsMax = connectionsMax;
    this.connectionsPerTorrentMax = connectionsPerTorrentMax;
    for (const { swarm } of this.torrents.values()) swarm.keepToLimit();
    for (let surplus = this.connectionCount - connectionsMax; surplus > 0; surplus--) this.largestSwarm()?.dropLeast();
  }

  private largestSwarm(): Swarm | null {
    let largest: Swarm | null = null;
    for (const { swarm } of this.torrents.values()) if (swarm.size > (largest?.size ?? 0)) largest = swarm;
    return largest;
  }

  /** Who is blocked is parted from, neither dialled nor let in, whoever names it. Trackers, web seeds and the DHT are no peers. */
  setIpFilter(filter: IpFilter): void {
    this.ipFilter = filter;
    for (const { swarm } of this.torrents.values()) swarm.keepToFilter();
    for (const stranger of [...this.strangers]) if (filter.blocks(stranger.endpoint)) stranger.hangUp('blocked by the IP filter');
  }

  // ---- incoming connections ------------------------------------------------------------------------------------------------

  onNewcomer(peer: Peer, transport: PeerTransport): PeerConnection | Greeting | null {
    if (this.connectionCount >= this.connectionsMax) return null;
    const endpoint = this.host.endpoint(peer);
    if (this.ipFilter.blocks(endpoint)) {
      this.blockedCount++;
      return null;
    }
    if (transport === 'utp' && !this.transports.admits(endpoint)) return null;
    // Who means it says its handshake within a round trip: the mute make room, or a few of them would shut everybody out.
    if (this.strangers.size >= STRANGERS_MAX) this.strangers.values().next().value?.hangUp('no handshake, and others wait');
    const connection = new PeerConnection(this, null, peer, endpoint, true, this.host.now());
    connection.transport = transport;
    this.strangers.add(connection);
    this.connectionCount++;
    // What comes over WebRTC is encrypted by that (DTLS).
    if (transport === 'webrtc') connection.encryption = 'all';
    return this.encryption === 'off' || transport === 'webrtc' ? connection : new Greeting(connection, this.host.random, this);
  }

  spendKey(): Uint8Array | null {
    if (this.strangersKeys === 0) return null;
    this.strangersKeys--;
    return this.newPrivateKey();
  }

  infoHashOfMark(mark: Uint8Array): Uint8Array | null {
    const marked = this.byMark.get(latin1(mark));
    return marked?.torrent.acceptsPeers === true ? marked.infoHash : null;
  }

  newPrivateKey(): Uint8Array {
    return this.secretBytes(PRIVATE_KEY_BYTES);
  }

  secretBytes(length: number): Uint8Array {
    return this.options.secretBytes?.(length) ?? this.host.random.fill(new Uint8Array(length));
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
    return this.running && this.halfOpenCount < HALF_OPEN_MAX && this.connectionCount < this.connectionsMax;
  }

  /** Our own endpoint as the other one sees it: what others tell, else where we listen; null when that is every address. */
  selfSeenFrom(other: Endpoint): Endpoint | null {
    const bound = this.host.self.stream;
    const told = this.externalAddress.seenFrom(other);
    if (told !== null || bound === null || bound.length !== other.length) return told;
    return bound.subarray(0, -2).every((byte) => byte === 0) ? null : bound;
  }

  /** The port of our DHT node, for PORT messages (BEP 5); null without one, or behind a relay whose port nobody is told. */
  get dhtPort(): number | null {
    const own = this.host.self.datagram;
    if (this.peerFinder === null || own === null) return null;
    const port = endpointPort(own);
    return (port === this.options.listenPort ? this.announcedPort : port) || null;
  }

  /** By which port the world reaches us: where we listen, or what a router in front of us passes on to there. */
  get announcedPort(): number {
    return this.externalAddress.port;
  }

  /** The router has another port for us: trackers, the DHT and peers hear of it at once. */
  setAnnouncedPort(port: number): void {
    if (port === this.announcedPort) return;
    this.externalAddress.port = port;
    for (const torrent of this.torrents.values()) {
      torrent.sources.setPort(port);
      for (const connection of [...torrent.connections]) torrent.extensions.sayAgain(connection);
    }
  }

  /** The port that the other one reaches us by: who is in our own network, or comes by IPv6, is not translated. */
  portFor(other: Endpoint): number {
    const comesThroughRouter = other.length === ENDPOINT_V4_BYTES && scopeOf(other) === AddressScope.public;
    return comesThroughRouter ? this.announcedPort : this.options.listenPort;
  }

  /** Our IP as trackers and peers see it, of 4 or 16 bytes, or null while too few agree. */
  seenIp(ipBytes: 4 | 16): Uint8Array | null {
    return this.externalAddress.seen(ipBytes);
  }

  /** A tracker or a peer says which address it sees us at, 4 or 16 bytes. */
  learnExternalIp(ip: Uint8Array, voter: string): void {
    if (!this.externalAddress.vote(ip, voter)) return;
    for (const torrent of this.torrents.values()) torrent.swarm.candidates.prioritizeAgain();
  }
}
