/**
 * The peers of one torrent: whom to dial (BEP 40), whom to admit, whom to serve (BEP 3's choker), and when to let go. Owns the
 * connections by slot and the candidates; what is exchanged with them is the torrent's business.
 */

import { equalBytes, compareBytes, latin1 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES, endpointIp, isLoopback, withPort } from '../../core/endpoint.ts';
import { BitTorrentEvent, CLOSE_REASONS } from '../../core/events.ts';
import type { CloseReason, Endpoint } from '../../core/host.ts';
import type { BitTorrent } from './bittorrent.ts';
import { HANDSHAKE_TIMEOUT_MS } from './bittorrent.ts';
import type { CandidateSource } from './candidate.ts';
import { Candidates, CANDIDATES_MAX, PRIVATE_SOURCES } from './candidates.ts';
import { type DialHints, type DialWay, DialWays, INTRODUCED } from './dial-ways.ts';
import { EncryptedDial } from './encrypted-dial.ts';
import { providedBy } from './encryption-policy.ts';
import type { IntroducedDialler } from './hole-punching.ts';
import { leastUseful } from './least-useful.ts';
import { PeerConnection } from './peer-connection.ts';
import { peerWire } from './peer-framing.ts';
import { PeerMessageId } from './peer-messages.ts';
import { peerStatus } from './peer-status.ts';
import { Serving } from './serving.ts';
import type { Torrent } from './torrent.ts';
import type { PeerStatus } from './torrent-status.ts';

/** BEP 3: a keep-alive when nothing was said for two minutes. We hang up after twice that. */
const KEEP_ALIVE_MS = 110_000;
const SILENCE_MS_MAX = 240_000;
/** Connections from one address, unless it is a loopback address or the options allow more. */
const CONNECTIONS_PER_ADDRESS_MAX = 3;
/**
 * The part of a torrent's connections that we dial ourselves. The rest is for those who dial us: in a crowd where everybody dials
 * until it is full, newcomers find no place and everybody meets closed doors all the time (BEP 40, "barrier of entry").
 */
const DIALLED_SHARE = 0.6;
/** Who wants nothing more looks for takers without haste: most of those it knows have everything too. */
const OPENING_MAX_COMPLETE = 2;
/** A connection has so long to begin with something, before it has to give way to one of higher priority. */
const PROVING_MS = 30_000;
/** Peers that sent us something and have left, remembered in case it turns out to be bad; the oldest are forgotten. */
const DEPARTED_MAX = 1000;
/** With fewer peers than this and nobody left to dial, the trackers are asked for more as soon as they allow it. */
const HUNGRY_BELOW = 10;

export class Swarm implements IntroducedDialler {
  readonly candidates: Candidates;
  /** Who of them is served. */
  readonly serving: Serving;
  /** By slot. Slots are never given out twice: smart ban speaks of peers that may have left. */
  private readonly bySlot = new Map<number, PeerConnection>();
  /** Dialled and not yet through the handshake. */
  private readonly opening = new Set<PeerConnection>();
  private readonly namedByV2 = new Set<string>();
  /** By slot: where senders were that have left. */
  private readonly departed = new Map<number, Endpoint>();
  private readonly engine: BitTorrent;
  private readonly torrent: Torrent;
  /** Of this torrent; 0: as many as the engine lets each have. */
  private ownConnectionsMax = 0;
  private nextSlot = 0;

  constructor(engine: BitTorrent, torrent: Torrent) {
    this.engine = engine;
    this.torrent = torrent;
    this.candidates = new Candidates(
      engine.host.random,
      (other) => engine.selfSeenFrom(other),
      (endpoint) => engine.ipFilter.blocks(endpoint),
    );
    this.serving = new Serving(engine, torrent);
  }

  /** Connections through the handshake. */
  get connections(): Iterable<PeerConnection> {
    return this.bySlot.values();
  }

