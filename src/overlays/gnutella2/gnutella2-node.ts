/**
 * A node of Gnutella2: leaf or hub, with its connections, what it shares, and its searches. Files go by HTTP, which is somebody else's: connections of other
 * protocols and pushes are handed over. Owns all parts of the node.
 */

import { MalformedMessage } from '../../core/codec.ts';
import { Gnutella2Event, HostEvent } from '../../core/events.ts';
import { isLoopback } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Protocol, type StreamAcceptor, type Timer } from '../../core/host.ts';
import { OwnAddress } from '../../core/own-address.ts';
import { type Greeting, greetings } from '../../wire/gnutella-handshake.ts';
import type { Compression } from '../../core/compression.ts';
import type { Holder, Search, SearchListener } from '../../wire/search-hit.ts';
import { Dialler } from './dialler.ts';
import { FileAnswers } from './file-answers.ts';
import { GNUTELLA2_DEFAULTS, type Gnutella2Given, type Gnutella2Options } from './gnutella2-options.ts';
import { Greeter } from './greeter.ts';
import { HubAdverts } from './hub-adverts.ts';
import { HubCache, type KnownHub } from './hub-cache.ts';
import { HubQueries } from './hub-queries.ts';
import { KeyService } from './key-service.ts';
import { Link, type LinkOwner } from './link.ts';
import { Links } from './links.ts';
import { NeighbourNews } from './neighbour-news.ts';
import { GUID_BYTES } from './packet-parts.ts';
import { PacketCounts } from './packet-counts.ts';
import type { Packet } from './packet.ts';
import { Pings } from './pings.ts';
import { Pushes } from './pushes.ts';
import { parseHits } from './query-hit.ts';
import { KeyIssuer } from '../../wire/query-keys.ts';
import { KeyRing } from './query-keys.ts';
import type { HashedQuery } from './query.ts';
import { Role } from './role.ts';
import { Searcher } from './searcher.ts';
import { TableExchange } from './table-exchange.ts';
import { type PacketHandler, Transceiver } from './transceiver.ts';

export const TimerKind = { tick: 1, walk: 2, flush: 3 } as const;

const TICK_MS = 1_000;
/** What is to be deflated waits so long for more. */
const FLUSH_MS = 100;
const EXPIRE_MS = 60_000;
/** Connections beyond those that a hub wants: greeting, or about to be refused. */
const SPARE_LINKS = 32;
/** A neighbouring hub speaks for all its leaves. */
const HUB_SHARE = 10;

export class Gnutella2Node implements Protocol, StreamAcceptor<Greeting>, LinkOwner, PacketHandler {
  readonly host: Host;
  readonly options: Gnutella2Options;
  readonly guid: Uint8Array;
  readonly guidHex: string;
  readonly own: OwnAddress;
  readonly links = new Links();
  readonly sent = new PacketCounts();
  readonly hubs: HubCache;
  readonly keys: KeyIssuer;
  readonly ring = new KeyRing();
  readonly role: Role;
  readonly compression: Compression;
  readonly transceiver: Transceiver;
  readonly keyService: KeyService;
  readonly hubQueries: HubQueries;
  readonly searcher: Searcher;
  readonly pings: Pings;
  readonly answers: FileAnswers;
  private readonly greeter: Greeter;
  readonly dialler: Dialler;
  private readonly tables: TableExchange;
  private readonly adverts: HubAdverts;
  private readonly news: NeighbourNews;
  private readonly pushes: Pushes;
  private readonly waiting = new Set<Link>();
  private ticker: Timer = NO_TIMER;
  private flusher: Timer = NO_TIMER;
  private expiredMs = 0;
  private isStopped = false;

  constructor(host: Host, options: Gnutella2Given) {
    this.host = host;
    this.options = { ...GNUTELLA2_DEFAULTS, ...options };
    this.compression = options.compression;
    this.guid = this.options.guid ?? host.random.fill(new Uint8Array(GUID_BYTES));
    this.guidHex = hexOf(this.guid);
    this.own = new OwnAddress(host);
    this.hubs = new HubCache(this.options.knownHubsMax);
    this.keys = new KeyIssuer(host.random);
    this.role = new Role(this, host.now());
    this.transceiver = new Transceiver(host, this);
    this.keyService = new KeyService(this);
    this.hubQueries = new HubQueries(this);
    this.searcher = new Searcher(this);
    this.pings = new Pings(this);
    this.answers = new FileAnswers(this);
    this.greeter = new Greeter(this);
    this.dialler = new Dialler(this);
    this.tables = new TableExchange(this);
    this.adverts = new HubAdverts(this);
    this.news = new NeighbourNews(this);
    this.pushes = new Pushes(this);
  }

  start(): void {
    this.host.listen(greetings, this);
    this.transceiver.start();
    // Those who come up together do not act together.
    this.ticker = this.host.setTimer(this.host.random.below(TICK_MS), TimerKind.tick, 0);
  }

