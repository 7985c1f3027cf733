/**
 * A Gnutella servent (0.4 and 0.6): a leaf, an ultrapeer or one of a flat network, which shares files and searches those of others. Composes the parts,
 * owns the neighbours, and hands each message to whose business it is.
 */

import { mayName } from '../../core/address-scope.ts';
import { ENDPOINT_V4_BYTES, isLoopback } from '../../core/endpoint.ts';
import { GnutellaEvent } from '../../core/events.ts';
import type { Endpoint, Host, Peer, Protocol, Stream, StreamAcceptor } from '../../core/host.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import type { Holder, Search, SearchListener } from '../../wire/search-hit.ts';
import { Admission } from './admission.ts';
import type { Answerer } from './answers.ts';
import { ByeCode } from './bye.ts';
import { Connector } from './connector.ts';
import { Datagrams } from './datagrams.ts';
import { DynamicQueries } from './dynamic-queries.ts';
import { ENOUGH } from './dynamic-query.ts';
import { GNUTELLA_DEFAULTS, type GnutellaOptions, type OtherStreams } from './gnutella-options.ts';
import { Greeting, type GreetingOwner, greetingFrames } from './greeting.ts';
import { type Guid, newGuid } from './guid.ts';
import { type Agreement, Handshake } from './handshake.ts';
import { GuessSearch } from './guess-search.ts';
import { GuessServer } from './guess-server.ts';
import { Horizons } from './horizons.ts';
import { HostCache } from './host-cache.ts';
import { addressOf } from '../../wire/endpoint-key.ts';
import { FLUSH_MS, Neighbour, type NeighbourOwner } from './neighbour.ts';
import { OutOfBand } from './out-of-band.ts';
import { OwnAddress } from '../../core/own-address.ts';
import { Packet, PacketType, packetCodec, read } from './packet.ts';
import { inflatedFraming } from '../../wire/inflated-framing.ts';
import { packetFrames } from './packet-frames.ts';
import { Pings } from './pings.ts';
import { Pushes } from './pushes.ts';
import { QueryRouter } from './query-router.ts';
import { type Role, Roles } from './roles.ts';
import { tableMessageCodec } from './route-table-message.ts';
import { type GnutellaQuery, type OwnSearch, Searches } from './searches.ts';
import { Tables } from './tables.ts';
import { TimerKind } from './timer-kinds.ts';
import { encodedVendor, MESSAGES_SUPPORTED, u16Data, VendorKind, type VendorMessage, vendorMessage } from './vendor-message.ts';
import { VendorMessages } from './vendor-messages.ts';
import { Walks } from './walks.ts';

/** Streams that have not said yet what they are. */
const GREETINGS_MAX = 256;
const GREETINGS_PER_ADDRESS_MAX = 16;
const SPEED_DEFAULT = 1_000;
const GUESS_HOSTS_MAX = 200;

interface GuessParts {
  readonly server: GuessServer;
  readonly search: GuessSearch;
  readonly hosts: HostCache;
}

export class GnutellaServent implements Protocol, StreamAcceptor<unknown, unknown>, NeighbourOwner, GreetingOwner {
  readonly host: Host;
  readonly options: GnutellaOptions;
  /** Our name, which hits carry and pushes ask for. */
  readonly guid: Guid;
  readonly hosts: HostCache;
  readonly neighbours = new Map<number, Neighbour>();
  readonly roles: Roles;
  readonly admission: Admission;
  readonly connector: Connector;
  readonly router: QueryRouter;
  readonly dynamicQueries: DynamicQueries;
  readonly walks: Walks;
  readonly searches: Searches;
  readonly tables: Tables;
  readonly pings: Pings;
  readonly pushes: Pushes;
  readonly outOfBand: OutOfBand;
  readonly datagrams: Datagrams;
  readonly horizons: Horizons;
  readonly startedAtMs: number;
  /** No place for another download now: said in hits. */
  isBusy = false;
  /** Kilobits a second, as told in hits. */
  speed = SPEED_DEFAULT;
  private guessParts: GuessParts | null = null;
  private readonly vendorMessages: VendorMessages;
  private readonly address: OwnAddress;
  private readonly greetings = new Set<Greeting>();
  private hasBeenDialled = false;
  private numbers = 0;
  private timer: Timer = NO_TIMER;
  private isStopped = false;

