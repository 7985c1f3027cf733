/**
 * A query that an ultrapeer carries out for a leaf or itself (dynamic querying 0.1): it asks a few neighbours, looks how much comes back, and asks
 * one more at a time, as far as it seems to take, until there is enough. Owns what it has asked and counted.
 */

import type { Guid } from './guid.ts';
import type { Neighbour } from './neighbour.ts';
import { Packet } from './packet.ts';
import { QueryFlag } from './query.ts';
import { OWN_ROUTE } from './query-router.ts';
import type { Question } from './question.ts';
import type { GnutellaServent } from './servent.ts';
import { u16Data, VendorKind, vendorMessage } from './vendor-message.ts';

const PROBES = 3;
const PROBE_TTL = 2;
/** So many neighbours whose tables have it are asked without going further. */
const PROBES_BY_TABLE = 5;
/** A leaf that can be asked is asked how much has reached it every so many neighbours, and waited for so long. */
const GUIDANCE_EVERY = 3;
const GUIDANCE_MS = 40_000;
export const ENOUGH = 0xffff;

export class DynamicQuery {
  readonly number: number;
  readonly guid: Guid;
  /** OWN_ROUTE, or the leaf's number. */
  readonly origin: number;
  private readonly servent: GnutellaServent;
  private readonly packet: Packet;
  private readonly question: Question;
  readonly wanted: number;
  private readonly startedAtMs: number;
  /** The ttl with which each neighbour was asked. */
  private readonly asked = new Map<number, number>();
  private askedOfLate = 0;
  private isWaiting = false;
  hits = 0;
  /** Servents that it has reached, in theory. */
  horizon = 0;

  constructor(servent: GnutellaServent, number: number, packet: Packet, question: Question, origin: number, wanted: number) {
    this.servent = servent;
    this.number = number;
    this.guid = packet.guid;
    this.packet = packet;
    this.question = question;
    this.origin = origin;
    this.wanted = wanted;
    this.startedAtMs = servent.host.now();
  }

  /** The first neighbours; how long to wait until `next`, 0: it is over already. */
  probe(): number {
    const candidates = this.candidates();
    const likely = candidates.filter(({ table }) => table?.mayAnswer(this.question.hashes) === true);
    const byTable = likely.length >= PROBES_BY_TABLE;
    const ttl = byTable ? 1 : Math.min(PROBE_TTL, this.servent.options.ttl);
    const chosen = byTable ? likely.slice(0, PROBES_BY_TABLE) : candidates.slice(0, PROBES);
    for (const neighbour of chosen) this.ask(neighbour, ttl);
    return chosen.length === 0 ? 0 : ttl * this.servent.options.queryHopMs;
  }

  /** One more neighbour; how long to wait until the next, 0: it is over. */
  next(): number {
    const { options, host } = this.servent;
    if (this.hits >= this.wanted || this.horizon >= options.horizonMax) return 0;
    if (host.now() - this.startedAtMs > options.queryLifeMs) return 0;
    const wait = this.askLeaf();
    if (wait > 0) return wait;
    const candidates = this.candidates();
    const [neighbour] = candidates;
    if (neighbour === undefined) return 0;
    const ttl = this.ttlFor(neighbour, candidates.length);
    this.ask(neighbour, ttl);
    return ttl * options.queryHopMs;
  }

  /** The leaf says how much has come to it by whatever way. True: do not wait any longer. */
  onGuidance(hits: number): boolean {
    this.hits = hits === ENOUGH ? Number.POSITIVE_INFINITY : Math.max(this.hits, hits);
    const wasWaiting = this.isWaiting;
    this.isWaiting = false;
    return wasWaiting;
  }

  private ask(neighbour: Neighbour, ttl: number): void {
    const { guid, type, hops, payload, parsed } = this.packet;
    const capped = Math.max(1, Math.min(ttl, neighbour.ttlMax, this.servent.options.ttlMax - hops));
    this.asked.set(neighbour.number, capped);
    this.askedOfLate++;
    this.horizon += hostsWithin(neighbour.degree, capped);
    neighbour.send(new Packet(guid, type, capped, hops, payload, parsed));
  }

  /** The least that should bring what is missing, if the others were like those that were asked. */
  private ttlFor(neighbour: Neighbour, neighboursLeft: number): number {
    const { degree, ttlMax } = neighbour;
    const most = Math.min(ttlMax, this.servent.options.ttl);
    if (this.hits === 0) return most;
    const hostsEach = (this.wanted - this.hits) / (this.hits / this.horizon) / neighboursLeft;
    for (let ttl = 1; ttl < most; ttl++) if (hostsWithin(degree, ttl) >= hostsEach) return ttl;
    return most;
  }

  /** Who was not asked yet, in random order; then who was asked at the door and takes it again to pass it on. */
  private candidates(): Neighbour[] {
    const { host, neighbours, options } = this.servent;
    const fresh: Neighbour[] = [];
    const again: Neighbour[] = [];
    for (const neighbour of neighbours.values()) {
      if (neighbour.kind === 'leaf' || neighbour.number === this.origin || this.packet.hops >= neighbour.hopsMax) continue;
      const before = this.asked.get(neighbour.number);
      if (before === undefined) fresh.push(neighbour);
      else if (before === 1 && options.ttl > 1 && neighbour.takesProbes) again.push(neighbour);
    }
    return [...host.random.shuffle(fresh), ...host.random.shuffle(again)];
  }

  private askLeaf(): number {
    if (this.isWaiting) {
      // It has not answered in time, and is not asked again: what we have counted has to do.
      this.isWaiting = false;
      this.askedOfLate = Number.NEGATIVE_INFINITY;
      return 0;
    }
    const leaf = this.origin === OWN_ROUTE ? undefined : this.servent.neighbours.get(this.origin);
    if (leaf === undefined || this.askedOfLate < GUIDANCE_EVERY || !this.question.has(QueryFlag.leafGuided)) return 0;
    if (!leaf.understands(VendorKind.hitsQuestion)) return 0;
    this.askedOfLate = 0;
    this.isWaiting = true;
    this.servent.sendVendor(leaf, vendorMessage(VendorKind.hitsQuestion, 1, u16Data(0).subarray(0, 0)), this.guid);
    return GUIDANCE_MS;
  }
}

/** How many servents a query with that ttl reaches behind a neighbour with so many links, if none is reached twice. */
export function hostsWithin(degree: number, ttl: number): number {
  let hosts = 0;
  let ring = 1;
  for (let hop = 0; hop < ttl; hop++) {
    hosts += ring;
    ring *= Math.max(1, degree - 1);
  }
  return hosts;
}
