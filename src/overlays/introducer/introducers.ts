/**
 * The introducers that a member of one network knows, as their client: which may be asked or told now, and what they answered. They are for
 * coming in and for letting others in: a network that stands does without. Owns when each was asked. A Fetcher speaks HTTP for it.
 */

import { readUtf8 } from '../../core/utf8.ts';
import { endpointPort, formatEndpoint, isLoopback } from '../../core/endpoint.ts';
import type { Endpoint, Fetcher, FetchOperation } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { ANSWER_CHARS_MAX, type CacheAnswer, parseCacheAnswer, TAKEN } from './cache-answer.ts';
import { formatCacheQuery } from './cache-request.ts';

export interface IntroducersListener {
  /** Members to try. They come from a stranger: they are tried, and not believed in. */
  onMembers(members: readonly Endpoint[]): void;
}

/** Between two questions to one introducer: doubles as long as it has nothing for us, and while it does not answer. */
const ASK_MS_MIN = 60_000;
const ASK_MS_MAX = 3_600_000;
/** GWC: an update an hour. */
export const TELL_MS = 3_600_000;
/** A visit to us is part of an update. */
const TIMEOUT_MS = 15_000;
/** More would be known than is ever asked. */
export const INTRODUCERS_MAX = 10;
/** Told of us: the others learn of us by the network. */
const TOLD_MAX = 3;

type Asked = 'nothing' | 'members' | 'update';

class Known implements FetchOperation {
  readonly url: string;
  askAtMs = 0;
  tellAtMs = 0;
  waitMs = ASK_MS_MIN;
  under: Asked = 'nothing';
  private readonly owner: Introducers;

  constructor(owner: Introducers, url: string) {
    this.owner = owner;
    this.url = url;
  }

  onFetched(status: number, body: Uint8Array): void {
    const asked = this.under;
    this.under = 'nothing';
    const text = status === 200 ? readUtf8(body, 0, body.length) : null;
    this.owner.answered(this, asked, text === null ? null : parseCacheAnswer(text));
  }
}

export class Introducers {
  readonly counters = { questions: 0, members: 0, updates: 0, taken: 0 };
  private readonly net: string;
  private readonly client: string;
  private readonly fetcher: Fetcher;
  private readonly random: Random;
  private readonly listener: IntroducersListener;
  private readonly known: Known[];
  private nowMs = 0;

  /** `client`: four letters and a version, as caches count them. */
  constructor(urls: readonly string[], net: string, client: string, fetcher: Fetcher, random: Random, listener: IntroducersListener) {
    this.net = net;
    this.client = client;
    this.fetcher = fetcher;
    this.random = random;
    this.listener = listener;
    this.known = [...new Set(urls)].slice(0, INTRODUCERS_MAX).map((url) => new Known(this, url));
  }

  /** Asks one that may be asked, if members are wanted, and tells of us where it is time. `self`: where others reach us; null: they cannot. */
  tick(nowMs: number, wantsMembers: boolean, self: Endpoint | null): void {
    this.nowMs = nowMs;
    if (wantsMembers && !this.known.some(({ under }) => under === 'members')) this.ask();
    if (self === null) return;
    for (const each of this.known.slice(0, TOLD_MAX)) if (each.under === 'nothing' && each.tellAtMs <= nowMs) this.tell(each, self);
  }

  /** What came of a question; null: no answer that is one. */
  answered(each: Known, asked: Asked, answer: CacheAnswer | null): void {
    if (asked === 'update') {
      if (answer?.update === TAKEN) this.counters.taken++;
      return;
    }
    // What is on its own machine to a cache elsewhere is another machine to us.
    const isNear = isNearUrl(each.url);
    const members = (answer?.members ?? [])
      .map(({ endpoint }) => endpoint)
      .filter((endpoint) => endpointPort(endpoint) !== 0 && (isNear || !isLoopback(endpoint)));
    each.waitMs = members.length > 0 ? ASK_MS_MIN : Math.min(each.waitMs * 2, ASK_MS_MAX);
    each.askAtMs = this.nowMs + each.waitMs;
    this.counters.members += members.length;
    if (members.length > 0) this.listener.onMembers(members);
  }

  private ask(): void {
    const ready = this.known.filter(({ under, askAtMs }) => under === 'nothing' && askAtMs <= this.nowMs);
    if (ready.length === 0) return;
    // By chance: the first of a list that everybody has would carry all of it.
    const each = ready[this.random.below(ready.length)] as Known;
    each.under = 'members';
    each.askAtMs = this.nowMs + each.waitMs;
    this.counters.questions++;
    this.fetch(each, formatCacheQuery(this.net, this.client, { get: true, member: null }));
  }

  private tell(each: Known, self: Endpoint): void {
    each.under = 'update';
    each.tellAtMs = this.nowMs + TELL_MS;
    this.counters.updates++;
    this.fetch(each, formatCacheQuery(this.net, this.client, { get: false, member: formatEndpoint(self) }));
  }

  private fetch(each: Known, query: string): void {
    const url = `${each.url}${each.url.includes('?') ? '&' : '?'}${query}`;
    this.fetcher.fetch(url, { bytesMax: ANSWER_CHARS_MAX, timeoutMs: TIMEOUT_MS }, each);
  }
}

function isNearUrl(url: string): boolean {
  return /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/]|$)/i.test(url);
}
