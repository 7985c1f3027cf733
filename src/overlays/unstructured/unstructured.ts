/**
 * A node of an unstructured network, in which a search does not know where to go: floods, growing floods and k random walkers (Lv et al., ICS 2002),
 * percolation (Sarshar et al., P2P 2004), rumours. Hits go straight to who asks. Owns its links, what others have left with it, and its searches.
 */

import { type Endpoint, type Host, NO_TIMER, type Peer, type Protocol, type Timer } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { mediaKindOf } from '../../wire/keywords.ts';
import type { Search, SearchListener } from '../../wire/search-hit.ts';
import { NO_HASHES, NO_TAGS, type SharedFile, type SharedFiles } from '../../wire/shared-file.ts';
import {
  check,
  checked,
  FILES_MAX,
  type FoundFile,
  hit,
  Mode,
  pointer,
  type Query,
  query,
  type UnstructuredMessage,
  unstructuredCodec,
} from './messages.ts';
import { Neighbours } from './neighbours.ts';
import { Pointers } from './pointers.ts';
import { type SearchStyle, UNSTRUCTURED_DEFAULTS, type UnstructuredOptions } from './unstructured-options.ts';

const TIMER_LOOK = 1;
const TIMER_RING = 2;
/** Queries that are remembered, so that each is passed on once. */
const SEEN_MAX = 4_096;
/** Walkers that wait for an answer of their origin. */
const WAITING_MAX = 1_024;
/** Searches of our own that are still heard of. */
const SEARCHES_MAX = 64;
const WORDS_MAX = 8;
/** What others have left here is told of at most so many files: answers stay within a bounded factor of the query. */
const POINTED_MAX = 8;
const SEARCH_NUMBERS = 2 ** 32;
const ROUNDS = 256;

const MODE_OF: Readonly<Record<SearchStyle, number>> = {
  flood: Mode.flood,
  ring: Mode.flood,
  walk: Mode.walk,
  percolate: Mode.implant,
  gossip: Mode.gossip,
};

interface OwnSearch {
  readonly words: string;
  readonly listener: SearchListener;
  hits: number;
  round: number;
  /** Until the next round of a growing flood. */
  timer: Timer;
}

export class Unstructured implements Protocol {
  readonly neighbours: Neighbours;
  private readonly host: Host;
  private readonly options: UnstructuredOptions;
  private readonly files: SharedFiles;
  private readonly seen = new Lru<number, Peer[]>(SEEN_MAX);
  private readonly waiting = new Lru<number, { readonly asked: Query; readonly from: Peer }>(WAITING_MAX);
  private readonly pointers = new Pointers();
  private readonly searches = new Lru<number, OwnSearch>(SEARCHES_MAX);
  private timer: Timer = NO_TIMER;
  private planted = -1;

  constructor(host: Host, files: SharedFiles, options: UnstructuredOptions = UNSTRUCTURED_DEFAULTS) {
    this.host = host;
    this.files = files;
    this.options = options;
    this.neighbours = new Neighbours(host, options);
  }

  start(): void {
    this.host.bind(unstructuredCodec, this);
    this.neighbours.seek();
    this.timer = this.host.setTimer(this.host.random.unit() * this.options.pingMs, TIMER_LOOK, 0);
  }

  stop(): void {
    this.neighbours.goodbye();
    this.host.clearTimer(this.timer);
    for (const [, { timer }] of this.searches) this.host.clearTimer(timer);
    this.searches.clear();
  }

  get isMember(): boolean {
    return this.neighbours.count > 0;
  }

  /** Files of others that are remembered here. */
  get pointersHeld(): number {
    return this.pointers.count;
  }

  inspect(): unknown {
    return { links: this.neighbours.count, pointers: this.pointers.count, searches: this.searches.size };
  }

  onTimer(kind: number, arg: number): void {
    if (kind === TIMER_RING) {
      this.growRing(arg);
      return;
    }
    this.neighbours.look();
    if (this.options.style === 'percolate' && this.planted !== this.files.version && this.isMember) this.plant();
    this.timer = this.host.setTimer(this.options.pingMs * (0.9 + 0.2 * this.host.random.unit()), TIMER_LOOK, 0);
  }

