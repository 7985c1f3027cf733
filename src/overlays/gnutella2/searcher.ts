/**
 * The searches of a node: first its own hubs, then hub after hub by datagram, one packet in a while and with each hub's key, until there are enough hits or
 * nobody is left to ask. Owns the searches that run.
 */

import { Gnutella2Event } from '../../core/events.ts';
import { hexOf } from '../../core/hex.ts';
import { type Endpoint, NO_TIMER, type Peer, type Timer } from '../../core/host.ts';
import type { Search, SearchListener } from '../../wire/search-hit.ts';
import { endpointKey } from '../../wire/endpoint-key.ts';
import { type Gnutella2Node, TimerKind } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import type { Packet } from './packet.ts';
import { GUID_BYTES } from './packet-parts.ts';
import { parseQueryAck } from './query-ack.ts';
import type { QueryHits } from './query-hit.ts';
import { answeredTo, type HashedQuery } from './query.ts';
import { RunningSearch } from './running-search.ts';

const SEARCHES_MAX = 64;
/** So long a search waits for a first hub. */
const HUBLESS_MS = 30_000;

export class Searcher {
  private readonly node: Gnutella2Node;
  private readonly searches = new Map<string, RunningSearch>();
  private timer: Timer = NO_TIMER;
  private turn = 0;

  constructor(node: Gnutella2Node) {
    this.node = node;
  }

  get running(): number {
    return this.searches.size;
  }

  /** Hits and the end are told in later events. */
  search(query: HashedQuery, listener: SearchListener): Search {
    if (this.searches.size >= SEARCHES_MAX) throw new RangeError(`at most ${SEARCHES_MAX} searches at once`);
    const { host } = this.node;
    const guid = host.random.fill(new Uint8Array(GUID_BYTES));
    const search = new RunningSearch(guid, query, listener, host.now(), (over) => this.onOver(over));
    this.searches.set(search.hex, search);
    this.wake();
    return search;
  }

  stop(): void {
    this.node.host.clearTimer(this.timer);
    this.timer = NO_TIMER;
    for (const search of [...this.searches.values()]) search.end();
  }

  private onOver(search: RunningSearch): void {
    this.searches.delete(search.hex);
    this.node.host.tap(Gnutella2Event.searched, search.hits, search.covered, search.packets);
  }

  has(guid: Uint8Array): boolean {
    return this.searches.has(hexOf(guid));
  }

  onHits({ searchGuid, hits, holderGuid }: QueryHits): void {
    if (holderGuid !== this.node.guidHex) this.searches.get(hexOf(searchGuid))?.found(hits, this.node.host.now());
  }

  /** From a hub of ours, or by datagram. What nobody was asked is not believed. */
  onAck(packet: Packet, link: Link | null, from: Peer | null): void {
    const ack = parseQueryAck(packet);
    const search = ack === null ? undefined : this.searches.get(hexOf(ack.guid));
    if (ack === null || search === undefined) return;
    const { host } = this.node;
    const nowMs = host.now();
    const endpoint = from === null ? null : host.endpoint(from);
    if (endpoint !== null) {
      if (!search.asks.has(endpointKey(endpoint))) return;
      this.node.hubs.answered(endpoint, nowMs);
    } else if (link?.kind !== 'hub') return;
    if (link !== null && ack.done.length === 0 && ack.retryAfterMs > 0) search.hubsMs.set(link, nowMs + ack.retryAfterMs);
    search.acknowledged(ack, endpoint, nowMs);
    for (const each of ack.next) this.node.learnHub(each.endpoint, each.ageMs);
  }

  awaits(hub: Endpoint): boolean {
    const key = endpointKey(hub);
    for (const search of this.searches.values()) if (search.mayUseKey(key)) return true;
    return false;
  }

  onKey(hub: Endpoint): void {
    const key = endpointKey(hub);
    for (const search of this.searches.values()) if (search.mayUseKey(key)) this.ask(search, hub);
  }

