/** The hubs that a node has heard of, to connect to and to search at; those that do not answer are forgotten. Owns its entries, at most `sizeMax` of them. */

import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { endpointKey, endpointOfKey } from '../../wire/endpoint-key.ts';

/** There are many of these in each node of a simulated network: the endpoint is made of its key when it is wanted. */
export class KnownHub {
  readonly key: number;
  /** When somebody last knew it to be there. */
  seenMs: number;
  leaves: number;
  /** 0: nobody has told. */
  leavesMax: number;
  /** When we last dialled it; -Infinity: never. */
  triedMs = Number.NEGATIVE_INFINITY;
  failures = 0;

  constructor(key: number, seenMs: number, leaves: number, leavesMax: number) {
    this.key = key;
    this.seenMs = seenMs;
    this.leaves = leaves;
    this.leavesMax = leavesMax;
  }

  get endpoint(): Endpoint {
    return endpointOfKey(this.key);
  }
}

const FAILURES_MAX = 2;
/** A hub that nobody has seen for so long. */
const FORGET_MS = 3_600_000;

export class HubCache {
  private readonly hubs = new Map<number, KnownHub>();
  private readonly sizeMax: number;

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  get size(): number {
    return this.hubs.size;
  }

  [Symbol.iterator](): IterableIterator<KnownHub> {
    return this.hubs.values();
  }

  of(endpoint: Endpoint): KnownHub | null {
    return this.hubs.get(endpointKey(endpoint)) ?? null;
  }

  /** Somebody saw it at `seenMs`. What is newer replaces; when there is no room, the one that was seen longest ago goes. */
  learn(endpoint: Endpoint, seenMs: number, leaves = 0, leavesMax = 0): void {
    const key = endpointKey(endpoint);
    const known = this.hubs.get(key);
    if (known !== undefined) {
      if (seenMs < known.seenMs) return;
      known.seenMs = seenMs;
      if (leavesMax > 0) [known.leaves, known.leavesMax] = [leaves, leavesMax];
      return;
    }
    if (this.hubs.size >= this.sizeMax && !this.makeRoom(seenMs)) return;
    this.hubs.set(key, new KnownHub(key, seenMs, leaves, leavesMax));
  }

  answered(endpoint: Endpoint, nowMs: number): void {
    this.learn(endpoint, nowMs);
    const known = this.of(endpoint);
    if (known !== null) known.failures = 0;
  }

  failed(endpoint: Endpoint): void {
    const known = this.of(endpoint);
    if (known !== null && ++known.failures >= FAILURES_MAX) this.hubs.delete(known.key);
  }

  forget(endpoint: Endpoint): void {
    this.hubs.delete(endpointKey(endpoint));
  }

  expire(nowMs: number): void {
    for (const hub of this.hubs.values()) if (nowMs - hub.seenMs > FORGET_MS) this.hubs.delete(hub.key);
  }

  /** Up to `count` of those that have been seen last. */
  newest(count: number, isWanted: (hub: KnownHub) => boolean = () => true): KnownHub[] {
    return [...this.hubs.values()]
      .filter(isWanted)
      .sort((a, b) => b.seenMs - a.seenMs)
      .slice(0, count);
  }

  /** Up to `count` by chance: those seen last would be the same ones everywhere, and others never heard of. */
  some(count: number, random: Random, isWanted: (hub: KnownHub) => boolean): KnownHub[] {
    const some: KnownHub[] = [];
    let seen = 0;
    for (const hub of this.hubs.values()) {
      if (!isWanted(hub)) continue;
      seen++;
      if (some.length < count) some.push(hub);
      else {
        const place = random.below(seen);
        if (place < count) some[place] = hub;
      }
    }
    return some;
  }

  private makeRoom(seenMs: number): boolean {
    let oldest: KnownHub | null = null;
    for (const hub of this.hubs.values()) if (oldest === null || hub.seenMs < oldest.seenMs) oldest = hub;
    if (oldest === null || oldest.seenMs >= seenMs) return false;
    return this.hubs.delete(oldest.key);
  }
}
