/**
 * Asks RSS and Atom feeds in turn, no oftener than they like, and hands over what is wanted and new. Owns no file and no torrent: the book keeps the feeds, whoever calls takes
 * the items. `kith feed check` runs one round; a node that stays up calls `start` and gives each item to its own `add`.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { HttpFetcher } from '../../net/fetcher.ts';
import { safeText } from '../../wire/safe-text.ts';
import { type Feed, type FeedBook, type FeedState, markOf, newState, TAKEN_MAX } from './feed-book.ts';
import type { FeedItem } from './feed-document.ts';
import { FEED_BYTES_MAX, NoFeed } from './no-feed.ts';
import { wants } from './feed-filter.ts';

/** Whatever a feed says, it is asked no oftener than the first and no more rarely than the last. */
export const INTERVAL_MS_MIN = 5 * 60_000;
export const INTERVAL_MS_MAX = 24 * 3_600_000;
const TIMEOUT_MS = 30_000;
/** How often a node looks which feeds are due. */
const LOOK_MS = 30_000;
const HEADER_CHARS_MAX = 1000;
const DETAIL_CHARS_MAX = 300;

/** What goes with an item to whoever takes it. */
export interface TakeOptions {
  readonly feed: string;
  readonly title: string;
  readonly label: string | null;
  readonly folder: string | null;
}

/** Adds what `source` names: a magnet link, the http(s) address of a .torrent, or a hash. An item whose take rejects is offered again the next time. */
export type Take = (source: string, options: TakeOptions) => Promise<void>;

export interface FeedOutcome {
  readonly feed: Feed;
  /** `waiting`: it was not asked, since it is too early. */
  readonly kind: 'read' | 'unchanged' | 'waiting' | 'failed';
  /** Why it failed; empty otherwise. */
  readonly detail: string;
  /** When it may be asked again, in ms since 1970. */
  readonly notBeforeMs: number;
  readonly taken: readonly FeedItem[];
  /** Wanted, and not taken: with the reason. */
  readonly refused: readonly { readonly item: FeedItem; readonly why: string }[];
}

export interface FeedsOptions {
  readonly book: FeedBook;
  readonly fetcher: Pick<HttpFetcher, 'fetch'>;
  /** ms since 1970; the system's clock when absent. */
  readonly now?: () => number;
}

export interface CheckOptions {
  /** One feed by its name; null: all. */
  readonly name: string | null;
  /** Those too that are not due. */
  readonly early: boolean;
  /** False: nothing is remembered, and the same comes again. */
  readonly remembers: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  readonly detail: string;
  readonly headers: IncomingHttpHeaders;
}

export class Feeds {
  readonly #book: FeedBook;
  readonly #fetcher: Pick<HttpFetcher, 'fetch'>;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<unknown> = Promise.resolve();

  constructor({ book, fetcher, now = Date.now }: FeedsOptions) {
    this.#book = book;
    this.#fetcher = fetcher;
    this.#now = now;
  }

  /** One round. Rejects with a Failure when another process is at one, or the files cannot be used; a feed that fails is told in its outcome. */
  async check(take: Take, { name, early, remembers }: CheckOptions): Promise<readonly FeedOutcome[]> {
    const feeds = name === null ? this.#book.feeds() : [this.#book.find(name)];
    const lock = remembers ? this.#book.lock() : null;
    try {
      const outcomes: FeedOutcome[] = [];
      for (const feed of feeds) {
        const state = this.#book.state(feed.name);
        const outcome = await this.#checkOne(feed, state, take, early);
        outcomes.push(outcome);
        if (!remembers || outcome.kind === 'waiting') continue;
        // Right after each: who is killed in the middle of a round does not take twice.
        this.#book.keepState(feed.name, state);
      }
      return outcomes;
    } finally {
      lock?.release();
    }
  }

