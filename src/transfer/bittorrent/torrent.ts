/**
 * One torrent's life: metadata from peers if need be (BEP 9), content checked on disk, blocks exchanged, a partial or a whole seed
 * in the end (BEP 21). Owns what its parts share and passes events on to the part they concern; the parts are the swarm (who),
 * the downloader and the engine's uploader (what), and the announcer (whence).
 */

import { endpointPort, withPort } from '../../core/endpoint.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import { hexOf } from '../../core/hex.ts';
import type { Body, CloseReason, Endpoint, StoreFailure } from '../../core/host.ts';
import type { BitTorrent } from './bittorrent.ts';
import { BLOCK_BYTES } from './block.ts';
import type { DownloadOwner } from './downloader.ts';
import type { Exchange } from './exchange.ts';
import { Extensions } from './extensions.ts';
import { HashExchange } from './hash-exchange.ts';
import { InfoHashes } from './info-hashes.ts';
import type { Blame } from './leaf-trial.ts';
import { geometryOf, type Metainfo, type MetainfoV2 } from './metainfo.ts';
import type { PeerConnection } from './peer-connection.ts';
import { PeerSources } from './peer-sources.ts';
import { PeerMessageId, type PieceHead } from './peer-messages.ts';
import { RateLimiter } from './rate-limiter.ts';
import { statusOf } from './status-of.ts';
import { Showcase } from './showcase.ts';
import { Swarm } from './swarm.ts';
import { Streams } from './streams.ts';
import { Traffic } from './traffic.ts';
import { TorrentContent } from './torrent-content.ts';
import type { AddTorrent, PauseReason, PeerStatus, TorrentState, TorrentStatus, TorrentTotals } from './torrent-status.ts';
import { WebSeeds } from './web-seeds.ts';

export class Torrent implements DownloadOwner {
  readonly engine: BitTorrent;
  readonly spec: AddTorrent;
  readonly infoHash: Uint8Array;
  readonly infoHashHex: string;
  readonly swarm: Swarm;
  /** All that it goes by: a hybrid has two (BEP 52). */
  readonly infoHashes: InfoHashes;
  readonly sources: PeerSources;
  readonly extensions: Extensions;
  readonly hashExchange: HashExchange;
  readonly uploadLimiter: RateLimiter;
  readonly downloadLimiter: RateLimiter;
  metainfo: Metainfo | null;
  exchange: Exchange | null = null;
  state: TorrentState = 'stopped';
  failure: StoreFailure | null = null;
  readonly content: TorrentContent;
  readonly showcase: Showcase;
  readonly webSeeds: WebSeeds;
  /** Files that are read while they load. */
  readonly streams: Streams;
  readonly traffic = new Traffic();
  /** Empty: it runs. */
  readonly pausedBy = new Set<PauseReason>();
  private complete = false;

  constructor(engine: BitTorrent, spec: AddTorrent) {
    this.engine = engine;
    this.spec = spec;
    this.infoHash = spec.infoHash;
    this.infoHashHex = hexOf(spec.infoHash);
    this.metainfo = spec.metainfo;
    this.infoHashes = new InfoHashes(spec.infoHash, spec.infoHashV2 ?? null);
    if (spec.metainfo !== null) this.infoHashes.learn(spec.metainfo);
    if (spec.paused) this.pausedBy.add('asked');
    this.uploadLimiter = new RateLimiter(spec.uploadRateMax, engine.uploadLimiter);
    this.downloadLimiter = new RateLimiter(spec.downloadRateMax, engine.downloadLimiter);
    this.swarm = new Swarm(engine, this);
    this.extensions = new Extensions(this);
    this.hashExchange = new HashExchange(this);
    this.content = new TorrentContent(this);
    this.showcase = new Showcase(this);
    this.webSeeds = new WebSeeds(this);
    this.streams = new Streams(this);
    this.sources = new PeerSources(this);
  }

  now(): number {
    return this.engine.host.now();
  }

  get isPrivate(): boolean {
    return this.metainfo?.private === true;
  }

  /** All wanted files are there. */
  get isComplete(): boolean {
    return this.complete;
  }

  /** Connections make sense now: not while checking, paused or failed. */
  get acceptsPeers(): boolean {
    return this.state === 'metadata' || this.state === 'downloading' || this.state === 'seeding';
  }

  get connections(): Iterable<PeerConnection> {
    return this.swarm.connections;
  }

  // ---- life ----------------------------------------------------------------------------------------------------------------

  /** The engine runs: begin. */
  start(): void {
    if (this.paused) this.setState('paused');
    else if (this.metainfo === null) this.meetPeers('metadata');
    else this.openOrFetchLayers(this.metainfo);
  }

  private setState(state: TorrentState): void {
    if (this.state === state) return;
    this.state = state;
    this.spec.observer.onTorrentState(this.infoHashHex, state);
  }

