/**
 * The searches of this node's owner: asked of the supernode, asked again of the next one when that is gone, and told as hits, each once. Owns the
 * searches in flight.
 */

import { endpointPort, formatEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import { type Endpoint, NO_TIMER, type Timer } from '../../core/host.ts';
import { matches } from '../../wire/keywords.ts';
import type { Search, SearchHit, SearchListener } from '../../wire/search-hit.ts';
import { type FileQuery, NO_HASHES } from '../../wire/shared-file.ts';
import { factsOf, kbpsOf } from './file-facts.ts';
import type { FastTrackNode } from './fasttrack-node.ts';
import type { Result } from './messages.ts';
import { TimerKind } from './timer-kinds.ts';
import { type TermsOfQuery, termsOf, termsOfHash, wordsOf } from './search-terms.ts';

/** So many at once; the network takes ids of 16 bits. */
const SEARCHES_MAX = 64;
/** A supernode's exit costs less: whoever has not heard the end after so long will not hear it. */
const PATIENCE_MS = 75_000;

export class OwnSearches {
  private readonly node: FastTrackNode;
  /** Null when there has been none. */
  private byId: Map<number, OwnSearch> | null = null;
  private lastId = 0;

  constructor(node: FastTrackNode) {
    this.node = node;
  }

  get count(): number {
    return this.byId?.size ?? 0;
  }

  byQuery(query: FileQuery, listener: SearchListener): Search {
    return this.begin(query, termsOf(query), listener);
  }

  /** Holders of one file. */
  byHash(hash: Uint8Array, limit: number, listener: SearchListener): Search {
    return this.begin({ words: [], limit }, termsOfHash(hash), listener);
  }

  /** There is a new supernode, or we are one: everything that has no end yet is asked there. */
  askAll(): void {
    for (const search of this.byId?.values() ?? []) this.node.ask(search);
  }

  onResults(supernode: Endpoint, id: number, results: readonly Result[]): void {
    const search = this.byId?.get(id);
    if (search === undefined) return;
    for (const result of results) {
      if (this.node.isBad(result.hash) || this.node.isOwn(result)) continue;
      const hit = hitOf(supernode, result);
      if (hit !== null && search.isNew(hit, wordsOf(result.tags))) search.listener.onHit(hit);
      if (search.isFull) return this.end(search);
    }
  }

  onEnd(id: number): void {
    const search = this.byId?.get(id);
    if (search !== undefined) this.end(search);
  }

  /** Timer `search`. */
  onTimer(id: number): void {
    this.onEnd(id);
  }

  /** The node stops. */
  clear(): void {
    for (const search of [...(this.byId?.values() ?? [])]) this.end(search);
  }

  private begin(query: FileQuery, terms: TermsOfQuery, listener: SearchListener): Search {
    this.byId ??= new Map();
    const oldest = this.byId.values().next().value;
    if (this.byId.size >= SEARCHES_MAX && oldest !== undefined) this.end(oldest);
    do this.lastId = (this.lastId + 1) & 0xffff;
    while (this.byId.has(this.lastId));
    const search = new OwnSearch(this, this.lastId, query, terms, listener);
    search.timer = this.node.host.setTimer(PATIENCE_MS, TimerKind.search, search.id);
    this.byId.set(search.id, search);
    this.node.ask(search);
    return search;
  }

  end(search: OwnSearch): void {
    if (!this.forget(search)) return;
    search.listener.onSearchEnd();
  }

  /** False when it was over before. */
  forget(search: OwnSearch): boolean {
    this.node.host.clearTimer(search.timer);
    return this.byId?.delete(search.id) ?? false;
  }
}

export class OwnSearch implements Search {
  readonly id: number;
  readonly query: FileQuery;
  readonly terms: TermsOfQuery;
  readonly listener: SearchListener;
  timer: Timer = NO_TIMER;
  private readonly searches: OwnSearches;
  private readonly seen = new Set<string>();

  constructor(searches: OwnSearches, id: number, query: FileQuery, terms: TermsOfQuery, listener: SearchListener) {
    this.searches = searches;
    this.id = id;
    this.query = query;
    this.terms = terms;
    this.listener = listener;
  }

  get isFull(): boolean {
    return this.seen.size >= this.query.limit;
  }

  stop(): void {
    this.searches.forget(this);
  }

  /** What a supernode answers is held against what was asked: it may know other words, or none. */
  isNew(hit: SearchHit, words: readonly string[]): boolean {
    const key = `${hit.holder.id} ${hit.holder.locator}`;
    const file = { id: 1, folder: '', modifiedMs: 0, name: hit.name, bytes: hit.bytes, kind: hit.kind, tags: hit.tags, hashes: hit.hashes };
    if (this.seen.has(key) || !matches(this.query, file, new Set(words))) return false;
    this.seen.add(key);
    return true;
  }
}

/** Null when it has no name. */
function hitOf(supernode: Endpoint, result: Result): SearchHit | null {
  const facts = factsOf(result.tags);
  if (facts === null) return null;
  const firewalled = endpointPort(result.user) === 0;
  return {
    network: 'fasttrack',
    ...facts,
    bytes: result.bytes,
    hashes: { ...NO_HASHES, uu: result.hash },
    holder: {
      endpoint: firewalled ? null : result.user,
      locator: `/.hash=${hexOf(result.hash)}`,
      id: `${result.name}@${formatEndpoint(result.user)}`,
      firewalled,
      busy: false,
      speed: kbpsOf(result.bandwidth),
      proxies: [supernode],
    },
  };
}
