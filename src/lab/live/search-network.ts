/**
 * A network that finds files by words, watched: who serves whom, and searches whose messages are followed from node to node. Nodes go by their index in
 * the world; what all users depend on, such as a central index, is one of them too. Owns the run and the ways of the last searches.
 */

import type { Random } from '../../core/random.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { SearchNetwork, SearchShape } from '../search-model.ts';
import { SearchRun } from '../search-run.ts';
import { searchSystemOf } from '../systems/index.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import type { World } from '../../sim/world.ts';
import { graphSpots, rimSpot, sunflower } from './graph-layout.ts';
import { type Frame, type LiveSearch, type NodeView, NodeRole, type Places, type SearchTrailView } from './live-frame.ts';
import { counted, type LiveNetwork, type Question, type Say } from './live-network.ts';
import { SearchTrail } from './search-trail.ts';
import { lateSpot, ringSpots, tierSpots } from './tier-layout.ts';

const SEARCHES_MAX = 20;
const FOREVER_MS = 1e12;
/** What is drawn, and sent to be drawn. */
const LINKS_MAX = 12_000;
const FOUND_MAX = 200;
const HOLDERS_MAX = 2_000;
const SHARES_SHOWN_MAX = 100;
/** Indices of nodes stay below it. */
const NODE_SPAN = 2 ** 24;

/** One that was begun by those who watch. */
class Search {
  readonly number: number;
  readonly user: number;
  readonly words: string;
  readonly trail: SearchTrail;
  /** By node, those who shared what all of its words are in when it began, but who asks. */
  readonly holders: ReadonlySet<number>;
  readonly named = new Set<number>();
  readonly found: { node: number; name: string; tookMs: number }[] = [];
  /** As the network names it in its messages, once it has sent one. */
  name: string | null = null;
  firstMs = -1;
  ended = false;

  constructor(number: number, user: number, words: string, trail: SearchTrail, holders: ReadonlySet<number>) {
    this.number = number;
    this.user = user;
    this.words = words;
    this.trail = trail;
    this.holders = holders;
  }
}

export class WatchedSearchNetwork implements LiveNetwork {
  readonly shape: SearchShape;
  private readonly run: SearchRun;
  private readonly say: Say;
  private readonly searches: Search[] = [];
  private readonly byName = new Map<string, Search>();
  private searchCount = 0;
  /** Places follow from the network as it was at first, so that a world lies the same way however it was gone through. */
  private readonly firstSpots: Float32Array;

  /** Throws RangeError when the system, or an option of it, is not known. */
  constructor(spec: RunSpec, workload: Extract<WorkloadSpec, { kind: 'searches' }>, seed: number, say: Say) {
    this.shape = searchSystemOf(spec.system).shape;
    this.say = say;
    this.run = new SearchRun(spec, workload, seed);
    if (spec.start === 'ideal') this.run.begin();
    else for (let count = 0; count < spec.nodes; count++) this.world.at(count * spec.joinEveryMs, () => this.join());
    this.firstSpots = spec.start === 'ideal' ? this.place() : this.placeComing(spec.nodes);
  }

  get world(): World {
    return this.run.world;
  }

  get live(): readonly number[] {
    const { network } = this;
    return network.center === null ? network.live : network.live.map((user) => network.nodeOf(user).index);
  }

  get helpers(): readonly number[] {
    const { center } = this.network;
    return center === null || !center.host.running ? [] : [center.index];
  }

  isMember(node: number): boolean {
    const user = this.network.userAt(node);
    return user >= 0 && this.network.isMember(user);
  }

  join(): void {
    this.run.join();
  }

  crash(node: number): void {
    const user = this.network.userAt(node);
    if (user >= 0) return this.run.crash(user);
    const { center } = this.network;
    if (center !== null) this.world.crash(center, 'power');
  }

  leave(node: number, done: () => void): void {
    const user = this.network.userAt(node);
    if (user >= 0) return this.run.leave(user, done);
    const { center } = this.network;
    if (center !== null) this.world.leave(center);
    this.world.at(this.world.now, done);
  }

  startChurn(): void {
    this.run.churn.start(FOREVER_MS);
  }

  complaint(): string | null {
    return this.network.complaint();
  }

  // ---- looking ---------------------------------------------------------------------------------------------------------------