  /** Goes to a state in which there are peers, and looks for them. */
  private meetPeers(state: 'metadata' | 'downloading' | 'seeding'): void {
    this.setState(state);
    this.sources.start();
    this.swarm.dial();
  }

  /** The info dictionary has come from peers. */
  adoptMetainfo(metainfo: Metainfo): void {
    this.metainfo = metainfo;
    if (metainfo.private) this.swarm.becomePrivate();
    this.engine.host.tap(BitTorrentEvent.metadataDone, metainfo.infoBytes.length, 0, 0);
    this.spec.observer.onTorrentMetadata(this.infoHashHex, metainfo);
    this.learnHashes(metainfo);
    for (const connection of [...this.connections]) connection.adoptEarlyBits(metainfo.pieceCount);
    this.openOrFetchLayers(metainfo);
  }

  private learnHashes(metainfo: Metainfo): void {
    this.infoHashes.learn(metainfo);
    this.engine.learnHashes(this);
    this.sources.announcer.setHashes(this.infoHashes.onWire);
  }

  /** BitTorrent v2 keeps the hashes of pieces outside the info dictionary: without them nothing on disk could be checked (BEP 52). */
  private openOrFetchLayers(metainfo: Metainfo): void {
    if (metainfo.v2 === null || metainfo.v2.pieceRoots !== null) return this.openStore(metainfo);
    this.meetPeers('metadata');
    this.hashExchange.fetchLayers(metainfo.v2);
  }

  /** The hashes of all pieces have come from peers; or it goes on by its v1 half, and is known by that alone. */
  openWith(v2: MetainfoV2 | null): void {
    const metainfo = { ...(this.metainfo as Metainfo), v2 };
    this.metainfo = metainfo;
    this.learnHashes(metainfo);
    this.openStore(metainfo);
  }

  private openStore(metainfo: Metainfo): void {
    this.setState('checking');
    this.content.open(metainfo);
  }

  onContentReady(exchange: Exchange, metainfo: Metainfo): void {
    this.exchange = exchange;
    this.hashExchange.serve(metainfo, exchange.store);
    if (this.paused) return this.setState('paused');
    this.exchangeWithPeers(exchange);
  }

  /** The content is open: peers met while the metadata was fetched learn what we have, the others are sought. */
  private exchangeWithPeers(exchange: Exchange): void {
    this.complete = exchange.finished;
    for (const connection of [...this.connections]) {
      this.showcase.sayAllHaves(connection);
      if (connection.have !== null) exchange.downloader.peerJoined(connection);
    }
    this.meetPeers(this.complete ? 'seeding' : 'downloading');
    if (this.complete) this.spec.observer.onTorrentComplete(this.infoHashHex);
    this.streams.onOpened();
    for (const connection of [...this.connections]) exchange.downloader.fill(connection);
    if (!this.complete) this.webSeeds.start(exchange);
  }

  private get paused(): boolean {
    return this.pausedBy.size > 0;
  }

  /** Nothing but want of room, or of peers, keeps it from loading and sharing. */
  get isActive(): boolean {
    return !this.paused && this.state !== 'failed' && this.state !== 'stopped';
  }

  pause(reason: PauseReason = 'asked'): void {
    const before = this.paused;
    this.pausedBy.add(reason);
    if (before) return;
    this.partPeers('paused');
    // A store that is still checking goes on; `onContentReady` sees that we are paused.
    if (this.state !== 'checking' && this.state !== 'failed') this.setState('paused');
  }

  /** Goes on unless there is another reason not to. */
  resume(reason: PauseReason = 'asked'): void {
    if (!this.pausedBy.delete(reason) || this.paused) return;
    if (this.state === 'checking' || this.state === 'failed') return;
    if (this.exchange !== null) this.exchangeWithPeers(this.exchange);
    else this.start();
  }

  /** Hashes again all that is on disk. */
  verifyAgain(): void {
    if (this.exchange === null) return;
    this.partPeers('checking');
    // Pieces whose hash is being computed are looked at again with all others.
    this.exchange.activeDownloader?.stop();
    this.exchange = null;
    this.setState('checking');
    this.content.recheck();
  }

  stop(): void {
    this.partPeers('stopping');
    this.streams.fail();
    this.exchange?.activeDownloader?.stop();
    if (!this.content.close()) this.setState('stopped');
  }

  private partPeers(detail: string): void {
    this.sources.stop();
    this.webSeeds.stop();
    this.swarm.hangUpAll(detail);
  }

  /** The disk, or the metainfo, is such that it cannot go on. */
  fail(failure: StoreFailure): void {
    this.failure = failure;
    this.engine.host.tap(BitTorrentEvent.storeFailed, this.content.store?.have.count ?? 0, 0, 0);
    this.partPeers(failure.message);
    this.exchange?.activeDownloader?.stop();
    this.setState('failed');
    this.streams.fail();
    this.spec.observer.onTorrentFailed(this.infoHashHex, failure);
  }

