/** Unstructured networks as experiments see them: the real protocol objects (`overlays/unstructured`) on a graph that is drawn. Owns the nodes it made. */

import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import {
  type GraphKind,
  graphOf,
  hit,
  query,
  Unstructured,
  UNSTRUCTURED_DEFAULTS,
  type UnstructuredMessage,
  type UnstructuredOptions,
} from '../../overlays/unstructured/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { SearchHit, SearchListener } from '../../wire/search-hit.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';
import { LiveNodes } from '../live-nodes.ts';
import type { SystemOptions } from '../run-spec.ts';
import type { SearchMessage, SearchNetwork, SearchNodeView, SearchSystem } from '../search-model.ts';
import { ENTRY_STREAM, NETWORK_STREAM } from '../streams.ts';

const { join: _join, ...SHARED } = UNSTRUCTURED_DEFAULTS;

const DEFAULTS = {
  ...SHARED,
  /** What it begins as: `random` (Erdős–Rényi) or `scale-free` (Barabási–Albert). */
  graph: 'random',
};

/** A newcomer is told of so many. */
const ENTRIES = 8;

export const unstructured: SearchSystem = {
  name: 'unstructured',
  title: 'Unstructured',
  shape: 'graph',
  defaults: DEFAULTS,
  build: (world, options, seed) => new UnstructuredNetwork(world, options, seed),
};

class UnstructuredNetwork implements SearchNetwork {
  readonly center = null;
  private readonly world: World;
  private readonly graph: GraphKind;
  private readonly options: UnstructuredOptions;
  private readonly seed: number;
  private readonly entries: Random;
  private readonly nodes: SimNode<Unstructured>[] = [];
  private readonly alive = new LiveNodes();

  /** `options` are complete: every name of `unstructured.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    const { graph, ...others } = options as typeof DEFAULTS;
    if (graph !== 'random' && graph !== 'scale-free') throw new RangeError(`graph: random or scale-free expected, got "${graph}"`);
    if (!['flood', 'ring', 'walk', 'percolate', 'gossip'].includes(others.style)) {
      throw new RangeError(`style: flood, ring, walk, percolate or gossip expected, got "${others.style}"`);
    }
    this.world = world;
    this.graph = graph;
    this.options = { ...UNSTRUCTURED_DEFAULTS, ...others };
    this.seed = seed;
    this.entries = new Random(seed, ENTRY_STREAM);
  }

  get live(): readonly number[] {
    return this.alive.numbers;
  }

  addIdeal(shares: readonly SharedFiles[]): void {
    for (const files of shares) this.make(files, []);
    const others: SimNode<Unstructured>[][] = shares.map(() => []);
    for (const [a, b] of graphOf(this.graph, shares.length, this.options.links, new Random(this.seed, NETWORK_STREAM))) {
      others[a]?.push(this.at(b));
      others[b]?.push(this.at(a));
    }
    for (const [user, known] of others.entries()) {
      const { protocol, host } = this.at(user);
      protocol.neighbours.take(known.map(({ endpoint }) => host.peer(endpoint)));
    }
    if (this.options.style === 'percolate') for (const { protocol } of this.nodes) protocol.plant();
  }

  join(files: SharedFiles): number {
    return this.make(
      files,
      this.alive.sample(this.entries, ENTRIES).map((entry) => this.at(entry).endpoint),
    );
  }

  crash(user: number): void {
    this.alive.remove(user);
    this.world.crash(this.at(user), 'power');
  }

  leave(user: number, done: () => void): void {
    this.alive.remove(user);
    this.world.leave(this.at(user));
    this.world.at(this.world.now, done);
  }

  isMember(user: number): boolean {
    return this.alive.has(user) && this.at(user).protocol.isMember;
  }

  search(user: number, words: readonly string[], listener: SearchListener): void {
    this.at(user).protocol.search(words, listener);
  }

  holderOf({ holder }: SearchHit): number {
    const { addresses } = this.world;
    return holder.endpoint === null ? -1 : addresses.nodeOfPeer(addresses.peer(holder.endpoint));
  }

  linksOf(user: number): readonly number[] {
    const { addresses } = this.world;
    const links = this.at(user).protocol.neighbours.peers.map((peer) => addresses.nodeOfPeer(peer));
    return links.filter((other) => this.alive.has(other));
  }

  roleOf(): string {
    return 'node';
  }

  isServing(): boolean {
    return false;
  }

  nodeOf(user: number): SimNode {
    return this.at(user);
  }

  /** Nobody else is in this world. */
  userAt(index: number): number {
    return index < this.nodes.length ? index : -1;
  }

  look(user: number): SearchNodeView {
    const { addresses } = this.world;
    const { neighbours, pointersHeld } = this.at(user).protocol;
    const links = neighbours.peers.map((peer) => ({ node: addresses.nodeOfPeer(peer), role: 'neighbour' }));
    return { facts: [{ label: 'Files left with it by others', value: pointersHeld }], neighbours: links };
  }

  classify(message: unknown): SearchMessage | null {
    // All that is sent in this world is of this family.
    const said = message as UnstructuredMessage;
    if (said.tag === query.tag) return { kind: 'query', search: String(said.search), hops: said.hops + 1 };
    return said.tag === hit.tag ? { kind: 'hit', search: String(said.search) } : null;
  }

  complaint(): string | null {
    const alone = this.alive.numbers.filter((user) => !this.isMember(user));
    return alone.length === 0 || this.alive.numbers.length === 1 ? null : `${alone.length} nodes have no link`;
  }

  private make(files: SharedFiles, join: readonly Endpoint[]): number {
    const node = this.world.addNode((host) => new Unstructured(host, files, { ...this.options, join }));
    this.nodes.push(node);
    this.alive.add(node.index);
    return node.index;
  }

  private at(user: number): SimNode<Unstructured> {
    const node = this.nodes[user];
    if (node === undefined) throw new RangeError(`a user of 0 to ${this.nodes.length - 1} expected, got ${user}`);
    return node;
  }
}
