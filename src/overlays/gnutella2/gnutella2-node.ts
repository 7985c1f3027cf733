/**
 * A node of Gnutella2: leaf or hub, with its connections, what it shares, and its searches. Files go by HTTP, which is somebody else's: connections of other
 * protocols and pushes are handed over. Owns all parts of the node.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { endpointPort, isLoopback, withPort } from '../../core/endpoint.ts';
import { HostEvent } from '../../core/events.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Protocol, type StreamAcceptor, type Timer } from '../../core/host.ts';
import { type Greeting, greetings } from '../../wire/gnutella-handshake.ts';
import type { Holder, Search, SearchListener } from '../../wire/search-hit.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import { Dialler } from './dialler.ts';
import { endpointKey } from './endpoint-key.ts';
import { GNUTELLA2_DEFAULTS, type Gnutella2Options } from './gnutella2-options.ts';
import { addressIn, Greeter } from './greeter.ts';
import { HubAdverts } from './hub-adverts.ts';
import { HubCache } from './hub-cache.ts';
import { HubQueries } from './hub-queries.ts';
import { KeyService } from './key-service.ts';
import { type HubFact, knownHubsPacket, parseKnownHubs } from './known-hubs.ts';
import { Link, type LinkOwner } from './link.ts';
import { Links } from './links.ts';
import { nodeInfoPacket, parseNodeInfo } from './node-info.ts';
import { endpointBytes, GUID_BYTES } from './packet-parts.ts';
import { isDialable, Packet } from './packet.ts';
import { Pings } from './pings.ts';
import { hitPackets, parseHits } from './query-hit.ts';
import { KeyIssuer, KeyRing } from './query-keys.ts';
import { asFileQuery, fitsBounds, type HashedQuery, type Query } from './query.ts';
import { Role } from './role.ts';
import { Searcher } from './searcher.ts';
import { TableExchange } from './table-exchange.ts';
import { type PacketHandler, Transceiver } from './transceiver.ts';

export const TimerKind = { tick: 1, walk: 2, flush: 3 } as const;

const TICK_MS = 1_000;
/** What is to be deflated waits so long for more. */
const FLUSH_MS = 100;
/** Connections beyond those that a hub wants: greeting, or about to be refused. */
const SPARE_LINKS = 32;
/** A neighbouring hub speaks for all its leaves. */
const HUB_SHARE = 10;
/** Pushes that are followed, or passed on: a second, and at once. */
const PUSH_COST = 1;
const PUSHES_PER_S = 5;

export class Gnutella2Node implements Protocol, StreamAcceptor<Greeting>, LinkOwner, PacketHandler {
  readonly host: Host;
  readonly options: Gnutella2Options;
  readonly guid: Uint8Array;
  readonly guidHex: string;
  readonly links = new Links();
  readonly hubs: HubCache;
  readonly keys: KeyIssuer;
  readonly ring = new KeyRing();
  readonly role: Role;
  readonly transceiver: Transceiver;
  readonly keyService: KeyService;
  readonly hubQueries: HubQueries;
  readonly searcher: Searcher;
  readonly pings: Pings;
  private readonly greeter: Greeter;
  private readonly dialler: Dialler;
  private readonly tables: TableExchange;
  private readonly adverts: HubAdverts;
  private readonly pushes: AnswerBudget;
  private readonly waiting = new Set<Link>();
  private ownAddress: Endpoint | null = null;
  private ticker: Timer = NO_TIMER;
  private flusher: Timer = NO_TIMER;
  private isStopped = false;

