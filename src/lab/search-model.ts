/**
 * A search network as experiments see it: nodes by number that share files and look for them by words. Each system of `lab/systems` that finds
 * by words gives one, so that one workload serves all of them. The model owns the nodes it made.
 */

import type { SimNode } from '../sim/sim-node.ts';
import type { World } from '../sim/world.ts';
import type { SearchListener } from '../wire/search-hit.ts';
import type { SharedFiles } from '../wire/shared-file.ts';
import type { Fact, NeighbourView } from './overlay-model.ts';
import type { SystemOptions } from './run-spec.ts';

export interface SearchSystem {
  readonly name: string;
  /** As people write it, for sentences: `Gnutella`. */
  readonly title: string;
  /** How its nodes lie when they are drawn. */
  readonly shape: SearchShape;
  /** What else had better be set where more than a hundred of its nodes are watched, which would take too long to simulate as they are. */
  readonly forMany?: SystemOptions;
  /** Every option with its default; what an experiment sets must be among them and of the same type. */
  readonly defaults: SystemOptions;
  /** Makes the network in a world that has no nodes yet. `options` are complete and checked. */
  build(world: World, options: SystemOptions, seed: number): SearchNetwork;
}

/** Everybody around one server; all alike, linked by chance; those who serve others inside, the others around them. */
export type SearchShape = 'server' | 'graph' | 'tiers';

/** What a message is to the search that it belongs to; null: it is no part of any. */
export interface SearchMessage {
  readonly kind: 'query' | 'hit';
  /** The same for all messages of one search, wherever they are. */
  readonly search: string;
  /** How many hops it has made when it arrives, where it tells: a walker comes to many nodes that others have reached sooner. */
  readonly hops?: number;
}

/** What there is to see of a node, whether it is a user or what the network needs beside them. */
export interface SearchNodeView {
  readonly facts: readonly Fact[];
  /** By their indices in the world. */
  readonly neighbours: readonly NeighbourView[];
}

/**
 * Users are numbered from 0 in the order in which they were made; a number is not used again. What the network needs beside them, such as a
 * central index, has no number here.
 */
export interface SearchNetwork {
  /** Numbers of those that live, in no order that matters; the network's own array, not to be kept. */
  readonly live: readonly number[];
  /** A user for each, linked as they would be in the end. Only in an empty network. */
  addIdeal(shares: readonly SharedFiles[]): void;
  /** A newcomer that joins by the protocol. Its number. */
  join(files: SharedFiles): number;
  crash(user: number): void;
  /** In good order; `done` follows in a later event. */
  leave(user: number, done: () => void): void;
  /** Whether it can search: it has found its place. */
  isMember(user: number): boolean;
  /** All of the words. The listener may hear of the same file of the same holder more than once. */
  search(user: number, words: readonly string[], listener: SearchListener): void;
  /** By whom a hit is held, or -1 when that is no user. */
  holderOf(hit: Parameters<SearchListener['onHit']>[0]): number;
  /** Living users that a user is linked to, over which searches go. */
  linksOf(user: number): readonly number[];
  /** What it is: leaf, ultrapeer, hub, supernode, user. */
  roleOf(user: number): string;
  /** It serves others, who would not be in the network without such as it. */
  isServing(user: number): boolean;
  /** The machine that it is. */
  nodeOf(user: number): SimNode;
  /** Who is the machine of that index in the world, living or not; -1: no user. */
  userAt(index: number): number;
  /** What all depend on and is no user: the central index. */
  readonly center: SimNode | null;
  /** Of a user; of `center` for -1. */
  look(user: number): SearchNodeView;
  /** Of every message in the order sent, between nodes of the world by their index: where answers name no question, they belong to the last one. */
  classify(message: unknown, from: number, to: number): SearchMessage | null;
  /** Of networks that honour lists of bad hashes: publishes all UUHashes that are known to be bad by now. */
  warn?(hashes: readonly Uint8Array[]): void;
  /** What keeps the network from being as it should be when all is quiet, for people; null when it is right. */
  complaint(): string | null;
}