  look(): Omit<Places, 'version'> {
    const { shape, network } = this;
    const count = this.world.nodes.length;
    const [spots, roles] = [new Float32Array(2 * count), new Uint8Array(count)];
    spots.set(this.firstSpots.subarray(0, 2 * count));
    for (let node = 0; node < count; node++) {
      const user = network.userAt(node);
      roles[node] = user < 0 ? NodeRole.helper : network.isServing(user) ? NodeRole.serving : NodeRole.ordinary;
      if (2 * node < this.firstSpots.length) continue;
      spots.set(shape === 'tiers' ? lateSpot(node, roles[node] === NodeRole.serving) : rimSpot(node), 2 * node);
    }
    const { shown: links, count: linkCount } = this.links();
    return { shape, groups: 1, spots, boxes: NO_BOXES, roles, links, linkCount };
  }

  lookAt(node: number): readonly NodeView[] {
    const { network } = this;
    const user = network.userAt(node);
    const { facts, neighbours } = network.look(user);
    const files = user < 0 ? null : this.run.filesOf(user);
    const shares = files === null ? [] : files.after(0, SHARES_SHOWN_MAX).map(({ name }) => name);
    const state = !this.world.nodes[node]?.host.running ? 'gone' : user < 0 ? 'server' : network.roleOf(user);
    const counts = files === null ? facts : [{ label: 'Files shared', value: files.count }, ...facts];
    return [{ id: `${node}`, state, keys: files?.count ?? 0, boxes: [], group: null, neighbours, facts: counts, shares, pieces: [] }];
  }

  /** Throws RangeError for a search that is not kept. */
  trail(number: number): SearchTrailView {
    const { trail, holders, found } = this.searchOf(number);
    return { number, from: trail.origin, ...trail.view(), holders: [...holders].slice(0, HOLDERS_MAX), found: [...found] };
  }

  /** When all that is under way of a search now will have arrived; null when nothing is. */
  movingUntilMs(number: number): number | null {
    const { movingUntilMs } = this.searchOf(number).trail;
    return movingUntilMs > this.world.now ? movingUntilMs : null;
  }

  seen(): Pick<Frame, 'lookups' | 'searches' | 'swarm'> {
    const { now } = this.world;
    return { lookups: [], searches: this.searches.map((search) => shown(search, now)), swarm: null };
  }

  // ---- searching -------------------------------------------------------------------------------------------------------------

  refusal({ kind }: Question): string | null {
    return kind === 'search' ? null : 'lookup: this network finds files by words, and has no keys to look up';
  }

  ask(deed: Question, random: Random): void {
    if (deed.kind !== 'search') return;
    const { network } = this;
    const user = deed.from < 0 ? this.run.drawMember(random) : network.userAt(deed.from);
    if (user < 0 || !network.live.includes(user))
      return this.say(`nobody looks for "${deed.words}": node ${deed.from} is no user that lives`);
    const node = network.nodeOf(user).index;
    const words = deed.words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const { now } = this.world;
    const search = new Search(++this.searchCount, user, deed.words, new SearchTrail(node, now), this.holdersOf(words, user));
    this.searches.push(search);
    if (this.searches.length > SEARCHES_MAX) this.forget(this.searches.shift());
    network.search(user, words, { onHit: (hit) => this.onHit(search, hit), onSearchEnd: () => this.onEnd(search) });
  }

  onMessage(from: number, to: number, message: unknown, lost: boolean): void {
    if (this.searches.length === 0) return;
    const { world } = this;
    const known = this.network.classify(message, from, to);
    if (known === null) return;
    const search = this.byName.get(known.search) ?? this.named(known.search, from);
    if (search === null) return;
    const arrives = !lost && world.reaches(from, to);
    search.trail.note({ ...known, from, to, atMs: world.now, arrivesMs: world.now + world.latencyMs(from, to), lost: !arrives });
  }

  private get network(): SearchNetwork {
    return this.run.network;
  }

  /** A name that was not heard before is that of the oldest search of whoever sends it. */
  private named(name: string, from: number): Search | null {
    const search = this.searches.find((each) => each.name === null && each.trail.origin === from);
    if (search === undefined) return null;
    search.name = name;
    this.byName.set(name, search);
    return search;
  }