  constructor(host: Host, options: Partial<Gnutella2Options> = {}) {
    this.host = host;
    this.options = { ...GNUTELLA2_DEFAULTS, ...options };
    this.guid = this.options.guid ?? host.random.fill(new Uint8Array(GUID_BYTES));
    this.guidHex = hexOf(this.guid);
    this.hubs = new HubCache(this.options.knownHubsMax);
    this.keys = new KeyIssuer(host.random);
    this.role = new Role(this, host.now());
    this.transceiver = new Transceiver(host, this);
    this.keyService = new KeyService(this);
    this.hubQueries = new HubQueries(this);
    this.searcher = new Searcher(this);
    this.pings = new Pings(this);
    this.greeter = new Greeter(this);
    this.dialler = new Dialler(this);
    this.tables = new TableExchange(this);
    this.adverts = new HubAdverts(this);
    this.pushes = new AnswerBudget(PUSHES_PER_S, host.now());
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
  requestPush({ id, proxies }: Pick<Holder, 'id' | 'proxies'>): boolean {
    const guid = bytesOfHex(id);
    const own = this.ownEndpoint();
    if (guid?.length !== GUID_BYTES || own === null) return false;
    const packet = new Packet('PUSH', endpointBytes(own), [new Packet('TO', guid)]);
    for (const proxy of proxies) this.transceiver.send(this.host.peer(proxy), packet, true);
    return proxies.length > 0 || this.route(id, packet);
  }

  inspect(): unknown {
    const { links, hubs, searcher, hubQueries, role, pings } = this;
    return {
      role: role.isHub ? 'hub' : 'leaf',
      hubs: links.hubs.length,
      leaves: links.leaves.length,
      knownHubs: hubs.size,
      searches: searcher.running,
      queriesPassed: hubQueries.passed,
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
    if (stream === null || link.isOutgoing || this.options.onOther === null) {
      link.reset();
      return;
    }
    link.handOver();
    if (!this.options.onOther(stream, first)) stream.reset();
  }

  /** Both sides have greeted. */
  begin(link: Link, kind: 'hub' | 'leaf', isDeflating: boolean): void {
    const nowMs = this.host.now();
    const { packetsPerSecond, packetsAtOnce } = this.options;
    const share = kind === 'hub' ? HUB_SHARE : 1;
    link.begin(kind, isDeflating, { packetsPerSecond: packetsPerSecond * share, packetsAtOnce: packetsAtOnce * share }, nowMs);
    this.links.begun(link);
    if (kind === 'hub') {
      this.hubs.answered(link.endpoint, nowMs);
      this.role.connected();
    }
    this.tellInfo(link, nowMs);
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
    if (wasLeaf) this.tables.changed();
    else if (link.isOutgoing && !wasHub) this.hubs.failed(link.endpoint);
  }

  /** Neighbours of a leaf are others than those of a hub. */
  onRoleChanged(): void {
    for (const link of [...this.links.all]) link.close();
    this.tables.changed();
  }

  onLinkPacket(link: Link, packet: Packet): void {
    link.heardMs = this.host.now();
    try {
      if (packet.has('TO') && this.routeTo(packet, link)) return;
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
        this.onInfo(link, packet);
        return;
      case 'KHL':
        if (link.kind === 'hub')
          for (const hub of parseKnownHubs(packet)) this.learnHub(hub.endpoint, hub.ageMs, hub.leaves, hub.leavesMax);
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
        this.onPush(packet);
      // What else others say means nothing here.
    }
  }

  // ---- datagrams -------------------------------------------------------------------------------------------------------------

  onPacket(from: Peer, packet: Packet): void {
    if (packet.has('TO') && this.routeTo(packet, null)) return;
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
        this.onPush(packet);
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

  private onPush(packet: Packet): void {
    const to = packet.endpoint();
    if (to !== null && this.options.onPush !== null && this.pushes.take(PUSH_COST, this.host.now())) this.options.onPush(to);
  }

  /** True when the packet is for somebody else, and was passed on or dropped. */
  private routeTo(packet: Packet, from: Link | null): boolean {
    const to = packet.child('TO')?.payload;
    if (to?.length !== GUID_BYTES) return true;
    const hex = hexOf(to);
    if (hex === this.guidHex) return false;
    if (this.role.isHub && this.links.ofGuid(hex) !== from && this.pushes.take(PUSH_COST, this.host.now())) this.route(hex, packet);
    return true;
  }

  private route(guid: string, packet: Packet): boolean {
    return this.links.ofGuid(guid)?.offer(packet) ?? false;
  }

  /** Tells whoever asked which of our files are what he wants. */
  answer(query: Query, from: Link | null): void {
    const { files, hitsMax, isFirewalled } = this.options;
    const own = this.ownEndpoint();
    if (own === null) return;
    const found = this.filesFor(query, files.count === 0 ? 0 : hitsMax);
    if (found.length === 0) return;
    const hubs = this.role.isHub ? [] : this.links.hubs.map((link) => link.endpoint);
    for (const packet of hitPackets(query.guid, found, { endpoint: own, guid: this.guid, isFirewalled, hubs })) {
      if (query.answersTo !== null) this.transceiver.send(this.host.peer(query.answersTo), packet, true);
      else from?.offer(packet);
    }
  }

  private filesFor(query: Query, limit: number): readonly SharedFile[] {
    const { files } = this.options;
    if (query.hash === null || limit === 0) return limit === 0 ? [] : files.search(asFileQuery(query, limit));
    const file = files.byHash(query.hash.kind, query.hash.bytes);
    return file === null || !fitsBounds(file, query) ? [] : [file];
  }

  private onInfo(link: Link, packet: Packet): void {
    const info = parseNodeInfo(packet);
    link.info = info;
    this.links.named(link, info.guid);
    if (link.kind === 'hub' && info.hub !== null) this.learnHub(link.endpoint, 0, info.hub.leaves, info.hub.leavesMax);
  }

  private tellInfo(link: Link, nowMs: number): void {
    link.toldMs = nowMs;
    const { files, leavesMax, isFirewalled } = this.options;
    const hub = this.role.isHub ? { leaves: this.links.leaves.length, leavesMax } : null;
    const shared = { files: files.count, kilobytes: Math.floor(files.totalBytes / 1024) };
    const own = this.ownEndpoint();
    if (own !== null) link.send(nodeInfoPacket(own, this.guid, { ...shared, hub, isFirewalled }));
    if (hub !== null) link.send(this.knownHubs(nowMs));
  }

  private knownHubs(nowMs: number): Packet {
    const neighbours: HubFact[] = this.links.hubs.map(({ endpoint, info }) => ({
      endpoint,
      leaves: info?.hub?.leaves ?? 0,
      leavesMax: info?.hub?.leavesMax ?? 0,
      ageMs: 0,
    }));
    const cached = this.hubs.newest(50, (hub) => !this.links.isConnected(hub.endpoint));
    return knownHubsPacket(
      neighbours,
      cached.map(({ endpoint, leaves, leavesMax, seenMs }) => ({ endpoint, leaves, leavesMax, ageMs: nowMs - seenMs })),
      nowMs,
    );
  }

  // ---- addresses -------------------------------------------------------------------------------------------------------------

  /** Where others reach us, as far as that is known. */
  ownEndpoint(): Endpoint | null {
    const { stream } = this.host.self;
    if (stream === null) return null;
    if (isDialable(stream)) return stream;
    return this.ownAddress === null ? null : withPort(this.ownAddress, endpointPort(stream));
  }

  isOwn(endpoint: Endpoint): boolean {
    const own = this.ownEndpoint();
    return own !== null && endpointKey(own) === endpointKey(endpoint);
  }

  learnOwnAddress(text: string): void {
    const { stream } = this.host.self;
    if (stream !== null) this.ownAddress = addressIn(text, endpointPort(stream)) ?? this.ownAddress;
  }

  learnHub(endpoint: Endpoint, ageMs: number, leaves = 0, leavesMax = 0): void {
    if (!isDialable(endpoint) || this.isOwn(endpoint)) return;
    const own = this.ownEndpoint();
    // Nobody far away sends us to our own machine.
    if (isLoopback(endpoint) && own !== null && !isLoopback(own)) return;
    this.hubs.learn(endpoint, this.host.now() - ageMs, leaves, leavesMax);
  }

  private tick(): void {
    const nowMs = this.host.now();
    this.ticker = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
    for (const link of [...this.links.hubs, ...this.links.leaves]) {
      link.refill(nowMs);
      if (nowMs - link.toldMs >= this.options.infoMs) this.tellInfo(link, nowMs);
    }
    this.pings.tick(nowMs);
    this.transceiver.tick();
    this.role.tick(nowMs);
    this.dialler.tick(nowMs);
    this.tables.tick(nowMs);
    this.adverts.tick(nowMs);
    this.searcher.tick(nowMs);
    this.hubs.expire(nowMs);
  }
}
