/**
 * Queries and hits on their way (0.4: forwarded once and not back, duplicates dropped, hits along the reverse path alone; QRP for leaves and the last
 * hop). Owns the routes: where each query came from, and which neighbour leads to which servent.
 */

import { filesFor, hitPackets } from './answers.ts';
import { GUID_BYTES, type Guid, readGuid } from './guid.ts';
import { GuidRoutes } from './guid-routes.ts';
import type { Neighbour } from './neighbour.ts';
import { Packet, PacketType } from './packet.ts';
import { QueryFlag } from './query.ts';
import { type Question, questionOf } from './question.ts';
import type { GnutellaServent } from './servent.ts';

/** The route of our own queries: neighbours have numbers from 1 on. */
export const OWN_ROUTE = 0;
/** The route of queries that have come by datagram (GUESS): neighbours have numbers below. */
export const GUESS_ROUTE = 0x7fff_fffe;
/** Count, address and speed, and the servent's name. */
const HIT_BYTES_MIN = 27;
/** A hit may come further than the query did: paths change. */
const HIT_TTL_SPARE = 5;

export class QueryRouter {
  readonly routes: GuidRoutes;
  readonly servents: GuidRoutes;
  queriesSeen = 0;
  duplicates = 0;
  hitsPassed = 0;
  hitsUnknown = 0;
  answered = 0;
  private readonly servent: GnutellaServent;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    const { host, options } = servent;
    this.routes = new GuidRoutes(options.routeMs, options.routesMax, host.random.u32(), host.now());
    this.servents = new GuidRoutes(options.routeMs, options.routesMax, host.random.u32(), host.now());
  }

  onQuery(from: Neighbour, packet: Packet): void {
    const { options } = this.servent;
    const question = packet.ttl === 0 ? null : questionOf(packet);
    if (question === null) return from.onBad();
    const known = this.routes.find(packet.guid);
    if (known >= 0) return this.onKnown(from, packet, question, known);
    this.queriesSeen++;
    this.routes.put(packet.guid, from.number, packet.ttl, this.servent.host.now());
    const further = stepped(packet, options.ttlMax);
    this.answer(from, further, question);
    this.passOn(from, further, question);
  }

  /** What we ask ourselves, however it then goes out. */
  remember(guid: Guid): void {
    this.routes.put(guid, OWN_ROUTE, 255, this.servent.host.now());
  }

  onHit(from: Neighbour, packet: Packet): void {
    if (packet.ttl === 0 || packet.payload.length < HIT_BYTES_MIN) return from.onBad();
    const route = this.routes.find(packet.guid);
    if (route < 0) {
      this.hitsUnknown++;
      return;
    }
    this.servents.put(readGuid(packet.payload, packet.payload.length - GUID_BYTES), from.number, 0, this.servent.host.now());
    if (route === OWN_ROUTE) return this.servent.searches.onHit(packet);
    if (route === GUESS_ROUTE) return this.servent.guessServer.onHit(packet);
    const to = this.servent.neighbours.get(route);
    const further = stepped(packet, 255);
    // A leaf is the end of the way, whatever the hops were counted to be.
    if (to === undefined || to === from || (further.ttl === 0 && to.kind !== 'leaf')) return;
    this.hitsPassed++;
    this.servent.dynamicQueries.onHits(packet.guid, packet.payload[0] as number);
    to.send(further.ttl === 0 ? new Packet(packet.guid, packet.type, 1, further.hops, packet.payload, packet.parsed) : further);
  }

  /** To all neighbours whose table has it, leaves and (with ttl left) others. */
  passOn(from: Neighbour | null, packet: Packet, question: Question): void {
    const { role, options } = this.servent;
    if (role === 'leaf') return;
    if (options.strategy === 'walk' && role === 'flat') return this.servent.walks.passOn(from, packet);
    if (role === 'ultrapeer') this.toLeaves(from, packet, question);
    if (from?.kind === 'leaf' && options.strategy === 'dynamic')
      return this.servent.dynamicQueries.start(packet, question, from, options.leafResultsWanted);
    if (packet.ttl > 0) this.toOthers(from, packet, question);
  }

  /** A query goes to a leaf if all its words are in the leaf's table, whatever its ttl is. */
  toLeaves(from: Neighbour | null, packet: Packet, question: Question): void {
    const forLeaves = packet.ttl > 0 ? packet : new Packet(packet.guid, packet.type, 1, packet.hops, packet.payload, packet.parsed);
    for (const leaf of this.servent.neighbours.values())
      if (leaf !== from && leaf.kind === 'leaf' && isWanted(leaf, forLeaves, question, this.servent.options.usesRouteTables))
        leaf.send(forLeaves);
  }

  /** On the last hop a query goes only where the table has it. */
  toOthers(from: Neighbour | null, packet: Packet, question: Question): void {
    const looksAtTables = packet.ttl === 1 && this.servent.options.usesRouteTables;
    for (const neighbour of this.servent.neighbours.values())
      if (neighbour !== from && neighbour.kind !== 'leaf' && isWanted(neighbour, packet, question, looksAtTables)) neighbour.send(packet);
  }

  /** To the neighbour through which a servent answered last; null when that is nobody. */
  towards(servent: Guid): Neighbour | null {
    const route = this.servents.find(servent);
    return route < 0 ? null : (this.servent.neighbours.get(route) ?? null);
  }

  private onKnown(from: Neighbour, packet: Packet, question: Question, known: number): void {
    if (this.servent.options.strategy === 'walk' && this.servent.role === 'flat') {
      this.servent.walks.passOn(from, stepped(packet, this.servent.options.ttlMax));
      return;
    }
    // Dynamic queries ask the same neighbour again, to go further (X-Ext-Probes): passed on, and not answered twice.
    const isProbe = known === from.number && from.kind === 'ultrapeer' && packet.ttl > this.routes.ttl;
    if (!isProbe) {
      this.duplicates++;
      from.duplicates++;
      return;
    }
    this.routes.put(packet.guid, known, packet.ttl, this.servent.host.now());
    const further = stepped(packet, this.servent.options.ttlMax);
    if (this.servent.role === 'ultrapeer' && further.ttl > 0) this.toOthers(from, further, question);
  }

  private answer(from: Neighbour, packet: Packet, question: Question): void {
    const { servent } = this;
    const { options } = servent;
    const files = filesFor(question, options.files, servent.isFirewalled, options.resultsPerQuery);
    if (files.length === 0) return;
    this.answered++;
    if (question.has(QueryFlag.outOfBand) && servent.outOfBand.offer(packet, files)) return;
    const ttl = Math.min(options.ttlMax, packet.hops + HIT_TTL_SPARE);
    for (const hit of hitPackets(packet.guid, ttl, files, options.resultsPerHit, servent.answerer())) from.send(hit);
  }
}

/** One step further. What would go further than anybody's bound is cut down to it. */
export function stepped(packet: Packet, ttlMax: number): Packet {
  const hops = Math.min(255, packet.hops + 1);
  const ttl = Math.max(0, Math.min(packet.ttl - 1, ttlMax - hops));
  return new Packet(packet.guid, packet.type, ttl, hops, packet.payload, packet.parsed);
}

function isWanted(neighbour: Neighbour, { hops }: Packet, question: Question, looksAtTable: boolean): boolean {
  if (hops >= neighbour.hopsMax) return false;
  // Without a whole table nobody knows what he has.
  return !looksAtTable || neighbour.table === null || neighbour.table.mayAnswer(question.hashes);
}

/** A query of ours, for whichever way it goes out. */
export function queryPacket(guid: Guid, ttl: number, payload: Uint8Array): Packet {
  return new Packet(guid, PacketType.query, ttl, 0, payload);
}
