/**
 * Searches among supernodes: passed on to a few neighbours, as far as they may go, once each; what is found goes back the way they came, and nothing else
 * does. Owns the table of what has passed.
 */

import type { Endpoint } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import type { Link } from './link.ts';
import { type BodyOf, inMessages, type Result, type Term, Type } from './messages.ts';
import { wantedOf } from './search-terms.ts';
import type { Supernode } from './supernode.ts';
import { TimerKind } from './timer-kinds.ts';

const PASSAGES_MAX = 8_192;
/** Nobody's search goes further, whatever it says. */
const TTL_MAX = 4;
/** What one supernode answers to one search. */
const ANSWERS_MAX = 50;
const WAIT_PER_HOP_MS = 2_500;
/** Ids are drawn from so many, and sent as whole numbers. */
const IDS = 2 ** 53;

/** Who has asked: a child, or the owner of this node. */
export interface Asker {
  readonly id: number;
  onResults(supernode: Endpoint, results: readonly Result[]): void;
  onEnd(): void;
}

interface Passage {
  /** Null: it began here. */
  readonly from: Link | null;
  readonly asker: Asker | null;
  /** Results that may still pass. */
  left: number;
}

export class Flood {
  passed = 0;
  duplicates = 0;
  unasked = 0;
  private readonly supernode: Supernode;
  private readonly passages = new Lru<number, Passage>(PASSAGES_MAX);

  constructor(supernode: Supernode) {
    this.supernode = supernode;
  }

  /** A search of somebody here, answered with what is known here at once. */
  begin(realm: number, terms: readonly Term[], resultsMax: number, asker: Asker): void {
    const { supernode } = this;
    const { options, host } = supernode;
    const wanted = wantedOf(realm, terms);
    const limit = Math.min(resultsMax, options.resultsMax);
    if (wanted === null) return asker.onEnd();
    const own = supernode.find(wanted, limit);
    if (own.length > 0) asker.onResults(supernode.endpoint, own);
    const left = limit - own.length;
    if (left <= 0 || supernode.links.count === 0 || options.floodTtl < 1) return asker.onEnd();
    const id = Math.floor(host.random.unit() * IDS);
    this.passages.set(id, { from: null, asker, left });
    this.passOn({ id, ttl: options.floodTtl, hops: 0, resultsMax: left, realm, terms }, null);
    host.setTimer(WAIT_PER_HOP_MS * options.floodTtl, TimerKind.flood, id);
  }

  /** Timer `flood`: what has not come by now is not waited for. */
  onTimer(id: number): void {
    const passage = this.passages.peek(id);
    if (passage?.asker === null || passage === undefined || passage.left <= 0) return;
    passage.left = 0;
    passage.asker.onEnd();
  }

  onQuery(link: Link, query: BodyOf<typeof Type.query>): void {
    const { supernode } = this;
    const wanted = wantedOf(query.realm, query.terms);
    if (wanted === null) return;
    if (this.passages.has(query.id)) {
      this.duplicates++;
      return;
    }
    const limit = Math.min(query.resultsMax, supernode.options.resultsMax);
    const results = supernode.find(wanted, Math.min(ANSWERS_MAX, limit));
    this.passages.set(query.id, { from: link, asker: null, left: limit - results.length });
    answer(link, query.id, supernode.endpoint, results);
    const ttl = Math.min(query.ttl, TTL_MAX) - 1;
    if (ttl > 0 && limit > results.length) this.passOn({ ...query, ttl, hops: Math.min(255, query.hops + 1) }, link);
  }

  onFound(found: BodyOf<typeof Type.found>): void {
    const passage = this.passages.peek(found.id);
    if (passage === undefined) {
      this.unasked++;
      return;
    }
    const results = found.results.filter(({ hash }) => !this.supernode.isBad(hash)).slice(0, passage.left);
    if (results.length === 0) return;
    passage.left -= results.length;
    if (passage.from !== null) answer(passage.from, found.id, found.supernode, results);
    else passage.asker?.onResults(found.supernode, results);
    if (passage.left <= 0) passage.asker?.onEnd();
  }

  private passOn(query: BodyOf<typeof Type.query>, from: Link | null): void {
    for (const link of this.supernode.links.some(this.supernode.options.fanOut, from)) {
      this.passed++;
      link.session.send({ type: Type.query, body: query });
    }
  }
}

function answer(link: Link, id: number, supernode: Endpoint, results: readonly Result[]): void {
  for (const part of inMessages(results)) link.session.send({ type: Type.found, body: { id, supernode, results: part } });
}