  stop(): void {
    this.isStopped = true;
    this.host.clearTimer(this.ticker);
    this.host.clearTimer(this.flusher);
    this.searcher.stop();
    for (const link of [...this.links.all]) {
      if (link.isUp) link.close();
      else link.reset();
    }
  }

  /** Looks for files in the whole network; at most 64 searches at once. */
  search(query: HashedQuery, listener: SearchListener): Search {
    return this.searcher.search(query, listener);
  }

  /** Has a holder told to dial us, by those who can reach him. False: nobody can. */
  push(holder: Pick<Holder, 'id' | 'proxies'>): boolean {
    return this.pushes.request(holder);
  }

  /** More of those to ask first: of the last run, of an introducer. They need not be hubs. */
  addHosts(hosts: readonly Endpoint[]): void {
    this.dialler.addHosts(hosts);
  }

  /** Hubs that are worth knowing at the next start: those that we are connected to, then those seen last. */
  goodHosts(limit: number): readonly Endpoint[] {
    const connected = this.links.keys();
    const others = this.hubs.newest(limit, (hub) => !connected.has(hub.key));
    return [...this.links.hubs, ...others].slice(0, limit).map(({ endpoint }) => endpoint);
  }

  /** Nobody out there can dial us: there is no port of ours, or one that only this machine comes to. */
  get isFirewalled(): boolean {
    if (this.options.isFirewalled || this.host.self.stream === null) return true;
    const own = this.own.endpoint;
    return own !== null && isLoopback(own) && this.links.hubs.some(({ endpoint }) => !isLoopback(endpoint));
  }

  inspect(): unknown {
    const { links, hubs, searcher, role, pings } = this;
    return {
      role: role.isHub ? 'hub' : 'leaf',
      hubs: links.hubs.length,
      leaves: links.leaves.length,
      knownHubs: hubs.size,
      searches: searcher.running,
      sent: this.sent.toObject(),
      isReachable: pings.isReachable,
    };
  }

  // ---- what the host calls ---------------------------------------------------------------------------------------------------

  onConnection(peer: Peer): Link | null {
    const endpoint = this.host.endpoint(peer);
    const { leavesMax, peersMax, linksPerAddressMax } = this.options;
    if (this.isStopped || endpoint.length !== 6 || this.links.countFrom(endpoint) >= linksPerAddressMax) return null;
    if (this.links.all.size >= leavesMax + peersMax + SPARE_LINKS) return null;
    const link = new Link(this, endpoint, false, this.host.now(), this.options, this.options.queriesAtOnce);
    this.links.add(link);
    return link;
  }

  onTimer(kind: number): void {
    switch (kind) {
      case TimerKind.tick:
        this.tick();
        return;
      case TimerKind.walk:
        this.searcher.onTimer();
        return;
      case TimerKind.flush:
        this.flusher = NO_TIMER;
        for (const link of this.waiting) link.flush();
        this.waiting.clear();
    }
  }

  // ---- connections -----------------------------------------------------------------------------------------------------------

  onDialled(link: Link): void {
    this.greeter.greet(link);
  }

  onGreeting(link: Link, greeting: Greeting): void {
    if (greeting.kind === 'connect') this.greeter.onConnect(link, greeting);
    else if (greeting.kind === 'reply') this.greeter.onReply(link, greeting);
    else this.passOn(link, greeting.bytes);
  }

  /** A connection of another protocol. */
  passOn(link: Link, first: Uint8Array): void {
    const { stream } = link;
    const { otherStreams } = this.options;
    if (stream === null || link.isOutgoing || otherStreams === null) {
      link.reset();
      return;
    }
    link.handOver();
    if (otherStreams.take(stream, first) === null) stream.reset();
  }

  /** Both sides have greeted. */
  begin(link: Link, kind: 'hub' | 'leaf', isDeflating: boolean): void {
    const nowMs = this.host.now();
    const { packetsPerSecond, packetsAtOnce } = this.options;
    const share = kind === 'hub' ? HUB_SHARE : 1;
    link.begin(kind, isDeflating, { packetsPerSecond: packetsPerSecond * share, packetsAtOnce: packetsAtOnce * share }, nowMs);
    this.links.begun(link);
    this.host.tap(Gnutella2Event.neighbour, 1, kind === 'hub' ? 1 : 0, this.links.count);
    if (kind === 'hub') {
      this.hubs.answered(link.endpoint, nowMs);
      this.role.connected();
    }
    this.news.tell(link, nowMs);
    if (kind === 'hub') this.tables.tell(link, nowMs);
  }

  onLinkWaiting(link: Link): void {
    this.waiting.add(link);
    if (this.flusher === NO_TIMER && !this.isStopped) this.flusher = this.host.setTimer(FLUSH_MS, TimerKind.flush, 0);
  }