  /** Timer `walk`. */
  onTimer(): void {
    this.timer = NO_TIMER;
    const all = [...this.searches.values()];
    for (const search of all) this.askOwnHubs(search);
    // Those who run together take turns.
    for (let tried = 0; tried < all.length; tried++) {
      const search = all[(this.turn + tried) % all.length] as RunningSearch;
      if (search.isOver || !this.step(search)) continue;
      this.turn = (this.turn + tried + 1) % all.length;
      break;
    }
    this.wake();
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const { options, hubs, links, ring } = this.node;
    for (const search of [...this.searches.values()]) {
      const { again, lost } = search.silent(nowMs - options.askTimeoutMs);
      for (const { endpoint } of again) this.ask(search, endpoint);
      for (const { endpoint } of lost) {
        hubs.failed(endpoint);
        ring.forget(endpoint);
      }
      const patienceMs = links.hubs.length === 0 && !this.node.role.isHub ? HUBLESS_MS : options.patienceMs;
      const isDone = search.packets >= options.packetsMax ? search.asks.size === 0 : !search.waits;
      if (isDone && nowMs - search.movedMs >= patienceMs) search.end();
    }
  }

  private wake(): void {
    if (this.timer !== NO_TIMER || this.searches.size === 0) return;
    this.timer = this.node.host.setTimer(this.node.options.walkMs, TimerKind.walk, 0);
  }

  private askOwnHubs(search: RunningSearch): void {
    const { host, links, role, hubQueries } = this.node;
    const nowMs = host.now();
    const own = this.node.isFirewalled ? null : this.node.own.endpoint;
    if (role.isHub) {
      // Being a hub, we are the first that is asked.
      if (own === null || search.isSettled(endpointKey(own))) return;
      search.acknowledged(hubQueries.search(search.packet, own), null, nowMs);
      return;
    }
    for (const link of links.hubs) {
      if ((search.hubsMs.get(link) ?? 0) > nowMs) continue;
      search.hubsMs.set(link, Number.POSITIVE_INFINITY);
      link.send(answeredTo(search.packet, own));
      search.packets++;
      search.movedMs = nowMs;
    }
  }

  /** Asks one more hub; false: there is none, or enough are being asked. */
  private step(search: RunningSearch): boolean {
    const { options, host } = this.node;
    if (search.asks.size >= options.asksMax || search.packets >= options.packetsMax || this.answersTo() === null) return false;
    const hub = search.take(host.now()) ?? this.anyHub(search) ?? search.takePassed();
    if (hub === null || this.hasAsked(hub)) return hub !== null;
    this.ask(search, hub);
    return true;
  }

  /** Our own hubs, of a leaf, have been asked by connection. */
  private hasAsked(hub: Endpoint): boolean {
    return !this.node.role.isHub && this.node.links.isUpAt(hub);
  }

  /** One that we know ourselves. */
  private anyHub(search: RunningSearch): Endpoint | null {
    for (const hub of this.node.hubs) if (!search.isSettled(hub.key)) return hub.endpoint;
    return null;
  }

  private ask(search: RunningSearch, hub: Endpoint): void {
    const { host, keyService, ring, transceiver } = this.node;
    const nowMs = host.now();
    const answersTo = this.answersTo();
    if (answersTo === null || search.packets >= this.node.options.packetsMax) return;
    search.packets++;
    const key = ring.keyFor(hub, answersTo.endpoint, nowMs);
    search.ask(hub, key === null ? 'key' : 'query', nowMs);
    if (key === null) keyService.request(hub, answersTo.proxy);
    else transceiver.send(host.peer(hub), answeredTo(search.packet, answersTo.endpoint, key));
  }

  /** Where hits can come: to us, or to a hub of ours that passes them on. */
  private answersTo(): { readonly endpoint: Endpoint; readonly proxy: Link | null } | null {
    if (!this.node.isFirewalled) {
      const own = this.node.own.endpoint;
      return own === null ? null : { endpoint: own, proxy: null };
    }
    const [proxy] = this.node.links.hubs;
    return proxy === undefined ? null : { endpoint: proxy.endpoint, proxy };
  }
}
