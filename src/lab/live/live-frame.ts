/** What those who watch a simulated world are shown of one moment. Plain data that goes from thread to thread. Owns no state. */

import type { LookupOutcome, Shape, Step } from '../overlay-model.ts';

export const NodeState = { gone: 0, joining: 1, member: 2 } as const;

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
  /** Datagrams since the last frame: how many, how many of them were lost, and some of them as sender, receiver, 1 when lost. */
  readonly sent: number;
  readonly lost: number;
  readonly messages: Uint32Array;
  /** Goes up when nodes have come or moved: `Places` are stale. */
  readonly placesVersion: number;
  /** Acts done, and those of the plan that lie ahead. */
  readonly done: number;
  readonly ahead: number;
  /** The last ones, oldest first. */
  readonly lookups: readonly LiveLookup[];
  readonly log: readonly LogLine[];
}

/** Where nodes lie, in a square whose sides have length 1. */
export interface Places {
  readonly version: number;
  readonly shape: Shape;
  readonly groups: number;
  /** x and y by node. */
  readonly spots: Float32Array;
  /** Of a torus, five numbers a box: node, x, y, width, height. */
  readonly boxes: Float32Array;
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

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}
