/** One search on its way from hub to hub: whom it has asked, whom those have covered, and what came of it. Owns that. */

import { equalBytes } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import type { Search, SearchHit, SearchListener } from '../../wire/search-hit.ts';
import { endpointKey } from '../../wire/endpoint-key.ts';
import type { Link } from './link.ts';
import type { Packet } from './packet.ts';
import type { QueryAck } from './query-ack.ts';
import { type HashedQuery, queryPacket } from './query.ts';

/** Hubs that are still to be asked. */
const NEXT_MAX = 512;
/** Hubs that one acknowledgement may say to have covered: a hub has no more neighbours. */
const COVERED_AT_ONCE_MAX = 24;
const TRIES_MAX = 2;
/** A hub that is asked to wait longer is left out. */
const RETRY_MS_MAX = 60_000;

/** A hub that has been asked, for its key or for files, and has not answered. */
export interface Ask {
  readonly endpoint: Endpoint;
  stage: 'key' | 'query';
  atMs: number;
  tries: number;
}

export class RunningSearch implements Search {
  readonly guid: Uint8Array;
  readonly hex: string;
  readonly query: HashedQuery;
  readonly packet: Packet;
  readonly asks = new Map<number, Ask>();
  /** Our own hubs, and when each may be asked (again). */
  readonly hubsMs = new Map<Link, number>();
  packets = 0;
  hits = 0;
  /** When something last happened. */
  movedMs: number;
  isOver = false;
  /** Hubs that are done, or have been asked. */
  private readonly settled = new Set<number>();
  /** Those that have it from a neighbour, which passes it no further: they have not been asked themselves. */
  private readonly passed = new Map<number, Endpoint>();
  private readonly next: Endpoint[] = [];
  private readonly later: { readonly endpoint: Endpoint; readonly atMs: number }[] = [];
  private readonly listener: SearchListener;
  private readonly seen = new Set<string>();
  private readonly onOver: (search: RunningSearch) => void;

  constructor(guid: Uint8Array, query: HashedQuery, listener: SearchListener, nowMs: number, onOver: (search: RunningSearch) => void) {
    this.guid = guid;
    this.hex = hexOf(guid);
    this.query = query;
    this.packet = queryPacket(guid, query);
    this.listener = listener;
    this.movedMs = nowMs;
    this.onOver = onOver;
  }

  /** Hubs that have it, as far as is known. */
  get covered(): number {
    return this.settled.size - this.asks.size;
  }

  stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onOver(this);
  }

  end(): void {
    if (this.isOver) return;
    this.stop();
    this.listener.onSearchEnd();
  }

  isSettled(key: number): boolean {
    return this.settled.has(key);
  }

  /** The next hub that others have named; null: none. */
  take(nowMs: number): Endpoint | null {
    for (let index = this.later.length - 1; index >= 0; index--) {
      const { endpoint, atMs } = this.later[index] as { endpoint: Endpoint; atMs: number };
      if (atMs > nowMs) continue;
      this.later.splice(index, 1);
      return endpoint;
    }
    for (let endpoint = this.next.shift(); endpoint !== undefined; endpoint = this.next.shift()) {
      if (!this.settled.has(endpointKey(endpoint))) return endpoint;
    }
    return null;
  }

  /**
   * A hub that has the query from a neighbour: asked itself, it passes it to its own neighbours, who may be known to nobody else. That is worth its packets only while there is no
   * hit at all.
   */
  takePassed(): Endpoint | null {
    const [first] = this.hits === 0 ? this.passed : [];
    if (first === undefined) return null;
    this.passed.delete(first[0]);
    return first[1];
  }

  /** Something may still come of itself. */
  get waits(): boolean {
    return this.asks.size > 0 || this.later.length > 0 || this.next.length > 0 || (this.hits === 0 && this.passed.size > 0);
  }

  ask(endpoint: Endpoint, stage: Ask['stage'], nowMs: number): void {
    const key = endpointKey(endpoint);
    const ask = this.asks.get(key);
    this.settled.add(key);
    this.passed.delete(key);
    this.movedMs = nowMs;
    if (ask === undefined) this.asks.set(key, { endpoint, stage, atMs: nowMs, tries: 1 });
    else {
      ask.tries = ask.stage === stage ? ask.tries + 1 : 1;
      ask.stage = stage;
      ask.atMs = nowMs;
    }
  }

  /** A key has come: for a hub that was asked for it, or that does not know the one it was given. */
  mayUseKey(key: number): boolean {
    const ask = this.asks.get(key);
    return ask !== undefined && (ask.stage === 'key' || ask.tries < TRIES_MAX);
  }

  /** Those that have been silent for so long: asked again, or given up. */
  silent(beforeMs: number): { readonly again: Ask[]; readonly lost: Ask[] } {
    const again: Ask[] = [];
    const lost: Ask[] = [];
    for (const [key, ask] of this.asks) {
      if (ask.atMs > beforeMs) continue;
      if (ask.tries < TRIES_MAX) again.push(ask);
      else {
        this.asks.delete(key);
        lost.push(ask);
      }
    }
    return { again, lost };
  }

  /** `from`: who has said so, by datagram; null: a hub of ours. */
  acknowledged({ done, next, retryAfterMs }: QueryAck, from: Endpoint | null, nowMs: number): void {
    this.movedMs = nowMs;
    if (from !== null) this.asks.delete(endpointKey(from));
    for (const [index, { endpoint }] of done.slice(0, COVERED_AT_ONCE_MAX).entries()) {
      const key = endpointKey(endpoint);
      // The first is who says so.
      if (index > 0 && !this.settled.has(key)) this.passed.set(key, endpoint);
      this.settled.add(key);
      if (index === 0) this.asks.delete(key);
    }
    for (const { endpoint } of next) if (this.next.length < NEXT_MAX && !this.settled.has(endpointKey(endpoint))) this.next.push(endpoint);
    if (done.length === 0 && from !== null && retryAfterMs > 0 && retryAfterMs <= RETRY_MS_MAX && this.later.length < NEXT_MAX) {
      this.later.push({ endpoint: from, atMs: nowMs + retryAfterMs });
    }
  }

  /** Tells of those that are what was asked for, and have not been told of. */
  found(hits: readonly SearchHit[], nowMs: number): void {
    this.movedMs = nowMs;
    for (const hit of hits) {
      const name = `${hit.holder.id} ${hit.holder.locator} ${hit.name}`;
      if (this.isOver || this.seen.has(name) || !this.isWanted(hit)) continue;
      this.seen.add(name);
      this.hits++;
      this.listener.onHit(hit);
      if (this.hits >= this.query.limit) this.end();
    }
  }

  /** Words need not be in the name: they may be of its folder or its tags. */
  private isWanted({ name, bytes, kind, hashes }: SearchHit): boolean {
    const { query } = this;
    if (query.hash !== undefined) {
      const hash = hashes[query.hash.kind];
      if (hash === null || !equalBytes(hash, query.hash.bytes)) return false;
    }
    const words = (query.without ?? []).length === 0 ? [] : keywordsOf(name);
    return (
      (query.kind === undefined || kind === query.kind) &&
      bytes >= (query.bytesMin ?? 0) &&
      bytes <= (query.bytesMax ?? Number.POSITIVE_INFINITY) &&
      !(query.without ?? []).some((word) => words.includes(word))
    );
  }
}