  /** Leaves what is shared with those on random walks; again when it has changed. */
  plant(): void {
    const own = this.host.self.datagram;
    if (own === null) return;
    this.planted = this.files.version;
    for (let after = 0; ; ) {
      const page = this.files.after(after, FILES_MAX);
      const last = page[page.length - 1];
      const first = this.neighbours.draw();
      if (last === undefined || first === null) return;
      this.send(first, { tag: pointer.tag, ttl: this.options.implantSteps, holder: own, files: page.map(shown) });
      after = last.id;
    }
  }

  /** Files whose names have all of the words. It has no end of its own. */
  search(words: readonly string[], listener: SearchListener): Search {
    const search = this.host.random.below(SEARCH_NUMBERS);
    const own: OwnSearch = { words: words.join(' '), listener, hits: 0, round: 0, timer: NO_TIMER };
    const oldest = this.searches.set(search, own);
    if (oldest !== null) this.host.clearTimer(oldest[1].timer);
    this.ask(search, own);
    return { stop: () => this.end(search) };
  }

  private end(search: number): void {
    this.host.clearTimer(this.searches.peek(search)?.timer ?? NO_TIMER);
    this.searches.delete(search);
  }

  onDatagram(from: Peer, message: UnstructuredMessage): void {
    if (this.neighbours.onMessage(from, message)) return;
    switch (message.tag) {
      case query.tag:
        return this.onQuery(from, message);
      case hit.tag:
        return this.onHit(message.search, message.holder, message.files);
      case check.tag: {
        const { search, walker } = message;
        const wanted = (this.searches.peek(search)?.hits ?? Infinity) < this.options.hitsWanted;
        return this.send(from, { tag: checked.tag, search, walker, wanted });
      }
      case checked.tag:
        return this.onChecked(message.search, message.walker, message.wanted, from);
      case pointer.tag:
        return this.onPointer(from, message.ttl, message.holder, message.files);
      default:
        // Those about links were taken above.
        return;
    }
  }

  // ---- asking ----------------------------------------------------------------------------------------------------------------

  private ask(search: number, own: OwnSearch): void {
    const { words, round } = own;
    const origin = this.host.self.datagram;
    if (origin === null) return;
    const { style, ttl, walkTtl, walkers, implantSteps } = this.options;
    const hops = style === 'ring' ? round + 1 : style === 'walk' ? walkTtl : style === 'percolate' ? implantSteps : ttl;
    const asked: Query = { tag: query.tag, search, round, mode: MODE_OF[style], walker: 0, ttl: hops, hops: 0, origin, words };
    this.seen.set(keyOf(asked), []);
    if (style === 'walk') {
      for (let walker = 0; walker < walkers; walker++) this.walkOn({ ...asked, walker }, null);
    } else if (style === 'percolate') {
      this.percolate(asked, null);
      this.walkOn(asked, null);
    } else {
      this.passOn(asked, null);
    }
    if (style === 'ring' && hops < ttl) own.timer = this.host.setTimer(this.options.ringMs, TIMER_RING, search);
  }

  private growRing(search: number): void {
    const own = this.searches.peek(search);
    if (own === undefined) return;
    own.timer = NO_TIMER;
    if (own.hits >= this.options.hitsWanted || own.round + 1 >= ROUNDS) return;
    own.round++;
    this.ask(search, own);
  }

  private onHit(search: number, holder: Endpoint, files: readonly FoundFile[]): void {
    const own = this.searches.peek(search);
    if (own === undefined || files.length === 0) return;
    own.hits++;
    for (const { name, bytes, sha1 } of files) {
      own.listener.onHit({
        network: 'unstructured',
        name,
        bytes,
        kind: mediaKindOf(name),
        tags: NO_TAGS,
        hashes: { ...NO_HASHES, sha1 },
        holder: { endpoint: holder, locator: '', id: '', firewalled: false, busy: false, speed: 0, proxies: [] },
      });
    }
  }

  // ---- passing on ------------------------------------------------------------------------------------------------------------

