/**
 * The way of one search through a simulated network, put together from the messages that are sent: whom it comes to after how many hops, where it comes
 * again, what goes back. A step is what is sent until all that was under way has arrived. Owns what it has seen; bounded, whatever the network does.
 */

import type { SearchMessage } from '../search-model.ts';
import { TRAIL_NUMBERS, type TrailHop, TrailKind, type TrailStep } from './live-frame.ts';

const MESSAGES_MAX = 4_000;
const STEPS_MAX = 250;
/** Of a byte of which 0 means that it was not reached. */
const HOP_MAX = 250;
const NODES_INITIAL = 256;

/** A message of the search, `arrivesMs` being when it does if it is not lost. */
export interface Sent extends Pick<SearchMessage, 'kind' | 'hops'> {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
  readonly arrivesMs: number;
  readonly lost: boolean;
}

interface Mutable extends TrailStep {
  reached: number;
  queries: number;
  duplicates: number;
  hits: number;
  lost: number;
}

export class SearchTrail {
  readonly origin: number;
  readonly beganAtMs: number;
  reached = 0;
  queries = 0;
  duplicates = 0;
  hits = 0;
  leftOut = 0;
  /** When all that was sent so far will have arrived. */
  movingUntilMs: number;
  private readonly rows = new Uint32Array(MESSAGES_MAX * TRAIL_NUMBERS);
  private rowCount = 0;
  private readonly stepList: Mutable[] = [];
  /** What is sent up to this moment belongs to the last step. */
  private stepUntilMs = -1;
  private readonly hopCounts: { reached: number; duplicates: number }[] = [];
  // By node: hops as they are shown, the step and the row of the query that comes first, and when it arrives.
  private hopBytes = new Uint8Array(NODES_INITIAL);
  private sinceBytes = new Uint8Array(NODES_INITIAL);
  private firstRows = new Int32Array(NODES_INITIAL).fill(-1);
  private firstMs = new Float64Array(NODES_INITIAL).fill(Number.POSITIVE_INFINITY);

  constructor(origin: number, beganAtMs: number) {
    this.origin = origin;
    this.beganAtMs = beganAtMs;
    this.movingUntilMs = beganAtMs;
    this.reserve(origin);
    this.hopBytes[origin] = 1;
    this.firstMs[origin] = beganAtMs;
  }

  get steps(): readonly TrailStep[] {
    return this.stepList;
  }

  /** What one hears of after the other is noted in the order in which it is sent: who sends has it already. */
  note({ kind, hops, from, to, atMs, arrivesMs, lost }: Sent): void {
    this.reserve(Math.max(from, to));
    const step = this.stepAt(atMs);
    if (!lost) this.movingUntilMs = Math.max(this.movingUntilMs, arrivesMs);
    const hop = Math.min(HOP_MAX, hops ?? Math.max(1, this.hopBytes[from] as number));
    if (kind === 'hit') {
      this.hits++;
      step.hits++;
      if (lost) step.lost++;
      this.keep(from, to, hop, lost ? TrailKind.lost : TrailKind.hit);
      return;
    }
    this.queries++;
    step.queries++;
    if (lost) {
      step.lost++;
      this.keep(from, to, hop, TrailKind.lost);
    } else if (arrivesMs < (this.firstMs[to] as number)) {
      this.comesFirst(from, to, hop, arrivesMs, step);
    } else {
      this.comesAgain(hop, step);
      this.keep(from, to, hop, TrailKind.duplicate);
    }
  }

  view(): { hops: Uint8Array; since: Uint8Array; messages: Uint32Array; leftOut: number; steps: TrailStep[]; hopTable: TrailHop[] } {
    return {
      hops: this.hopBytes.slice(),
      since: this.sinceBytes.slice(),
      messages: this.rows.slice(0, this.rowCount * TRAIL_NUMBERS),
      leftOut: this.leftOut,
      steps: this.stepList.map((step) => ({ ...step })),
      hopTable: this.hopCounts.flatMap((counts, hop) => (hop === 0 ? [] : [{ hop, ...counts }])),
    };
  }

  /** What was sent later may overtake what was sent before: then that one is the duplicate. */
  private comesFirst(from: number, to: number, hop: number, arrivesMs: number, step: Mutable): void {
    const overtaken = this.hopBytes[to] as number;
    if (overtaken > 0) {
      const row = this.firstRows[to] as number;
      if (row >= 0) this.rows[row * TRAIL_NUMBERS + 4] = TrailKind.duplicate;
      const before = this.hopsOf(overtaken - 1);
      before.reached--;
      before.duplicates++;
      this.duplicates++;
      step.duplicates++;
    } else {
      this.reached++;
      step.reached++;
      this.sinceBytes[to] = Math.min(255, this.stepList.length);
    }
    this.hopsOf(hop).reached++;
    this.hopBytes[to] = hop + 1;
    this.firstMs[to] = arrivesMs;
    this.firstRows[to] = this.keep(from, to, hop, TrailKind.query);
  }

  private comesAgain(hop: number, step: Mutable): void {
    this.duplicates++;
    step.duplicates++;
    this.hopsOf(hop).duplicates++;
  }

  /** The row, or -1: there are enough. */
  private keep(from: number, to: number, hop: number, kind: number): number {
    if (this.rowCount === MESSAGES_MAX) {
      this.leftOut++;
      return -1;
    }
    this.rows.set([from, to, hop, this.stepList.length, kind], this.rowCount * TRAIL_NUMBERS);
    return this.rowCount++;
  }

  /** After the most steps that are told apart, all belongs to the last one. */
  private stepAt(atMs: number): Mutable {
    const last = this.stepList.at(-1);
    if (last !== undefined && (atMs <= this.stepUntilMs || this.stepList.length === STEPS_MAX)) return last;
    // In silence nothing was under way: then the step is this moment alone.
    this.stepUntilMs = Math.max(atMs, this.movingUntilMs);
    const step = { fromMs: atMs - this.beganAtMs, reached: 0, queries: 0, duplicates: 0, hits: 0, lost: 0 };
    this.stepList.push(step);
    return step;
  }

  private hopsOf(hop: number): { reached: number; duplicates: number } {
    while (this.hopCounts.length <= hop) this.hopCounts.push({ reached: 0, duplicates: 0 });
    return this.hopCounts[hop] as { reached: number; duplicates: number };
  }

  private reserve(node: number): void {
    if (node < this.hopBytes.length) return;
    const length = Math.max(node + 1, 2 * this.hopBytes.length);
    const grown = <T extends { set(values: T): void }>(into: T, values: T): T => {
      into.set(values);
      return into;
    };
    this.hopBytes = grown(new Uint8Array(length), this.hopBytes);
    this.sinceBytes = grown(new Uint8Array(length), this.sinceBytes);
    this.firstRows = grown(new Int32Array(length).fill(-1), this.firstRows);
    this.firstMs = grown(new Float64Array(length).fill(Number.POSITIVE_INFINITY), this.firstMs);
  }
}
