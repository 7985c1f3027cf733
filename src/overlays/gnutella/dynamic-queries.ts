/** The dynamic queries that an ultrapeer carries out. Owns them, and their timers. */

import { type Timer } from '../../core/host.ts';
import { DynamicQuery, ENOUGH } from './dynamic-query.ts';
import { equalGuids, type Guid } from './guid.ts';
import type { Neighbour } from './neighbour.ts';
import type { Packet } from './packet.ts';
import { OWN_ROUTE } from './query-router.ts';
import type { Question } from './question.ts';
import type { GnutellaServent } from './servent.ts';
import { TimerKind } from './timer-kinds.ts';
import { u16Data, VendorKind, vendorMessage } from './vendor-message.ts';

/** Of all leaves together; one more is answered by what we and our leaves have. */
const QUERIES_MAX = 1_000;
/** Of one leaf at once. */
const QUERIES_PER_LEAF_MAX = 10;

interface Running {
  readonly query: DynamicQuery;
  timer: Timer;
}

export class DynamicQueries {
  refused = 0;
  private readonly servent: GnutellaServent;
  /** Null while there is none: most servents never have any. */
  private running: Map<number, Running> | null = null;
  private numbers = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  get size(): number {
    return this.running?.size ?? 0;
  }

  /** `from` null: it is ours. */
  start(packet: Packet, question: Question, from: Neighbour | null, wanted: number): void {
    const origin = from?.number ?? OWN_ROUTE;
    this.running ??= new Map();
    if (this.running.size >= QUERIES_MAX || (from !== null && this.countOf(origin) >= QUERIES_PER_LEAF_MAX)) {
      this.refused++;
      return;
    }
    const query = new DynamicQuery(this.servent, ++this.numbers, packet, question, origin, wanted);
    const wait = query.probe();
    if (wait > 0) this.running.set(query.number, { query, timer: this.servent.host.setTimer(wait, TimerKind.dynamicQuery, query.number) });
  }

  onTimer(number: number): void {
    const running = this.running?.get(number);
    if (running === undefined) return;
    const isGone = running.query.origin !== OWN_ROUTE && !this.servent.neighbours.has(running.query.origin);
    const wait = isGone ? 0 : running.query.next();
    if (wait === 0) this.running?.delete(number);
    else running.timer = this.servent.host.setTimer(wait, TimerKind.dynamicQuery, number);
  }

  /** So many files have come for it, and were passed on. */
  onHits(guid: Guid, count: number): void {
    const running = this.of(guid);
    if (running !== null) running.query.hits += count;
  }

  /** The leaf that it is for says how many it has. */
  onGuidance(from: Neighbour, guid: Guid, hits: number): void {
    const running = this.of(guid);
    if (running === null || running.query.origin !== from.number) return;
    if (!running.query.onGuidance(hits)) return;
    this.servent.host.clearTimer(running.timer);
    this.onTimer(running.query.number);
  }

  isRunning(guid: Guid): boolean {
    return this.of(guid) !== null;
  }

  /** A leaf asks how far we are with its query (BEAR/11): it is told how many hits there are, or that nobody is asked any more. */
  tellLeaf(leaf: Neighbour, guid: Guid): void {
    const query = this.of(guid)?.query ?? null;
    const isAtWork = query !== null && query.origin === leaf.number && query.hits < query.wanted;
    const count = isAtWork ? Math.min(query.hits, ENOUGH - 1) : ENOUGH;
    this.servent.sendVendor(leaf, vendorMessage(VendorKind.hitsSoFar, 1, u16Data(count)), guid);
  }

  stop(guid: Guid): void {
    const running = this.of(guid);
    if (running === null) return;
    this.servent.host.clearTimer(running.timer);
    this.running?.delete(running.query.number);
  }

  stopAll(): void {
    for (const { timer } of this.running?.values() ?? []) this.servent.host.clearTimer(timer);
    this.running = null;
  }

  private of(guid: Guid): Running | null {
    for (const running of this.running?.values() ?? []) if (equalGuids(running.query.guid, guid)) return running;
    return null;
  }

  private countOf(origin: number): number {
    let count = 0;
    for (const { query } of this.running?.values() ?? []) if (query.origin === origin) count++;
    return count;
  }
}