  constructor(host: Host, options: Partial<GnutellaOptions> = {}) {
    this.host = host;
    this.options = { ...GNUTELLA_DEFAULTS, ...options };
    this.guid = newGuid(host.random);
    this.startedAtMs = host.now();
    this.hosts = new HostCache(this.options.hostsMax);
    this.address = new OwnAddress(host);
    this.roles = new Roles(this);
    this.admission = new Admission(this);
    this.connector = new Connector(this);
    this.router = new QueryRouter(this);
    this.dynamicQueries = new DynamicQueries(this);
    this.walks = new Walks(this);
    this.searches = new Searches(this);
    this.tables = new Tables(this);
    this.pings = new Pings(this);
    this.pushes = new Pushes(this);
    this.outOfBand = new OutOfBand(this);
    this.datagrams = new Datagrams(this);
    this.horizons = new Horizons(this);
    this.vendorMessages = new VendorMessages(this);
  }

  // ---- what others call ------------------------------------------------------------------------------------------------------

  start(): void {
    const { host, options } = this;
    for (const endpoint of [...options.hosts, ...(options.hostStore?.load() ?? [])]) this.hosts.add(endpoint);
    if (options.listens) host.listen(greetingFrames, this);
    host.bind(packetCodec, { onDatagram: (from, packet) => this.datagrams.onDatagram(from, packet) });
    // Not all in the same moment, where many start together.
    this.timer = host.setTimer(host.random.unit() * options.tickMs, TimerKind.tick, 0);
  }

  stop(): void {
    if (this.isStopped) return;
    this.searches.stopAll();
    this.dynamicQueries.stopAll();
    this.isStopped = true;
    this.host.clearTimer(this.timer);
    if (this.options.hostStore !== null) this.connector.save(this.host.now());
    this.connector.stopAll();
    for (const greeting of this.greetings) greeting.reset();
    for (const neighbour of [...this.neighbours.values()]) neighbour.bye(ByeCode.exiting, 'shutting down');
  }

  /** Looks for files in the network; told of each holder once, until there are enough, all have been asked, or `searchMs` is over. */
  search(query: GnutellaQuery, listener: SearchListener): Search {
    return this.searches.start(query, listener);
  }

  /** Asks a holder who cannot be dialled to dial us (GIV); false: there is no way to him. */
  push(holder: Holder, index: number): boolean {
    return this.pushes.ask(holder, index);
  }

  /** Hosts from elsewhere: web caches, the command line. */
  addHosts(hosts: readonly Endpoint[]): void {
    for (const host of hosts) this.hosts.add(host);
  }

  /** Dials a servent now, whatever else is known. */
  connect(endpoint: Endpoint): void {
    this.hosts.add(endpoint);
    this.connector.dial(endpoint);
  }

  inspect(): unknown {
    const { leaves, links } = this.counts();
    const { router, role } = this;
    const [reach] = this.horizons.reach().slice(-1);
    return {
      role,
      leaves,
      links,
      hosts: this.hosts.size,
      files: this.options.files.count,
      searches: this.searches.size,
      dynamicQueries: this.dynamicQueries.size,
      queries: router.queriesSeen,
      duplicates: router.duplicates,
      hits: router.hitsPassed,
      reach: reach ?? null,
    };
  }

  // ---- what the parts share --------------------------------------------------------------------------------------------------

  get role(): Role {
    return this.roles.role;
  }

  /** Others may ask us by datagram (GUESS). */
  get servesGuess(): boolean {
    return this.options.usesGuess && this.role === 'ultrapeer';
  }

  /** We have asked others so. */
  get isGuessing(): boolean {
    return this.guessParts !== null;
  }

  get guessServer(): GuessServer {
    return this.guess.server;
  }

  get guessSearch(): GuessSearch {
    return this.guess.search;
  }

  /** Ultrapeers that can be asked by datagram. */
  get guessHosts(): HostCache {
    return this.guess.hosts;
  }

  /** Made when it is used: of a hundred thousand simulated servents most have no use for it. */
  private get guess(): GuessParts {
    this.guessParts ??= { server: new GuessServer(this), search: new GuessSearch(this), hosts: new HostCache(GUESS_HOSTS_MAX) };
    return this.guessParts;
  }