  private onQuery(from: Peer, asked: Query): void {
    const key = keyOf(asked);
    const isNew = !this.seen.has(key);
    if (isNew) {
      this.seen.set(key, []);
      this.answer(asked);
    }
    const next: Query = { ...asked, ttl: asked.ttl - 1, hops: asked.hops + 1 };
    switch (asked.mode) {
      case Mode.walk:
        if (next.ttl > 0) this.walkOrAsk(next, from);
        return;
      case Mode.implant:
        // Each node on the walk is a seed.
        if (isNew) this.percolate(next, from);
        if (next.ttl > 0) this.walkOn(next, from);
        return;
      case Mode.percolate:
        if (isNew) this.percolate(next, from);
        return;
      default:
        if (isNew && next.ttl > 0) this.passOn(next, from);
    }
  }

  /** To all links but where it came from, or as a rumour to some of them. */
  private passOn(asked: Query, from: Peer | null): void {
    const others = this.neighbours.peers.filter((peer) => peer !== from);
    const chosen = asked.mode === Mode.gossip ? this.host.random.shuffle(others).slice(0, this.options.fanout) : others;
    for (const peer of chosen) this.send(peer, asked);
  }

  /** Over each link by chance: what is above the threshold of the graph reaches most of its well-connected part. */
  private percolate(asked: Query, from: Peer | null): void {
    for (const peer of this.neighbours.peers) {
      if (peer !== from && this.host.random.chance(this.options.percolation)) this.send(peer, { ...asked, mode: Mode.percolate });
    }
  }

  private walkOrAsk(asked: Query, from: Peer): void {
    if (asked.hops % this.options.checkSteps !== 0) return this.walkOn(asked, from);
    this.waiting.set(walkerKey(asked.search, asked.walker), { asked, from });
    this.send(this.host.peer(asked.origin), { tag: check.tag, search: asked.search, walker: asked.walker });
  }

  private onChecked(search: number, walker: number, wanted: boolean, from: Peer): void {
    const key = walkerKey(search, walker);
    const waiting = this.waiting.peek(key);
    // Only who began the search says whether it goes on.
    if (waiting === undefined || this.host.peer(waiting.asked.origin) !== from) return;
    this.waiting.delete(key);
    if (wanted) this.walkOn(waiting.asked, waiting.from);
  }

  /** To a neighbour that this search has not been sent to from here, as long as there is one (Lv et al., keeping state). */
  private walkOn(asked: Query, from: Peer | null): void {
    const used = this.seen.get(keyOf(asked)) ?? [];
    const { peers } = this.neighbours;
    const fresh = peers.filter((peer) => peer !== from && !used.includes(peer));
    const next = fresh.length > 0 ? (fresh[this.host.random.below(fresh.length)] as Peer) : this.neighbours.draw(from);
    if (next === null) return;
    if (fresh.length > 0) used.push(next);
    this.send(next, asked);
  }

  // ---- answering -------------------------------------------------------------------------------------------------------------

  private answer({ search, hops, origin, words: text }: Query): void {
    const own = this.host.self.datagram;
    // They were made words by who asks; what is none finds nothing.
    const words = text.split(' ').slice(0, WORDS_MAX);
    if (own === null || text === '') return;
    const asker = this.host.peer(origin);
    const found = this.files.search({ words, limit: FILES_MAX }).map(shown);
    if (found.length > 0) this.send(asker, { tag: hit.tag, search, hops, holder: own, files: found });
    for (const [holder, files] of this.pointers.find(words, POINTED_MAX)) {
      const endpoint = this.host.endpoint(holder);
      this.send(asker, { tag: hit.tag, search, hops, holder: endpoint, files: files.slice(0, FILES_MAX) });
    }
  }

  private onPointer(from: Peer, ttl: number, holder: Endpoint, files: readonly FoundFile[]): void {
    const peer = this.host.peer(holder);
    for (const file of files) this.pointers.add(peer, file);
    const next = ttl > 1 ? this.neighbours.draw(from) : null;
    if (next !== null) this.send(next, { tag: pointer.tag, ttl: Math.min(ttl - 1, this.options.implantSteps), holder, files });
  }

  private send(peer: Peer, message: UnstructuredMessage): void {
    this.host.send(peer, unstructuredCodec, message);
  }
}

function keyOf({ search, round }: Query): number {
  return search * ROUNDS + round;
}

function walkerKey(search: number, walker: number): number {
  return search * ROUNDS + walker;
}

function shown({ name, bytes, hashes }: SharedFile): FoundFile {
  return { name, bytes, sha1: hashes.sha1 ?? new Uint8Array(20) };
}