  /** Asks every feed whenever it is due, from now on; what came of it is told. Feeds that are added or removed meanwhile are seen in the next round. */
  start(take: Take, onOutcome: (outcome: FeedOutcome) => void, onError: (error: unknown) => void): void {
    const round = async (): Promise<void> => {
      try {
        const outcomes = await this.check(take, { name: null, early: false, remembers: true });
        for (const outcome of outcomes) if (outcome.kind !== 'waiting') onOutcome(outcome);
      } catch (error) {
        onError(error);
      }
      if (this.#timer === null) return;
      this.#timer = setTimeout(next, LOOK_MS);
      this.#timer.unref();
    };
    const next = (): void => void (this.#round = round());
    this.#timer = setTimeout(next, 0);
  }

  /** Resolves when the round under way is over; the fetcher's `close` ends it at once. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#round;
  }

  async #checkOne(feed: Feed, state: FeedState, take: Take, early: boolean): Promise<FeedOutcome> {
    if (!early && this.#now() < state.notBeforeMs) return outcomeOf(feed, state, 'waiting');
    const answer = await this.#ask(feed.url, state);
    if (answer.status === 304) {
      state.failures = 0;
      state.notBeforeMs = this.#now() + state.intervalMs;
      return outcomeOf(feed, state, 'unchanged');
    }
    if (answer.status !== 200)
      return this.#failed(feed, state, answer.status === 0 ? answer.detail : `the server said ${answer.status}`, answer);
    try {
      // Who has no feed does not wait for the parser.
      const { parseFeed } = await import('./feed-document.ts');
      const { items, ttlMinutes } = parseFeed(answer.body, feed.url);
      state.failures = 0;
      state.intervalMs = clamp(ttlMinutes === null ? newState().intervalMs : ttlMinutes * 60_000);
      state.notBeforeMs = this.#now() + state.intervalMs;
      const outcome = await takeNew(feed, state, items, take);
      // A server that says "nothing new" would keep from us what could not be taken.
      state.etag = outcome.refused.length > 0 ? null : headerOf(answer.headers.etag);
      state.lastModified = outcome.refused.length > 0 ? null : headerOf(answer.headers['last-modified']);
      return outcome;
    } catch (error) {
      if (!(error instanceof NoFeed)) throw error;
      return this.#failed(feed, state, error.message, answer);
    }
  }

  #failed(feed: Feed, state: FeedState, detail: string, { headers }: Answer): FeedOutcome {
    state.failures++;
    const wished = Number(headers['retry-after']) * 1000;
    const backoffMs = INTERVAL_MS_MIN * 2 ** Math.min(state.failures - 1, 10);
    state.notBeforeMs = this.#now() + clamp(Number.isFinite(wished) ? Math.max(wished, backoffMs) : backoffMs);
    return { ...outcomeOf(feed, state, 'failed'), detail: safeText(detail, DETAIL_CHARS_MAX) };
  }

  #ask(url: string, { etag, lastModified }: FeedState): Promise<Answer> {
    const headers = {
      ...(etag !== null && { 'if-none-match': etag }),
      ...(lastModified !== null && { 'if-modified-since': lastModified }),
    };
    let answered: IncomingHttpHeaders = {};
    const limits = {
      bytesMax: FEED_BYTES_MAX,
      timeoutMs: TIMEOUT_MS,
      headers,
      onHeaders: (came: IncomingHttpHeaders) => void (answered = came),
    };
    return new Promise((resolve) => {
      this.#fetcher.fetch(url, limits, { onFetched: (status, body, detail) => resolve({ status, body, detail, headers: answered }) });
    });
  }
}

/** The oldest first, as they were published. */
async function takeNew(feed: Feed, state: FeedState, items: readonly FeedItem[], take: Take): Promise<FeedOutcome> {
  const known = new Set(state.taken);
  const taken: FeedItem[] = [];
  const refused: { item: FeedItem; why: string }[] = [];
  for (const item of items.toReversed()) {
    const mark = markOf(item.guid);
    if (known.has(mark) || !wants(feed.filter, item)) continue;
    known.add(mark);
    try {
      await take(item.link, { feed: feed.name, title: item.title, label: feed.label, folder: feed.folder });
      state.taken.push(mark);
      taken.push(item);
    } catch (error) {
      refused.push({ item, why: (error as Error).message });
    }
  }
  state.taken.splice(0, state.taken.length - TAKEN_MAX);
  return { ...outcomeOf(feed, state, 'read'), taken, refused };
}

function outcomeOf(feed: Feed, { notBeforeMs }: FeedState, kind: FeedOutcome['kind']): FeedOutcome {
  return { feed, kind, detail: '', notBeforeMs, taken: [], refused: [] };
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, INTERVAL_MS_MIN), INTERVAL_MS_MAX);
}

function headerOf(value: string | undefined): string | null {
  return value === undefined || value.length > HEADER_CHARS_MAX ? null : value;
}