  get otherStreams(): OtherStreams | null {
    return this.options.otherStreams;
  }

  get messagesPerSecond(): number {
    return this.options.messagesPerSecond;
  }

  get messagesAtOnce(): number {
    return this.options.messagesAtOnce;
  }

  get queuedPacketsMax(): number {
    return this.options.queuedPacketsMax;
  }

  now(): number {
    return this.host.now();
  }

  /** Nobody has dialled us, and nobody has said that he can. */
  get isFirewalled(): boolean {
    if (!(this.options.isReachable ?? this.hasBeenDialled)) return true;
    // To a port of this machine alone nobody else comes.
    const own = this.ownEndpoint();
    return own !== null && isLoopback(own) && [...this.neighbours.values()].some(({ endpoint }) => !isLoopback(endpoint));
  }

  /** Where we can be dialled, as far as we know. */
  ownEndpoint(): Endpoint | null {
    return this.address.endpoint;
  }

  /** Leaves, and those who are none. */
  counts(): { readonly leaves: number; readonly links: number } {
    let leaves = 0;
    for (const { kind } of this.neighbours.values()) if (kind === 'leaf') leaves++;
    return { leaves, links: this.neighbours.size - leaves };
  }

  /** Whether that endpoint means the same to him as to us; if it does not, he is not told of it, and not believed. */
  mayTell(peer: Endpoint, endpoint: Endpoint): boolean {
    return mayName(peer, endpoint);
  }

  addHost(from: Endpoint, endpoint: Endpoint): void {
    if (this.mayTell(from, endpoint)) this.hosts.add(endpoint);
  }

  sendDatagram(endpoint: Endpoint, packet: Packet): void {
    if (this.host.self.datagram !== null) this.host.send(this.host.peer(endpoint), packetCodec, packet);
  }

  sendVendor(to: Neighbour, message: VendorMessage, guid: Guid): void {
    if (to.hasVendorMessages) to.send(new Packet(guid, PacketType.vendor, 1, 0, encodedVendor(message)));
  }

  /** How we appear in hits, here and in answers to "browse host". */
  answerer(): Answerer {
    const { options } = this;
    const proxies: Endpoint[] = [];
    for (const { proxy } of this.neighbours.values()) if (proxy !== null) proxies.push(proxy);
    return {
      endpoint: this.ownEndpoint() ?? new Uint8Array(6),
      servent: this.guid,
      vendor: options.vendor,
      isFirewalled: this.isFirewalled,
      proxies,
      speed: this.speed,
      isBusy: this.isBusy,
    };
  }

  /** An ultrapeer that searches for us wants to know how much has come (BEAR/11). */
  answerHitsQuestion(to: Neighbour, guid: Guid, search: OwnSearch | null): void {
    const count = search === null || search.isEnough ? ENOUGH : search.hits;
    this.sendVendor(to, vendorMessage(VendorKind.hitsSoFar, 1, u16Data(count)), guid);
  }

  flushLater(neighbour: Neighbour): void {
    this.host.setTimer(FLUSH_MS, TimerKind.flush, neighbour.number);
  }