  get size(): number {
    return this.bySlot.size;
  }

  // ---- limits --------------------------------------------------------------------------------------------------------------

  get connectionsMax(): number {
    return this.ownConnectionsMax === 0 ? this.engine.connectionsPerTorrentMax : this.ownConnectionsMax;
  }

  /** 0: as many as the engine lets each torrent have. Surplus connections are parted from at once. */
  setConnectionsMax(max: number): void {
    this.ownConnectionsMax = max;
    this.keepToLimit();
  }

  /** After a limit has changed: parts from those that are too many, dials if there is room. */
  keepToLimit(): void {
    while (this.bySlot.size > this.connectionsMax) this.dropLeast();
    this.dial();
  }

  dropLeast(): void {
    leastUseful(this.bySlot.values(), this.candidates, this.engine.host.now())?.hangUp('fewer connections are allowed now');
  }

  /** Others are blocked now than before. */
  keepToFilter(): void {
    this.candidates.forgetBlocked();
    for (const connection of [...this.opening, ...this.bySlot.values()]) {
      if (this.engine.ipFilter.blocks(connection.endpoint)) connection.hangUp('blocked by the IP filter');
    }
  }

  // ---- dialling ------------------------------------------------------------------------------------------------------------

  /** Peers that somebody named; dialled as far as the limits allow. */
  offer(endpoints: readonly Endpoint[], source: CandidateSource): void {
    const now = this.engine.host.now();
    for (const endpoint of endpoints) this.candidates.add(endpoint, source, now);
    this.dial();
  }

  dial(): void {
    const now = this.engine.host.now();
    const enough = Math.ceil(this.connectionsMax * DIALLED_SHARE);
    const openingMax = this.torrent.isComplete ? OPENING_MAX_COMPLETE : enough;
    while (this.engine.mayDial && this.torrent.acceptsPeers && this.opening.size < openingMax) {
      if (this.bySlot.size + this.opening.size >= enough) return;
      const endpoint = this.candidates.next(now);
      if (endpoint === null) return;
      if (!this.connect(endpoint, this.waysTo(endpoint, this.candidates.hintsTo(endpoint)))) this.candidates.failed(endpoint, now);
    }
  }

  /**
   * Both sides dial in this moment (BEP 55): over µTP that opens the way through most routers, over TCP, where that is all that is in
   * use, it helps where one of the two can be reached.
   */
  dialIntroduced(endpoint: Endpoint): boolean {
    if (!this.torrent.acceptsPeers || !this.engine.mayDial || this.bySlot.size >= this.connectionsMax) return false;
    const now = this.engine.host.now();
    if (!this.candidates.takeIntroduced(endpoint, now)) return false;
    if (this.connect(endpoint, this.waysTo(endpoint, INTRODUCED), true)) return true;
    this.candidates.failed(endpoint, now);
    return false;
  }

  private waysTo(endpoint: Endpoint, hints: DialHints): DialWays {
    const { transports, encryption } = this.engine;
    return new DialWays(transports.reaching(endpoint), encryption, hints);
  }

  /** Tries the next way to a peer; false when there is none left. */
  private connect(endpoint: Endpoint, ways: DialWays, introduced = false): boolean {
    const way = ways.next();
    if (way === null) return false;
    const { host } = this.engine;
    const connection = new PeerConnection(this.engine, this.torrent, host.peer(endpoint), endpoint, false, host.now());
    connection.sources = this.candidates.sourcesOf(endpoint);
    connection.holePunched = introduced;
    this.begin(connection);
    connection.ways = ways;
    connection.transport = way.transport;
    if (way.encrypted) this.connectEncrypted(connection, way);
    else this.connectPlainly(connection, way);
    return true;
  }

  /** It is open or opening, and has so long for its handshake. */
  begin(connection: PeerConnection): void {
    this.opening.add(connection);
    this.engine.connectionCount++;
    this.engine.halfOpenCount++;
  }