  onLinkClosed(link: Link): void {
    this.waiting.delete(link);
    const wasLeaf = this.links.leaves.includes(link);
    const wasHub = this.links.hubs.includes(link);
    if (!this.links.remove(link)) return;
    if (wasLeaf || wasHub) this.host.tap(Gnutella2Event.neighbour, 0, wasHub ? 1 : 0, this.links.count);
    if (wasLeaf) this.tables.changed();
    else if (link.isOutgoing && !wasHub) this.hubs.failed(link.endpoint);
  }

  /** Neighbours of a leaf are others than those of a hub. */
  onRoleChanged(): void {
    this.host.tap(Gnutella2Event.role, this.role.isHub ? 1 : 0, this.links.count, 0);
    for (const link of [...this.links.all]) link.close();
    this.tables.changed();
  }

  onLinkPacket(link: Link, packet: Packet): void {
    link.heardMs = this.host.now();
    try {
      if (this.pushes.isForOther(packet, link)) return;
      this.onNeighbourPacket(link, packet);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.host.tap(HostEvent.streamMalformed, link.stream?.peer ?? 0, 0, 0);
      link.reset();
    }
  }

  private onNeighbourPacket(link: Link, packet: Packet): void {
    switch (packet.name) {
      case 'PI':
        this.pings.onLinkPing(link, packet);
        return;
      case 'LNI':
        this.news.onInfo(link, packet);
        return;
      case 'KHL':
        this.news.onKnownHubs(link, packet);
        return;
      case 'HAW':
        this.adverts.onAdvert(link, packet);
        return;
      case 'QHT':
        if (this.role.isHub && link.takeTable(packet) && link.kind === 'leaf') this.tables.changed();
        return;
      case 'Q2':
        this.hubQueries.onLinkQuery(link, packet);
        return;
      case 'QA':
        this.searcher.onAck(packet, link, null);
        return;
      case 'QH2':
        this.onHits(packet);
        return;
      case 'QKR':
        this.keyService.onLinkRequest(link, packet);
        return;
      case 'QKA':
        this.keyService.onLinkAnswer(link, packet);
        return;
      case 'PUSH':
        this.pushes.onPush(packet);
      // What else others say means nothing here.
    }
  }

  // ---- datagrams -------------------------------------------------------------------------------------------------------------

  onPacket(from: Peer, packet: Packet): void {
    if (this.pushes.isForOther(packet, null)) return;
    switch (packet.name) {
      case 'PI':
        this.pings.onDatagramPing(from);
        return;
      case 'PO':
        this.pings.onDatagramPong(packet);
        return;
      case 'QKR':
        this.keyService.onDatagramRequest(from, packet);
        return;
      case 'QKA':
        this.keyService.onDatagramAnswer(from, packet);
        return;
      case 'Q2':
        this.hubQueries.onDatagramQuery(from, packet);
        return;
      case 'QA':
        if (this.searcher.has(packet.payload.subarray(0, GUID_BYTES))) this.searcher.onAck(packet, null, from);
        else if (this.role.isHub) this.hubQueries.relay(packet.payload.subarray(0, GUID_BYTES), packet);
        return;
      case 'QH2':
        this.onHits(packet);
        return;
      case 'PUSH':
        this.pushes.onPush(packet);
    }
  }

  // ---- what both bring -------------------------------------------------------------------------------------------------------

  private onHits(packet: Packet): void {
    const guid = packet.payload.subarray(1, 1 + GUID_BYTES);
    if (this.searcher.has(guid)) {
      const hits = parseHits(packet);
      if (hits !== null) this.searcher.onHits(hits);
    } else if (this.role.isHub) this.hubQueries.relay(guid, packet);
  }

  /** Some of those that we know and are not connected to. */
  otherHubs(count: number): KnownHub[] {
    const connected = this.links.keys();
    return this.hubs.some(count, this.host.random, (hub) => !connected.has(hub.key));
  }

  learnHub(endpoint: Endpoint, ageMs: number, leaves = 0, leavesMax = 0): void {
    if (this.own.mayDial(endpoint)) this.hubs.learn(endpoint, this.host.now() - ageMs, leaves, leavesMax);
  }

  private tick(): void {
    const nowMs = this.host.now();
    this.ticker = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
    for (const link of this.links.all) link.refill(nowMs);
    this.news.tick(nowMs);
    this.pings.tick(nowMs);
    this.transceiver.tick();
    this.role.tick(nowMs);
    this.dialler.tick(nowMs);
    this.tables.tick(nowMs);
    this.adverts.tick(nowMs);
    this.searcher.tick(nowMs);
    if (nowMs - this.expiredMs >= EXPIRE_MS) {
      this.expiredMs = nowMs;
      this.hubs.expire(nowMs);
    }
  }
}