  private onHit(search: Search, hit: SearchHit): void {
    const { network, world } = this;
    const user = network.holderOf(hit);
    if (user < 0 || user === search.user) return;
    const node = network.nodeOf(user).index;
    const tookMs = Math.round(world.now - search.trail.beganAtMs);
    if (search.firstMs < 0) search.firstMs = tookMs;
    search.named.add(node);
    if (search.found.length < FOUND_MAX) search.found.push({ node, name: hit.name, tookMs });
  }

  private onEnd(search: Search): void {
    search.ended = true;
    const { words, trail, holders, named } = search;
    const right = [...named].filter((node) => holders.has(node)).length;
    const what = `${right} of ${counted(holders.size, 'holder')} named, ${counted(trail.reached, 'node')} reached`;
    this.say(`the search of node ${trail.origin} for "${words}" is over: ${what}, ${counted(trail.queries + trail.hits, 'message')}`);
  }

  private forget(search: Search | undefined): void {
    const name = search?.name ?? null;
    if (name !== null) this.byName.delete(name);
  }

  private searchOf(number: number): Search {
    const search = this.searches.find((each) => each.number === number);
    if (search !== undefined) return search;
    throw new RangeError(`a search that is kept expected, got ${number}: there are ${this.searches.map((each) => each.number).join(', ')}`);
  }

  private holdersOf(words: readonly string[], asker: number): ReadonlySet<number> {
    const { network, run } = this;
    const holders = new Set<number>();
    for (const title of run.content.titlesWith(words)) {
      for (const user of run.holdersOf(title)) if (user !== asker) holders.add(network.nodeOf(user).index);
    }
    return holders;
  }

  // ---- places ----------------------------------------------------------------------------------------------------------------

  private place(): Float32Array {
    const { shape, network } = this;
    const count = this.world.nodes.length;
    if (shape === 'server') return this.placeAround(count - 1);
    const { all } = this.links();
    if (shape === 'graph') return graphSpots(count, all);
    const serves = Array.from({ length: count }, (_, node) => network.isServing(network.userAt(node)));
    return tierSpots(serves, all);
  }

  /** For so many users who come one after the other: nobody knows yet who will be linked to whom, nor who serves. */
  private placeComing(users: number): Float32Array {
    if (this.shape === 'server') return this.placeAround(users);
    return this.shape === 'graph' ? sunflower(Array.from({ length: users }, (_, user) => user)) : new Float32Array(0);
  }

  /** What all depend on in the middle; it was made first. */
  private placeAround(users: number): Float32Array {
    return Float32Array.from([0.5, 0.5, ...ringSpots(users, 0.2)]);
  }

  /** Each once, by both ends; of very many a part that is spread over all of them. */
  private links(): { readonly all: Uint32Array; readonly shown: Uint32Array; readonly count: number } {
    const { network } = this;
    const ends: number[] = [];
    // Most links are known at both ends, some at one alone.
    const known = new Set<number>();
    for (const user of [...network.live].sort((a, b) => a - b)) {
      const node = network.nodeOf(user).index;
      if (network.center !== null && network.isMember(user)) ends.push(network.center.index, node);
      for (const other of network.linksOf(user)) {
        const otherNode = network.nodeOf(other).index;
        const key = Math.min(node, otherNode) * NODE_SPAN + Math.max(node, otherNode);
        if (known.has(key)) continue;
        known.add(key);
        ends.push(node, otherNode);
      }
    }
    const count = ends.length / 2;
    const all = Uint32Array.from(ends);
    if (count <= LINKS_MAX) return { all, shown: all, count };
    const shown = new Uint32Array(2 * LINKS_MAX);
    for (let place = 0; place < LINKS_MAX; place++) {
      const at = 2 * Math.floor((place * count) / LINKS_MAX);
      shown.set(all.subarray(at, at + 2), 2 * place);
    }
    return { all, shown, count };
  }
}

const NO_BOXES = new Float32Array(0);

function shown({ number, words, trail, holders, named, firstMs, ended }: Search, now: number): LiveSearch {
  const { beganAtMs, origin, reached, queries, duplicates, hits, steps, movingUntilMs } = trail;
  const found = [...named].filter((node) => holders.has(node)).length;
  const moving = movingUntilMs > now;
  const counts = { reached, queries, duplicates, hits, steps: steps.length };
  return { number, atMs: Math.round(beganAtMs), from: origin, words, holders: holders.size, found, firstMs, ...counts, moving, ended };
}