  onContentClosed(): void {
    this.setState('stopped');
  }

  // ---- downloader events ---------------------------------------------------------------------------------------------------

  onDiskBehind(): void {
    this.content.fellBehind();
  }

  onPieceVerified(piece: number): void {
    this.spec.observer.onTorrentPiece(this.infoHashHex, piece);
    this.streams.onPiece();
    for (const connection of this.connections) connection.say({ id: PeerMessageId.have, piece });
    const { downloader } = this.exchange as Exchange;
    // The last piece of a paused torrent changes nothing before it is resumed.
    if (!this.complete && !this.paused && downloader.picker.finished) this.becomeComplete();
  }

  private becomeComplete(): void {
    this.complete = true;
    this.engine.host.tap(BitTorrentEvent.completed, this.content.store?.have.count ?? 0, 0, 0);
    this.setState('seeding');
    this.webSeeds.stop();
    this.sources.announcer.announce('completed');
    for (const connection of [...this.connections]) {
      connection.setInterested(false);
      this.extensions.sayAgain(connection);
      // Two that both want nothing have nothing to say to each other.
      if (connection.uploadOnly) connection.hangUp('both complete');
    }
    this.spec.observer.onTorrentComplete(this.infoHashHex);
  }

  /** Priorities from 0 (not wanted) to 7 by file index, from now on; see `TorrentContent`. */
  setFilePriorities(changes: ReadonlyMap<number, number>): void {
    this.content.setFilePriorities(changes);
    const { exchange } = this;
    // Else it is seen when peers are met again.
    if (exchange === null || !this.acceptsPeers || exchange.finished === this.complete) return;
    if (!this.complete) this.becomeComplete();
    else this.wantMore(exchange);
  }

  /** More files are wanted than those that are here. */
  private wantMore(exchange: Exchange): void {
    this.complete = false;
    this.setState('downloading');
    for (const connection of [...this.connections]) this.extensions.sayAgain(connection);
    this.swarm.candidates.wantedAgain(this.now());
    this.sources.announcer.needPeers();
    this.swarm.dial();
    this.webSeeds.start(exchange);
  }

  findBadBlocks(piece: number, blame: Blame): boolean {
    return this.hashExchange.blame(piece, blame);
  }

  onPoisoner(slot: number, detail: string): void {
    if (!this.webSeeds.ban(slot, detail)) this.swarm.ban(slot, detail);
  }

  onThrottled(waitMs: number): void {
    this.engine.onDownloadThrottled(waitMs);
  }

  // ---- connection events ---------------------------------------------------------------------------------------------------

  onHandshaken(connection: PeerConnection): void {
    if (!this.swarm.admit(connection)) return;
    if (connection.incoming) connection.sayHandshake(this.infoHashes.greeting(connection.speaksV2), this.engine.peerId);
    this.content.holdIfBehind(connection);
    this.showcase.sayBits(connection);
    if (connection.supportsExtensions) this.extensions.sayHandshake(connection);
    if (connection.have === null && this.metainfo !== null) connection.adoptEarlyBits(this.metainfo.pieceCount);
    // A peer that says nothing about its pieces has none (BEP 3), and is counted as such until it speaks.
    if (connection.have !== null) this.exchange?.downloader.peerJoined(connection);
    if (connection.supportsFast) this.swarm.serving.grantFast(connection);
    this.hashExchange.joined(connection);
    const { dhtPort } = this.engine;
    if (dhtPort !== null && connection.supportsDht) connection.say({ id: PeerMessageId.port, port: dhtPort });
  }

  onGone(connection: PeerConnection, reason: CloseReason, detail: string): void {
    if (this.swarm.release(connection, reason)) {
      this.extensions.gone(connection);
      this.hashExchange.gone(connection);
      this.exchange?.activeDownloader?.peerGone(connection);
      this.engine.uploader.gone(connection);
      this.showcase.gone(connection);
      this.swarm.interestChanged();
    }
    this.spec.observer.onTorrentPeerGone(this.infoHashHex, connection.endpoint, reason, detail);
    // A download replaces its peer at once, a seed at its next tick: most candidates of a seed have everything by now.
    if (!this.complete) this.swarm.dial();
  }

  onPeerBits(connection: PeerConnection): void {
    this.exchange?.downloader.peerJoined(connection);
    this.partIfBothComplete(connection);
    this.showcase.feed(connection);
  }

  onPeerHas(connection: PeerConnection, piece: number): void {
    this.exchange?.downloader.peerHas(connection, piece);
    this.showcase.peerHas(connection, piece);
    this.partIfBothComplete(connection);
  }

