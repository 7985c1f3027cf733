/**
 * What a hub does with a query: answers it, passes it to the leaves and neighbouring hubs that may have something, never further, and tells who asked which hubs that
 * covers. Hits go straight to the asker, or back the way the query came. Owns those ways.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint, Peer } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { addressOf, sameAddress } from '../../wire/endpoint-key.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import { packetCodec, type Packet } from './packet.ts';
import { keyAnswer } from './query-keys.ts';
import { NEXT_TOLD_MAX, type QueryAck, queryAckPacket } from './query-ack.ts';
import { passedOn } from './query-hit.ts';
import { answeredTo, parseQuery, type Query } from './query.ts';
import { Needle } from './table-words.ts';

const ROUTES_MAX = 4_096;
const ROUTE_MS = 600_000;
/** Packets with hits that are passed on for one query. */
const RELAYED_MAX = 200;
const ASKERS_MAX = 2_048;

/** Where what belongs to a query goes. */
interface Route {
  /** A neighbour; null: by datagram, or it is a search of our own. */
  readonly link: Link | null;
  readonly answersTo: Endpoint | null;
  readonly begunMs: number;
  /** The neighbouring hubs have it, too. */
  isWide: boolean;
  relayed: number;
}

/** How often an address may search. */
interface Asker {
  left: number;
  atMs: number;
}

export class HubQueries {
  private readonly node: Gnutella2Node;
  private readonly routes = new Lru<string, Route>(ROUTES_MAX);
  private readonly askers = new Lru<number, Asker>(ASKERS_MAX);
  private readonly answers: AnswerBudget;

  constructor(node: Gnutella2Node) {
    this.node = node;
    this.answers = new AnswerBudget(node.options.answerBytesPerSecond, node.host.now());
  }

  onLinkQuery(link: Link, packet: Packet): void {
    const query = parseQuery(packet);
    if (query === null) return;
    const nowMs = this.node.host.now();
    if (!this.node.role.isHub) {
      if (link.kind === 'hub') this.node.answers.answer(query, link);
      return;
    }
    if (link.kind === 'hub') {
      // It has asked on its own account whether the address is the asker's.
      if (this.routeOf(query.guid) === null) this.pass(packet, query, this.addRoute(query.guid, link, query.answersTo), false);
      return;
    }
    const { queryGapMs, queriesAtOnce } = this.node.options;
    if (!link.takeQuery(nowMs, queryGapMs, queriesAtOnce)) {
      link.send(queryAckPacket({ guid: query.guid, done: [], next: [], retryAfterMs: queryGapMs }, nowMs));
      return;
    }
    // Hits by datagram go to where the leaf is, and to nobody else.
    const isOwn = query.answersTo !== null && sameAddress(query.answersTo, link.endpoint);
    const answersTo = isOwn ? query.answersTo : null;
    const route = this.routeOf(query.guid);
    if (route !== null && route.link !== link) return;
    if (route === null) this.pass(packet, { ...query, answersTo }, this.addRoute(query.guid, link, answersTo), true);
    link.send(queryAckPacket(this.ack(query.guid), nowMs));
  }

  /** Who asks by datagram has to know the key for the address where the hits shall go. */
  onDatagramQuery(from: Peer, packet: Packet): void {
    const query = parseQuery(packet);
    if (query === null || query.answersTo === null || !this.node.role.isHub) return;
    const { host, keys, transceiver } = this.node;
    const nowMs = host.now();
    const { answersTo, guid } = query;
    const say = (to: Peer, answer: Packet): void => {
      if (this.answers.take(packetCodec.size(answer), nowMs)) transceiver.send(to, answer);
    };
    if (query.key === null || !keys.isValid(answersTo, query.key, nowMs)) {
      // No more than was asked, and only to where that came from.
      if (sameAddress(answersTo, host.endpoint(from))) say(from, keyAnswer(keys.keyOf(answersTo, nowMs), answersTo, null));
      return;
    }
    const to = host.peer(answersTo);
    const route = this.routeOf(guid);
    if (route === null || !route.isWide) {
      if (!this.mayAsk(answersTo, nowMs)) {
        say(to, queryAckPacket({ guid, done: [], next: [], retryAfterMs: this.node.options.queryGapMs }, nowMs));
        return;
      }
      if (route === null) this.pass(packet, query, this.addRoute(guid, null, answersTo), true);
      else this.passToHubs(packet, query, route);
    }
    say(to, queryAckPacket(this.ack(guid), nowMs));
  }