  // ---- events ----------------------------------------------------------------------------------------------------------------

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case TimerKind.tick:
        return this.tick();
      case TimerKind.flush:
        this.neighbours.get(arg)?.flush();
        return;
      case TimerKind.dynamicQuery:
        return this.dynamicQueries.onTimer(arg);
      case TimerKind.searchEnd:
        return this.searches.onTimer(arg);
      case TimerKind.guessStep:
        return this.guessSearch.onStep(arg);
      case TimerKind.searchLook:
        return this.searches.onLook(arg);
      default:
        throw new Error(`a timer of a known kind expected, got ${kind}`);
    }
  }

  onConnection(peer: Peer): Greeting | null {
    const from = this.host.endpoint(peer);
    let same = 0;
    for (const greeting of this.greetings) if (addressOf(greeting.peer) === addressOf(from)) same++;
    const tooMany = same >= GREETINGS_PER_ADDRESS_MAX && !isLoopback(from);
    if (this.isStopped || this.greetings.size >= GREETINGS_MAX || tooMany) return null;
    this.hasBeenDialled = true;
    const greeting = new Greeting(this, from, this.host.now());
    this.greetings.add(greeting);
    return greeting;
  }

  onGreetingEnd(greeting: Greeting): void {
    this.greetings.delete(greeting);
  }

  handshakeFor(stream: Stream): Handshake | null {
    const from = this.host.endpoint(stream.peer);
    // The network has IPv4 alone: nobody else could be told of.
    if (this.isStopped || this.connector.size >= GREETINGS_MAX || from.length !== ENDPOINT_V4_BYTES) return null;
    if (this.connector.incomingFrom(from) >= GREETINGS_PER_ADDRESS_MAX && !isLoopback(from)) return null;
    const handshake = new Handshake(this.admission, from, true, this.host.now());
    this.connector.watch(handshake);
    return handshake;
  }

  onAgreed(handshake: Handshake, { kind, capabilities, deflatesToUs, deflatesFromUs }: Agreement): void {
    const { options } = this;
    const { compression } = options;
    this.connector.onDone(handshake);
    const { stream } = handshake;
    if (!handshake.isIncoming && capabilities.seenAt !== null) this.address.onSeen(handshake.peer, capabilities.seenAt);
    stream.queueBytesMax = options.queueBytesMax;
    const deflater = deflatesFromUs && compression !== null ? compression.deflater() : null;
    const hasTable =
      options.usesRouteTables && (kind === 'leaf' ? capabilities.hasRouteTable : kind === 'ultrapeer' && this.role === 'ultrapeer');
    const neighbour = new Neighbour(this, ++this.numbers, stream, handshake.peer, kind, capabilities, deflater, hasTable);
    this.neighbours.set(neighbour.number, neighbour);
    stream.upgrade(deflatesToUs && compression !== null ? inflatedFraming(packetFrames, compression) : packetFrames, neighbour);
    if (neighbour.listening !== null && kind !== 'leaf') this.addHost(handshake.peer, neighbour.listening);
    this.roles.onNeighbour();
    this.host.tap(GnutellaEvent.neighbour, 1, neighbour.number, this.neighbours.size);
    this.sendVendor(neighbour, MESSAGES_SUPPORTED, newGuid(this.host.random));
    this.tables.onNeighbour(neighbour);
    this.pings.onNeighbour(neighbour);
  }

  onNeighbourClosed(neighbour: Neighbour): void {
    if (!this.neighbours.delete(neighbour.number)) return;
    this.host.tap(GnutellaEvent.neighbour, 0, neighbour.number, this.neighbours.size);
    if (neighbour.kind === 'leaf') this.tables.onLeafChanged();
  }

  onPacket(from: Neighbour, packet: Packet): void {
    if (this.isStopped) return;
    switch (packet.type) {
      case PacketType.ping:
        return this.pings.onPing(from, packet);
      case PacketType.pong:
        return this.pings.onPong(from, packet);
      case PacketType.query:
        return this.router.onQuery(from, packet);
      case PacketType.hit:
        return this.router.onHit(from, packet);
      case PacketType.push:
        return this.pushes.onPush(from, packet);
      case PacketType.routeTable:
        return this.onRouteTable(from, packet);
      case PacketType.vendor:
      case PacketType.standardVendor:
        return this.vendorMessages.onMessage(from, packet);
      case PacketType.horizon:
        return this.horizons.onMessage(from, packet);
      case PacketType.bye:
        return from.close();
      default:
        from.onBad();
    }
  }

  private onRouteTable(from: Neighbour, packet: Packet): void {
    const message = read(packet, tableMessageCodec);
    if (message === null) return from.bye(ByeCode.badMessages, 'that is no part of a route table');
    // Whoever we want none of may send one: he does not know what we are.
    from.incomingTable?.take(message, this.options.compression);
    if (from.kind === 'leaf' && from.table !== null) this.tables.onLeafChanged();
  }

  private tick(): void {
    const now = this.host.now();
    this.timer = this.host.setTimer(this.options.tickMs, TimerKind.tick, 0);
    for (const greeting of [...this.greetings]) if (now - greeting.startedAtMs > this.options.handshakeMs) greeting.reset();
    for (const neighbour of [...this.neighbours.values()]) this.pings.tick(neighbour, now);
    this.roles.tick(now);
    this.connector.tick(now);
    this.tables.tick(now);
    this.horizons.tick(now);
  }
}
