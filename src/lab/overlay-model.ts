/**
 * A structured overlay as experiments see it: nodes by number, keys of 20 bytes, and an oracle that knows what is right. Each system of
 * `lab/systems` gives one, so that one scenario serves all of them and `race` compares like with like. The model owns the nodes it made.
 */

import type { Box } from '../overlays/values/index.ts';
import type { World } from '../sim/world.ts';
import type { Meter } from './measures.ts';
import type { SystemOptions } from './run-spec.ts';

export interface OverlaySystem {
  readonly name: string;
  /** As its paper writes it, for sentences: `Chord`. */
  readonly title: string;
  /** How its nodes lie when they are drawn. */
  readonly shape: Shape;
  /** Every option with its default; what an experiment sets must be among them and of the same type. */
  readonly defaults: SystemOptions;
  /** Makes the network in a world that has no nodes yet. `options` are complete and checked. */
  build(world: World, options: SystemOptions, seed: number): OverlayNetwork;
}

/** A circle of ids; the tree of their bits; boxes of a space; cells by digits; columns of groups. */
export type Shape = 'ring' | 'trie' | 'torus' | 'mesh' | 'groups';

/** Something that is said of a node beside its places. */
export interface Fact {
  readonly label: string;
  readonly value: string | number;
}

/** What there is to see of one place of a node. */
export interface PlaceView {
  /** Hex. */
  readonly id: string;
  /** A word of the overlay. */
  readonly state: string;
  readonly keys: number;
  readonly boxes: readonly Box[];
  /** Of `groups`; null elsewhere. */
  readonly group: number | null;
  readonly neighbours: readonly NeighbourView[];
}

export interface NeighbourView {
  readonly node: number;
  /** What it is to this node, in the words of the overlay. */
  readonly role: string;
  /** What else there is to say of it: how full the table that it has sent is, why it is served or not. */
  readonly note?: string;
}

/** Nodes are numbered from 0 in the order in which they were made; a number is not used again. */
export interface OverlayNetwork {
  /** Numbers of those that live, in no order that matters; the network's own array, not to be kept. */
  readonly live: readonly number[];
  /** `count` nodes, linked as they would be in the end, members at once. Only in an empty network. */
  addIdeal(count: number): void;
  /** A newcomer that joins by the protocol through up to 8 random living nodes, or founds the network. Its number. */
  join(): number;
  crash(node: number): void;
  /** In good order, with what the protocol does on leaving; `done` follows in a later event. */
  leave(node: number, done: () => void): void;
  isMember(node: number): boolean;
  /** The number of the living member that is responsible for the key by the paper's definition. */
  ownerOf(key: Uint8Array): number;
  /** `style` is one of the system's own, `iterative` everywhere. */
  lookup(node: number, key: Uint8Array, style: string, done: (outcome: LookupOutcome) => void): void;
  put(node: number, key: Uint8Array, value: Uint8Array, done: (ok: boolean) => void): void;
  /** The value, or null. */
  get(node: number, key: Uint8Array, done: (value: Uint8Array | null) => void): void;
  /** Entries of routing state that a node keeps about others. */
  contactsOf(node: number): number;
  /** The part of all keys that it is responsible for, where the overlay knows that without counting keys. */
  partOf?(node: number): number;
  /** What keeps the network from being as it should be when all is quiet, for people; null when it is right. */
  complaint(): string | null;
  /** What is to be said of the tables of this overlay alone, once all is over. `grown`: they are what joining has made of them. */
  measureTables?(meter: Meter, grown: boolean): void;
  /** The places of a node, and whom each of them knows. */
  look(node: number): readonly PlaceView[];
  /** The way of one lookup by the nodes' own tables, hop by hop, with the reason of each: what `kith lab step` shows. */
  walk(node: number, key: Uint8Array): readonly Step[];
}

export interface LookupOutcome {
  /** The number of the node found; -1: none. */
  readonly owner: number;
  /** As the system's paper counts them. */
  readonly hops: number;
  /** Dead nodes that were waited for. */
  readonly timeouts: number;
  readonly tookMs: number;
  /** Nodes asked for it, the dead and the slow ones too, where that does not follow from the hops: a lookup that asks several at once. */
  readonly questions?: number;
  /** One way along the nodes that it passed, as a message handed on by them goes; and straight to the node found. Where an overlay chooses by distance. */
  readonly wayMs?: number;
  readonly straightMs?: number;
  /** Of the nodes that hold the key, how many are nearer to who asked than the one found. Where any of them will do. */
  readonly nearer?: number;
}

export interface Step {
  readonly node: number;
  /** The node's id, hex. */
  readonly id: string;
  /** What is left to the key, as the system measures it, for people: `2^153.2 clockwise`. */
  readonly distance: string;
  /** Why the next hop was chosen, or why it ends here: one sentence. */
  readonly why: string;
  /** What else was known and not chosen, nearest first, at most 5. */
  readonly others: readonly { readonly id: string; readonly what: string; readonly distance: string }[];
}