  /** A search of our own, as a hub: it is the first of those that are asked. */
  search(packet: Packet, answersTo: Endpoint | null): QueryAck {
    const query = parseQuery(packet);
    if (query !== null) this.pass(packet, { ...query, answersTo }, this.addRoute(query.guid, null, answersTo), true);
    return this.ack(packet.payload);
  }

  /** Hits, or an acknowledgement, that came for somebody else. */
  relay(guid: Uint8Array, packet: Packet): void {
    const route = this.routeOf(guid);
    if (route === null || route.relayed >= RELAYED_MAX) return;
    const onward = packet.name === 'QH2' ? passedOn(packet) : packet;
    if (onward === null) return;
    route.relayed++;
    if (route.link !== null) route.link.offer(onward);
    else if (route.answersTo !== null && !this.node.own.is(route.answersTo)) {
      this.node.transceiver.send(this.node.host.peer(route.answersTo), onward, true);
    }
  }

  // ---- inside ----------------------------------------------------------------------------------------------------------------

  private pass(packet: Packet, query: Query, route: Route, isWide: boolean): void {
    const onward = answeredTo(packet, query.answersTo);
    const needle = new Needle(query);
    if (query.answersTo === null || !this.node.own.is(query.answersTo)) this.node.answers.answer(query, route.link);
    for (const leaf of this.node.links.leaves) {
      if (leaf !== route.link && (leaf.table === null || needle.mayBeIn(leaf.table))) leaf.offer(onward);
    }
    if (isWide) this.passToHubs(packet, query, route);
  }

  private passToHubs(packet: Packet, query: Query, route: Route): void {
    const onward = answeredTo(packet, query.answersTo);
    const needle = new Needle(query);
    route.isWide = true;
    for (const hub of this.node.links.hubs) {
      if (hub !== route.link && (hub.table === null || needle.mayBeIn(hub.table))) hub.offer(onward);
    }
  }

  private ack(guid: Uint8Array): QueryAck {
    const { links, host } = this.node;
    const own = this.node.own.endpoint;
    const covered = links.hubs.map(({ endpoint, info }) => ({ endpoint, leaves: info?.hub?.leaves ?? 0 }));
    const done = own === null ? covered : [{ endpoint: own, leaves: links.leaves.length }, ...covered];
    const nowMs = host.now();
    const next = this.node.otherHubs(NEXT_TOLD_MAX);
    return { guid, done, next: next.map(({ endpoint, seenMs }) => ({ endpoint, ageMs: nowMs - seenMs })), retryAfterMs: 0 };
  }

  private routeOf(guid: Uint8Array): Route | null {
    const route = this.routes.get(hexOf(guid));
    return route !== undefined && this.node.host.now() - route.begunMs < ROUTE_MS ? route : null;
  }

  private addRoute(guid: Uint8Array, link: Link | null, answersTo: Endpoint | null): Route {
    const route: Route = { link, answersTo, begunMs: this.node.host.now(), isWide: false, relayed: 0 };
    this.routes.set(hexOf(guid), route);
    return route;
  }

  private mayAsk(endpoint: Endpoint, nowMs: number): boolean {
    const { queryGapMs, queriesAtOnce } = this.node.options;
    const address = addressOf(endpoint);
    const asker = this.askers.get(address) ?? { left: queriesAtOnce, atMs: nowMs };
    asker.left = Math.min(queriesAtOnce, asker.left + (nowMs - asker.atMs) / queryGapMs);
    asker.atMs = nowMs;
    this.askers.set(address, asker);
    if (asker.left < 1) return false;
    asker.left--;
    return true;
  }
}