  private partIfBothComplete(connection: PeerConnection): void {
    if (!this.complete || !connection.isSeed || connection.closed) return;
    if (connection.have?.full === true) this.spec.observer.onTorrentPeerComplete(this.infoHashHex, connection.endpoint);
    this.showcase.peerIsSeed();
    connection.hangUp('both complete');
  }

  onPeerLost(connection: PeerConnection, piece: number): void {
    const have = connection.have;
    if (have === null || piece >= have.length) return;
    const wasSeed = have.full;
    if (have.delete(piece)) this.exchange?.downloader.peerLost(connection, piece, wasSeed);
  }

  onUnchoked(connection: PeerConnection): void {
    this.engine.host.tap(BitTorrentEvent.unchoked, connection.slot, 0, 0);
    this.exchange?.downloader.fill(connection);
  }

  onChoked(connection: PeerConnection): void {
    this.engine.host.tap(BitTorrentEvent.choked, connection.slot, 0, 0);
    this.exchange?.downloader.choked(connection);
  }

  onPeerInterest(connection: PeerConnection): void {
    this.swarm.interestChanged();
    this.showcase.feed(connection);
  }

  onRequest(connection: PeerConnection, piece: number, begin: number, length: number): void {
    this.engine.uploader.request(this, connection, piece, begin, length);
  }

  onCancel(connection: PeerConnection, piece: number, begin: number, length: number): void {
    this.engine.uploader.cancel(connection, piece, begin, length);
  }

  onRejected(connection: PeerConnection, piece: number, begin: number): void {
    this.exchange?.downloader.rejected(connection, piece, Math.floor(begin / BLOCK_BYTES));
  }

  onAllowedFast(connection: PeerConnection, piece: number): void {
    this.exchange?.downloader.allowFast(connection, piece);
  }

  onSuggested(connection: PeerConnection, piece: number): void {
    this.exchange?.downloader.suggest(connection, piece);
  }

  onExtended(connection: PeerConnection, extension: number, payload: Uint8Array): void {
    this.extensions.receive(connection, extension, payload);
  }

  onBlockSlice(connection: PeerConnection, head: PieceHead, body: Body, offset: number): void {
    this.traffic.came(body.length, this.now());
    this.exchange?.downloader.slice(connection, head, body, offset);
  }

  onRoom(connection: PeerConnection): void {
    this.engine.uploader.pump(this, connection);
  }

  onUploaded(bytes: number): void {
    this.traffic.went(bytes, this.now());
  }

  // ---- who finds peers -------------------------------------------------------------------------------------------------------

  counters(): { uploaded: number; downloaded: number; left: number; partialSeed: boolean } {
    // Without the metadata nobody knows how much is left; 0 would make us a seed.
    const left = this.metainfo === null ? 1 : geometryOf(this.metainfo).contentBytes - this.haveBytes();
    const partialSeed = this.complete && left > 0;
    return { uploaded: this.traffic.uploadedBytes, downloaded: this.traffic.downloadedBytes, left, partialSeed };
  }

  /** BEP 5: the peer has a DHT node beside it. */
  onDhtPort({ endpoint }: PeerConnection, port: number): void {
    if (port !== 0) this.engine.peerFinder?.addNode(withPort(endpoint, port));
  }

  // ---- time, settings, status ----------------------------------------------------------------------------------------------

  tick(now: number): void {
    this.sources.tick(now);
    if (!this.acceptsPeers) return;
    this.extensions.tick(now);
    this.hashExchange.tick(now);
    this.exchange?.activeDownloader?.tick(now);
    this.swarm.tick(now);
    this.streams.tick();
    this.webSeeds.tick(now);
    this.showcase.tick(now);
  }

  /** Bytes per second; 0 is no limit. */
  setLimits(uploadRateMax: number, downloadRateMax: number): void {
    this.uploadLimiter.setRate(uploadRateMax, this.now());
    this.downloadLimiter.setRate(downloadRateMax, this.now());
    this.engine.uploader.pumpWaiting();
    this.exchange?.activeDownloader?.fillAll();
  }

  dial(endpoint: Endpoint): void {
    if (endpointPort(endpoint) !== 0) this.swarm.offer([endpoint], 'manual');
  }

  /** Verified bytes. */
  haveBytes(): number {
    const { exchange } = this;
    return exchange === null || exchange.store.have.count === 0 ? 0 : exchange.geometry.bytesOfAll(exchange.store.have);
  }

  status(): TorrentStatus {
    return statusOf(this);
  }

  addTo(totals: TorrentTotals, now: number): void {
    totals.torrents++;
    totals.peers += this.swarm.size;
    this.traffic.addTo(totals, now);
  }

  peers(): PeerStatus[] {
    return [...this.swarm.peerStatuses(), ...this.webSeeds.peerStatuses()];
  }
}