  private connectPlainly(connection: PeerConnection, way: DialWay): void {
    const { transports, peerId } = this.engine;
    connection.stream = transports.connect(connection.peer, way.transport, peerWire, connection);
    // Said before the stream is open: it leaves with the first packet.
    connection.sayHandshake(this.greetingTo(connection), peerId);
  }

  private connectEncrypted(connection: PeerConnection, way: DialWay): void {
    const { host, transports, encryption, peerId } = this.engine;
    const infoHash = this.greetingTo(connection);
    const terms = { privateKey: this.engine.newPrivateKey(), infoHash, peerId, provided: providedBy(encryption) };
    const dial = new EncryptedDial(connection, host.random, terms);
    connection.stream = transports.connect(connection.peer, way.transport, dial.framing, dial);
    dial.begin();
  }

  /** The info-hash by which the peer is likely to know the torrent. */
  private greetingTo({ endpoint }: PeerConnection): Uint8Array {
    return this.torrent.infoHashes.greeting(this.namedByV2.has(latin1(endpoint)));
  }

  /** Peers of a hybrid that somebody named by the info-hash of v2: some of them may know no other (BEP 52). */
  rememberV2(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) this.namedByV2.add(latin1(endpoint));
    for (const oldest of this.namedByV2) {
      if (this.namedByV2.size <= CANDIDATES_MAX) return;
      this.namedByV2.delete(oldest);
    }
  }

  // ---- admission -----------------------------------------------------------------------------------------------------------

  /** The handshake is done. Gives the connection its slot, or hangs up and answers false. */
  admit(connection: PeerConnection): boolean {
    const peerId = connection.peerId as Uint8Array;
    if (equalBytes(peerId, this.engine.peerId)) {
      this.meetSelf(connection);
      return false;
    }
    if (this.candidates.isBanned(connection.endpoint)) {
      connection.hangUp('banned');
      return false;
    }
    for (const other of this.bySlot.values()) {
      if (!equalBytes(peerId, other.peerId as Uint8Array)) continue;
      if (!this.prefers(connection, other)) {
        connection.hangUp('second connection of the same peer');
        return false;
      }
      other.hangUp('replaced by a second connection of the same peer');
      break;
    }
    if (!this.hasRoomFor(connection)) {
      connection.hangUp('too many connections');
      return false;
    }
    this.leaveOpening(connection);
    connection.slot = this.takeSlot();
    this.bySlot.set(connection.slot, connection);
    if (!connection.incoming && !connection.introduced) this.candidates.connected(connection.endpoint, connection.way);
    this.engine.host.tap(BitTorrentEvent.peerJoined, connection.slot, connection.incoming ? 1 : 0, 0);
    return true;
  }

  /**
   * Only the side that has dialled knows by which address: the other answers, so that it learns whom it has met, and waits for the
   * end like a dial of our own for its handshake.
   */
  private meetSelf(connection: PeerConnection): void {
    if (connection.incoming) {
      this.opening.add(connection);
      this.engine.halfOpenCount++;
      connection.sayHandshake(this.torrent.infoHash, this.engine.peerId);
      return;
    }
    this.candidates.markSelf(connection.endpoint);
    connection.hangUp('connected to ourselves');
  }

  /**
   * Two that dial each other at once get two connections; both sides must keep the same one: the one opened by the larger peer id.
   * Two in the same direction: the older stays. An id proves nothing: from another address it keeps nobody out.
   */
  private prefers(newcomer: PeerConnection, older: PeerConnection): boolean {
    // WebRTC costs several times the CPU time: it is for those who have no other way.
    if (newcomer.introduced !== older.introduced) return older.introduced;
    const elsewhere = endpointIp(newcomer.endpoint) !== endpointIp(older.endpoint);
    if (elsewhere && older.up.total + older.down.total === 0) return true;
    if (newcomer.incoming === older.incoming) return false;
    const weAreLarger = compareBytes(this.engine.peerId, newcomer.peerId as Uint8Array) > 0;
    return newcomer.incoming !== weAreLarger;
  }

  private hasRoomFor(connection: PeerConnection): boolean {
    if (!this.mayHaveAnother(connection)) return false;
    return this.bySlot.size < this.connectionsMax || this.makeRoomFor(connection);
  }

  private mayHaveAnother({ incoming, endpoint }: PeerConnection): boolean {
    if (!incoming || this.engine.options.allowManyPerAddress || isLoopback(endpoint)) return true;
    const ip = endpointIp(endpoint);
    let same = 0;
    for (const other of this.bySlot.values()) if (endpointIp(other.endpoint) === ip) same++;
    return same < CONNECTIONS_PER_ADDRESS_MAX;
  }

  /**
   * BEP 40: of a full torrent's connections the one of lowest priority gives way to a better one, so that who comes late finds a place,
   * and who comes often has none the more. Connections over which something passes stay.
   */
  private makeRoomFor(newcomer: PeerConnection): boolean {
    const now = this.engine.host.now();
    let lowest: PeerConnection | null = null;
    let lowestRank = this.candidates.rankOf(newcomer.endpoint);
    for (const connection of this.bySlot.values()) {
      if (now - connection.openedAtMs < PROVING_MS || connection.down.rate(now) + connection.up.rate(now) > 0) continue;
      const rank = this.candidates.rankOf(connection.endpoint);
      if (rank < lowestRank) [lowest, lowestRank] = [connection, rank];
    }
    lowest?.hangUp('gave way to a peer of higher priority');
    return lowest !== null;
  }

  /** A connection is over, whether it had been admitted or not. True when it had. */
  release(connection: PeerConnection, reason: CloseReason): boolean {
    const now = this.engine.host.now();
    this.leaveOpening(connection);
    this.engine.connectionCount--;
    if (this.dialsOn(connection, reason)) return false;
    const admitted = this.bySlot.delete(connection.slot);
    if (admitted) this.engine.host.tap(BitTorrentEvent.peerLeft, connection.slot, CLOSE_REASONS.indexOf(reason), 0);
    const { dialable } = connection;
    // Two seeds, or two connections of one pair, would otherwise meet again and again for nothing.
    const useful = connection.up.total + connection.down.total > 0;
    if (admitted && connection.down.total > 0) this.rememberSender(connection);
    if (dialable !== null && this.torrent.isComplete && connection.uploadOnly) this.candidates.satisfied(dialable, now);
    else if (dialable !== null && useful) this.candidates.closed(dialable, now, this.bySlot.size === 0 && !this.torrent.isComplete);
    else if (dialable !== null) {
      if (!connection.incoming && !connection.opened && !connection.holePunched) this.askForIntroduction(dialable, now);
      this.candidates.failed(dialable, now);
    }
    return admitted;
  }

  /**
   * Nobody answered, or whoever did hung up or stayed mute instead of shaking hands: libtorrent without TCP accepts and hangs up, and our
   * first bytes may not have been understood. The next way may lead there. False when none is left, or the dial was ended by us.
   */
  private dialsOn(connection: PeerConnection, reason: CloseReason): boolean {
    const { endpoint, ways, transport, opened, handshaken, unanswered, holePunched } = connection;
    if (ways === null || handshaken || (reason === 'local' && !unanswered)) return false;
    if (!opened && transport !== 'webrtc') ways.unreachable(transport);
    return this.engine.mayDial && this.torrent.acceptsPeers && this.connect(endpoint, ways, holePunched);
  }

  private askForIntroduction(endpoint: Endpoint, now: number): void {
    const relay = this.bySlot.get(this.candidates.introducerOf(endpoint)) ?? null;
    this.torrent.extensions.holePunching.dialFailed(endpoint, relay, now);
  }

  /** The torrent turned out to be private (BEP 27): whom hearsay has led us to is left. */
  becomePrivate(): void {
    this.candidates.forgetHearsay();
    for (const connection of [...this.bySlot.values(), ...this.opening]) {
      if (!connection.incoming && !connection.sources.some((source) => PRIVATE_SOURCES.has(source)))
        connection.hangUp('the torrent is private');
    }
  }

  private rememberSender(connection: PeerConnection): void {
    this.departed.set(connection.slot, connection.listener ?? connection.endpoint);
    if (this.departed.size <= DEPARTED_MAX) return;
    for (const oldest of this.departed.keys()) {
      this.departed.delete(oldest);
      return;
    }
  }

  private leaveOpening(connection: PeerConnection): void {
    if (this.opening.delete(connection)) this.engine.halfOpenCount--;
  }

  /** A number by which the picker and smart ban know a source: a peer, or a web seed. */
  takeSlot(): number {
    return this.nextSlot++;
  }

  connection(slot: number): PeerConnection | null {
    return this.bySlot.get(slot) ?? null;
  }

  /** An incoming peer has told its listening port: it need not be dialled as long as this connection lives. */
  learnListener(connection: PeerConnection, port: number): void {
    // Where a browser says it listens, nobody does.
    if (!connection.incoming || connection.introduced) return;
    const listener = withPort(connection.endpoint, port);
    connection.listener = listener;
    this.candidates.add(listener, 'incoming', this.engine.host.now());
    this.candidates.connected(listener);
    const sources = this.candidates.sourcesOf(listener);
    if (sources.length > 0) connection.sources = sources;
  }

  /** Proof of bad faith: the peer, which may have left meanwhile, is cut off and not dialled or admitted again. */
  ban(slot: number, detail: string): void {
    const connection = this.bySlot.get(slot);
    const endpoint = connection?.listener ?? connection?.endpoint ?? this.departed.get(slot);
    if (endpoint === undefined) return;
    this.engine.host.tap(BitTorrentEvent.peerBanned, slot, 0, 0);
    this.candidates.ban(endpoint);
    connection?.hangUp(detail);
  }

  hangUpAll(detail: string): void {
    for (const connection of [...this.opening, ...this.bySlot.values()]) connection.hangUp(detail);
  }

  /**
   * More peers would help: we are downloading and know nobody else to dial; or we have something to give, and whoever wants it waits in vain
   * at our router until we hear of him.
   */
  get isHungry(): boolean {
    if (this.candidates.size > 0) return false;
    if (!this.torrent.isComplete) return this.bySlot.size < HUNGRY_BELOW;
    return this.bySlot.size === 0 && this.engine.transports.isHidden(ENDPOINT_V4_BYTES);
  }

  // ---- choking -------------------------------------------------------------------------------------------------------------

  /** A peer has become interested, has lost interest or is gone: free slots are given at once, not at the next round. */
  interestChanged(): void {
    this.engine.fillSlotsSoon(this.torrent);
  }

  fillSlots(): void {
    this.serving.fillSlots();
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  tick(now: number): void {
    if (this.bySlot.size === 0 && this.opening.size === 0 && this.candidates.size === 0) return;
    for (const connection of [...this.opening]) {
      if (now - connection.openedAtMs <= HANDSHAKE_TIMEOUT_MS) continue;
      connection.hangUpUnanswered('no handshake');
    }
    for (const connection of [...this.bySlot.values()]) {
      if (now - connection.lastReceivedAtMs > SILENCE_MS_MAX) connection.hangUp('silent for four minutes');
      else if (now - connection.lastSentAtMs > KEEP_ALIVE_MS) connection.say({ id: PeerMessageId.keepAlive });
    }
    this.serving.tick(now);
    this.dial();
  }

  peerStatuses(): PeerStatus[] {
    const now = this.engine.host.now();
    return [...this.bySlot.values()].map((connection) => peerStatus(connection, now));
  }
}
