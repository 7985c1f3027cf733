/**
 * The introducers that a member of one network knows, as their client: which may be asked or told now, and what they answered. They are for
 * coming in and for letting others in: a network that stands does without. Owns when each was asked. A Fetcher speaks HTTP for it.
 */

import { readUtf8 } from '../../core/utf8.ts';
import { AddressScope, isNowhere, scopeOf } from '../../core/address-scope.ts';
import { endpointOf, endpointPort, formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Fetcher, FetchOperation } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { ANSWER_CHARS_MAX, type CacheAnswer, parseCacheAnswer, TAKEN } from './cache-answer.ts';
import { formatCacheQuery } from './cache-request.ts';

export interface IntroducersListener {
  /** Members to try. They come from a stranger: they are tried, and not believed in. */
  onMembers(members: readonly Endpoint[]): void;
}

/** Until one that has nothing for us, or does not answer, is asked again: doubles each time. One that had something is not asked again so soon. */
const ASK_MS_MIN = 4_000;
const ASK_MS_MAX = 3_600_000;
const SERVED_MS = 60_000;
/** GWC: an update an hour. */
export const TELL_MS = 3_600_000;
/** A visit to us is part of an update. */
const TIMEOUT_MS = 15_000;
/** More would be known than is ever asked. */
export const INTRODUCERS_MAX = 10;
/** Told of us: the others learn of us by the network. */
const TOLD_MAX = 3;

/** One introducer: when it may be asked and told again, and what is under way. */
class Known {
  readonly url: string;
  askAtMs = 0;
  tellAtMs = 0;
  waitMs = ASK_MS_MIN;
  isAsked = false;
  isTold = false;

  constructor(url: string) {
    this.url = url;
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
    this.known = [...new Set(urls)].slice(0, INTRODUCERS_MAX).map((url) => new Known(url));
  }

  /** A question for members is under way. */
  get isAsking(): boolean {
    return this.known.some(({ isAsked }) => isAsked);
  }

  /** Asks one that may be asked, if members are wanted, and tells of us where it is time. `self`: where others reach us; null: they cannot. */
  tick(nowMs: number, wantsMembers: boolean, self: Endpoint | null): void {
    this.nowMs = nowMs;
    if (wantsMembers && !this.isAsking) this.ask();
    if (self === null) return;
    for (const each of this.known.slice(0, TOLD_MAX)) if (!each.isTold && each.tellAtMs <= nowMs) this.tell(each, self);
  }

  private ask(): void {
    const ready = this.known.filter(({ askAtMs }) => askAtMs <= this.nowMs);
    if (ready.length === 0) return;
    // By chance: the first of a list that everybody has would carry all of it.
    const each = ready[this.random.below(ready.length)] as Known;
    each.isAsked = true;
    this.counters.questions++;
    this.fetch(each, formatCacheQuery(this.net, this.client, { get: true, member: null }), new Asking(this, each));
  }

  served(each: Known, answer: CacheAnswer | null): void {
    const scope = scopeOfUrl(each.url);
    const members = (answer?.members ?? [])
      .map(({ endpoint }) => endpoint)
      .filter((endpoint) => endpointPort(endpoint) !== 0 && scopeOf(endpoint) >= scope && !isNowhere(endpoint));
    each.askAtMs = this.nowMs + (members.length > 0 ? SERVED_MS : each.waitMs);
    each.waitMs = members.length > 0 ? ASK_MS_MIN : Math.min(each.waitMs * 2, ASK_MS_MAX);
    this.counters.members += members.length;
    if (members.length > 0) this.listener.onMembers(members);
  }

  private tell(each: Known, self: Endpoint): void {
    each.isTold = true;
    each.tellAtMs = this.nowMs + TELL_MS;
    this.counters.updates++;
    this.fetch(each, formatCacheQuery(this.net, this.client, { get: false, member: formatEndpoint(self) }), new Telling(this, each));
  }

  private fetch({ url }: Known, query: string, operation: FetchOperation): void {
    this.fetcher.fetch(`${url}${url.includes('?') ? '&' : '?'}${query}`, { bytesMax: ANSWER_CHARS_MAX, timeoutMs: TIMEOUT_MS }, operation);
  }
}

/** Members are asked for. */
class Asking implements FetchOperation {
  private readonly owner: Introducers;
  private readonly each: Known;

  constructor(owner: Introducers, each: Known) {
    this.owner = owner;
    this.each = each;
  }

  onFetched(status: number, body: Uint8Array): void {
    this.each.isAsked = false;
    this.owner.served(this.each, answerOf(status, body));
  }
}

/** An introducer is told of us. */
class Telling implements FetchOperation {
  private readonly owner: Introducers;
  private readonly each: Known;

  constructor(owner: Introducers, each: Known) {
    this.owner = owner;
    this.each = each;
  }

  onFetched(status: number, body: Uint8Array): void {
    this.each.isTold = false;
    if (answerOf(status, body)?.update === TAKEN) this.owner.counters.taken++;
  }
}

/** Null: no answer that is one. */
function answerOf(status: number, body: Uint8Array): CacheAnswer | null {
  return status === 200 ? parseCacheAnswer(readUtf8(body, 0, body.length)) : null;
}

/** Who is beyond our network, or our machine, knows nobody in it, and has no business aiming us there. A name without a dot is one of our own network. */
function scopeOfUrl(url: string): AddressScope {
  const [, bracketed, plain = ''] = /^https?:\/\/(?:\[([^\]]*)\]|([^:/]*))/i.exec(url) ?? [];
  const address = endpointOf(bracketed ?? plain, 1);
  if (address !== null) return scopeOf(address);
  if (plain === 'localhost') return AddressScope.loopback;
  return plain.includes('.') ? AddressScope.public : AddressScope.private;
}
