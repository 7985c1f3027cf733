/** What those who watch a simulated world are shown of one moment. Plain data that goes from thread to thread. Owns no state. */

import type { Fact, LookupOutcome, PlaceView, Shape, Step } from '../overlay-model.ts';
import type { SearchShape } from '../search-model.ts';

export const NodeState = { gone: 0, joining: 1, member: 2 } as const;

/** What a node is beside the others of its network. */
export const NodeRole = {
  ordinary: 0,
  /** Ultrapeer, hub, supernode. */
  serving: 1,
  /** What all depend on: an index server, a tracker. */
  helper: 2,
} as const;

export type LiveShape = Shape | SearchShape | 'swarm';

export interface Frame {
  readonly nowMs: number;
  /** Events of the world so far, and the hash over all of them: two worlds that agree in it are the same. */
  readonly events: number;
  readonly trace: string;
  readonly playing: boolean;
  /** Virtual for each real millisecond: asked for, and reached since the last frame. */
  readonly speed: number;
  readonly reached: number;
  readonly live: number;
  readonly members: number;
  /** What is not as it should be when all is quiet; null: it is right, or the world is too large to look. */
  readonly complaint: string | null;
  readonly looked: boolean;
  /** One NodeState a node, by its number. */
  readonly states: Uint8Array;
  /** Messages since the last frame: how many, how many of them were lost, and some of them as sender, receiver, 1 when lost. */
  readonly sent: number;
  readonly lost: number;
  readonly messages: Uint32Array;
  /** Goes up when nodes have come or moved, or are linked to others: `Places` are stale. */
  readonly placesVersion: number;
  /** Acts done, and those of the plan that lie ahead. */
  readonly done: number;
  readonly ahead: number;
  /** The last ones, oldest first. */
  readonly lookups: readonly LiveLookup[];
  readonly searches: readonly LiveSearch[];
  /** Null where there is none. */
  readonly swarm: SwarmFrame | null;
  readonly log: readonly LogLine[];
}

/** Where nodes lie, in a square whose sides have length 1. */
export interface Places {
  readonly version: number;
  readonly shape: LiveShape;
  readonly groups: number;
  /** x and y by node. */
  readonly spots: Float32Array;
  /** Of a torus, five numbers a box: node, x, y, width, height. */
  readonly boxes: Float32Array;
  /** One NodeRole a node; of overlays, where all are alike, empty. */
  readonly roles: Uint8Array;
  /** Of networks whose nodes keep links: both ends of each, or of so many of them as are drawn; and how many there are. */
  readonly links: Uint32Array;
  readonly linkCount: number;
}

export interface LiveLookup {
  readonly number: number;
  readonly atMs: number;
  readonly from: number;
  readonly key: string;
  readonly keyHex: string;
  /** By the tables of the moment in which it began. */
  readonly steps: readonly Step[];
  /** Who was responsible when it began. */
  readonly owner: number;
  /** Of the protocol itself; null while it is under way. */
  readonly outcome: LookupOutcome | null;
}

/** What a search has come to by now; its way is asked for by its number. */
export interface LiveSearch {
  readonly number: number;
  readonly atMs: number;
  readonly from: number;
  readonly words: string;
  /** Living nodes, but the asker, that shared what was looked for when it began; and how many of those that share it were named. */
  readonly holders: number;
  readonly found: number;
  /** When the first of them was named, since it began; -1: none. */
  readonly firstMs: number;
  /** Nodes that it has come to, messages that asked, those that came where it had been, messages that went back. */
  readonly reached: number;
  readonly queries: number;
  readonly duplicates: number;
  readonly hits: number;
  /** Steps so far (`SearchTrail`). */
  readonly steps: number;
  /** Something of it is under way at this moment. */
  readonly moving: boolean;
  /** The asker no longer waits. */
  readonly ended: boolean;
}

/** The way of one search: a step is what is sent until all that was under way has arrived. */
export interface SearchTrailView {
  readonly number: number;
  readonly from: number;
  /** By node: 0 where it has not come to, 1 for who asks, 2 for one hop from there, and so on. */
  readonly hops: Uint8Array;
  /** By node: the step in which it was sent there first, as far as a byte goes; 0 where it has not come to. */
  readonly since: Uint8Array;
  /** `TRAIL_NUMBERS` a message: sender, receiver, hop, step, kind (`TrailKind`). */
  readonly messages: Uint32Array;
  /** Messages that were too many to be kept. */
  readonly leftOut: number;
  readonly steps: readonly TrailStep[];
  readonly hopTable: readonly TrailHop[];
  /** Who shared it when it began, and who was named, as far as they are kept. */
  readonly holders: readonly number[];
  readonly found: readonly { readonly node: number; readonly name: string; readonly tookMs: number }[];
}

export const TRAIL_NUMBERS = 5;
export const TrailKind = {
  /** Came to a node for the first time. */
  query: 0,
  /** Came where the search had been. */
  duplicate: 1,
  hit: 2,
  /** Did not arrive. */
  lost: 3,
} as const;

export interface TrailStep {
  /** Since the search began. */
  readonly fromMs: number;
  readonly reached: number;
  readonly queries: number;
  readonly duplicates: number;
  readonly hits: number;
  readonly lost: number;
}

export interface TrailHop {
  readonly hop: number;
  readonly reached: number;
  readonly duplicates: number;
}

export interface SwarmFrame {
  /** What each node holds: 255 is all of it, 254 and less a part. */
  readonly parts: Uint8Array;
  /** Who serves whom: server, served, 1 for an optimistic unchoke. */
  readonly serving: Uint32Array;
  /** Of each piece, how many living nodes hold it. */
  readonly holders: Uint16Array;
  readonly done: number;
}

/** What there is to see of one place of a node, whatever the kind of its network. */
export interface NodeView extends PlaceView {
  readonly facts: readonly Fact[];
  /** Names of what it shares, as far as they are shown. */
  readonly shares: readonly string[];
  /** Of a swarm, one number a piece: -1, it is here; else how many of its neighbours have it. */
  readonly pieces: readonly number[];
}

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}
