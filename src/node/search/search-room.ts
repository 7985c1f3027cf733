/**
 * One search over all networks at once: asks each as soon as it has neighbours, takes what comes until it is enough or the time is over.
 * Owns the searches in flight and what they found. Everything is bounded, since what comes is what strangers send.
 */

import type { Search, SearchHit, SearchListener } from '../../wire/search-hit.ts';
import { type HitGroup, HitGroups } from './hit-groups.ts';
import type { SearchNetwork } from './search-network.ts';
import { type NetworkSearchState, type NetworkSearchView, rowOf, type SearchChange, type SearchView } from './search-view.ts';
import { holderKey, isWanted, ROWS_MAX, type SearchWish } from './search-wish.ts';

/** What one network may send for one search; one that sends more is heard no more. */
export const NETWORK_HITS_MAX = 10_000;
/** What one holder may answer to one search: an honest one has a few files of that name, a spammer any number. */
export const HOLDER_HITS_MAX = 200;
/** Who has found no neighbour by then is not waited for any more when the others are done. */
export const JOIN_MS_MAX = 10_000;
/** How often those without neighbours are looked at, and listeners told. */
const LOOK_MS = 250;

/** One network's part in a search. */
class NetworkSearch implements SearchListener {
  readonly network: SearchNetwork;
  state: NetworkSearchState = 'waiting';
  hits = 0;
  refused = 0;
  readonly #room: SearchRoom;
  readonly #byHolder = new Map<string, number>();
  readonly #holderHitsMax: number;
  #searches: readonly Search[] = [];
  /** Searches that go on. */
  #open = 1;

  constructor(room: SearchRoom, network: SearchNetwork) {
    this.#room = room;
    this.network = network;
    // Who is browsed shows all that he has.
    this.#holderHitsMax = room.wish.browse === null ? HOLDER_HITS_MAX : ROWS_MAX;
  }

  get isOver(): boolean {
    return this.state === 'ended' || this.state === 'flooded';
  }

  /** Begins once there is somebody to ask. */
  look(): void {
    if (this.state !== 'waiting' || this.network.status().state !== 'member') return;
    this.state = 'searching';
    const { request, browse } = this.#room.wish;
    this.#searches = browse === null ? [this.network.search(request, this)] : browse.flatMap((holder) => this.#browse(holder));
    this.#open = this.#searches.length;
    if (this.#open === 0) this.state = 'ended';
  }

  #browse(holder: string): Search[] {
    const search = this.network.browse?.(holder, this) ?? null;
    return search === null ? [] : [search];
  }

  onHit(hit: SearchHit): void {
    if (this.state !== 'searching') return;
    const holder = holderKey(hit);
    const byHolder = (this.#byHolder.get(holder) ?? 0) + 1;
    this.#byHolder.set(holder, byHolder);
    if (byHolder <= this.#holderHitsMax && this.#room.take(hit)) this.hits++;
    else this.refused++;
    if (this.hits + this.refused >= NETWORK_HITS_MAX && !this.isOver) this.stop('flooded');
  }

  onSearchEnd(): void {
    if (--this.#open === 0 && this.state === 'searching') this.state = 'ended';
    this.#room.look();
  }

  stop(state: 'ended' | 'flooded'): void {
    if (this.isOver) return;
    this.state = state;
    for (const search of this.#searches) search.stop();
    this.#searches = [];
  }

  view(): NetworkSearchView {
    const { network, state, hits, refused } = this;
    return { network: network.name, state, hits, refused };
  }
}

export class SearchRoom {
  readonly id: number;
  readonly wish: SearchWish;
  readonly #groups = new HitGroups();
  readonly #parts: readonly NetworkSearch[];
  readonly #startedAtMs = Date.now();
  readonly #looking: NodeJS.Timeout;
  readonly #late: NodeJS.Timeout;
  readonly #ended = Promise.withResolvers<void>();
  #tookMs: number | null = null;
  #why = '';

  /** Begins at once. */
  constructor(id: number, wish: SearchWish, networks: readonly SearchNetwork[]) {
    this.id = id;
    this.wish = wish;
    this.#parts = networks.map((network) => new NetworkSearch(this, network));
    this.#looking = setInterval(() => this.look(), LOOK_MS);
    this.#late = setTimeout(() => this.stop('The time is over.'), wish.waitMs);
    this.look();
  }

  /** Settles when no more comes. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#tookMs !== null;
  }

  /** Some network has had somebody to ask. */
  get reached(): boolean {
    return this.#parts.some(({ state }) => state !== 'waiting');
  }

  get groups(): HitGroups {
    return this.#groups;
  }

  group(number: number): HitGroup | null {
    return this.#groups.byNumber(number);
  }

  /** True when it is kept, or was known. */
  take(hit: SearchHit): boolean {
    if (this.isOver || !isWanted(this.wish.request, hit)) return false;
    const outcome = this.#groups.add(hit);
    if (this.#groups.count >= this.wish.enough) this.stop('That is enough.');
    return outcome !== 'full';
  }

  look(): void {
    if (this.isOver) return;
    for (const part of this.#parts) part.look();
    const isLate = Date.now() - this.#startedAtMs > JOIN_MS_MAX;
    if (!this.#parts.every(({ isOver, state }) => isOver || (isLate && state === 'waiting'))) return;
    this.stop(this.reached ? 'Everybody has been asked.' : 'There was nobody to ask.');
  }

  /** `why`: in a sentence. */
  stop(why: string): void {
    if (this.isOver) return;
    // First: what a network says while it is stopped comes too late.
    this.#tookMs = Date.now() - this.#startedAtMs;
    this.#why = why;
    clearInterval(this.#looking);
    clearTimeout(this.#late);
    // Who was never asked stays so.
    for (const part of this.#parts) if (part.state === 'searching') part.stop('ended');
    this.#ended.resolve();
  }

  view(): SearchView {
    return {
      id: this.id,
      text: this.wish.text,
      state: this.isOver ? 'ended' : 'searching',
      why: this.#why,
      startedAtMs: this.#startedAtMs,
      tookMs: this.#tookMs ?? Date.now() - this.#startedAtMs,
      rows: this.#groups.count,
      networks: this.#parts.map((part) => part.view()),
      sequence: this.#groups.sequence,
    };
  }

  changesAfter(sequence: number): SearchChange {
    return {
      search: this.view(),
      rows: this.#groups.changedAfter(sequence).map(rowOf),
      joined: this.#groups.joinedAfter(sequence),
    };
  }

  /** What has changed since `after`, and then whenever something does, until the search or the signal ends it; the last tells the end. */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<SearchChange> {
    let [sequence, told] = [after, ''];
    while (!signal.aborted) {
      const change = this.changesAfter(sequence);
      const { tookMs: _, ...state } = change.search;
      const now = JSON.stringify(state);
      if (now !== told) yield change;
      [sequence, told] = [change.search.sequence, now];
      if (change.search.state === 'ended') return;
      await this.#rest(signal);
    }
  }

  /** A moment, or until it is over. */
  async #rest(signal: AbortSignal): Promise<void> {
    const rested = Promise.withResolvers<void>();
    const timer = setTimeout(rested.resolve, LOOK_MS);
    signal.addEventListener('abort', () => rested.resolve(), { once: true });
    await Promise.race([rested.promise, this.ended]);
    clearTimeout(timer);
  }
}
