/**
 * Who is sent something now, who waits for it, and in which order: slots, a share for each host, and a queue in which those come first who get
 * least (Gnutella's active queueing and PARQ). One object may serve several servers. Owns the slots and the queue.
 */

import type { Endpoint } from '../../core/host.ts';
import type { QueuePlace } from './queue-headers.ts';

export interface SlotOptions {
  /** Files that are sent at the same time. */
  readonly slotsMax: number;
  readonly slotsPerHostMax: number;
  readonly queueMax: number;
  readonly pollSecondsMin: number;
  readonly pollSecondsMax: number;
  /** How long PARQ keeps the place of one who has hung up. */
  readonly lifetimeSeconds: number;
}

export const SLOT_DEFAULTS: SlotOptions = {
  slotsMax: 8,
  slotsPerHostMax: 2,
  queueMax: 100,
  pollSecondsMin: 45,
  pollSecondsMax: 120,
  lifetimeSeconds: 600,
};

/** Of the places, one host has no more than this. */
const QUEUED_PER_HOST_MAX = 4;
/** Who asks again sooner than he was told to is let off so often. */
const EARLY_MAX = 2;
/** An answer takes its time on the way, and so does the next question. */
const GRACE_MS = 5_000;
/** Who has hung up and does not come when he is called is called once more, and then loses his place. */
const CALLS_MAX = 2;
const CALL_MS = 60_000;

/** Who asks for a slot: a connection. Told apart by identity. */
export interface SlotTaker {
  /** His address without the port. */
  readonly hostKey: string;
}

export interface SlotRequest {
  readonly taker: SlotTaker;
  /** The file: a host that waits for two of them has two places. */
  readonly fileKey: string;
  /** 0: cannot be queued; 1: as long as it is connected; 2: under an id as well. */
  readonly skill: 0 | 1 | 2;
  readonly id: string | null;
  /** Where he can be called when it is his turn; null: nowhere. */
  readonly node?: Endpoint | null;
}

/** Whose turn it is, and who is not connected. */
export interface SlotCall {
  readonly id: string;
  readonly node: Endpoint;
}

/** hasty: asked again too early, too often; his place is lost. */
export type SlotAnswer = { readonly answer: 'granted' | 'busy' | 'hasty' } | { readonly answer: 'queued'; readonly place: QueuePlace };

interface Waiting {
  readonly id: string;
  readonly hostKey: string;
  readonly fileKey: string;
  readonly arrival: number;
  taker: SlotTaker | null;
  /** When he may ask again, and until when he has to. */
  earliestMs: number;
  latestMs: number;
  early: number;
  /** His place is kept when he hangs up. */
  outlives: boolean;
  node: Endpoint | null;
  /** How often he was called since he asked last, and when. */
  calls: number;
  calledMs: number;
}

export class UploadSlots {
  readonly options: SlotOptions;
  private readonly running = new Map<SlotTaker, string>();
  private readonly waiting: Waiting[] = [];
  private arrivals = 0;

  constructor(options: Partial<SlotOptions> = {}) {
    this.options = { ...SLOT_DEFAULTS, ...options };
  }

  get runningCount(): number {
    return this.running.size;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** `newId` is used when he gets a place under an id. */
  request({ taker, fileKey, skill, id, node = null }: SlotRequest, newId: string, now: number): SlotAnswer {
    if (this.running.has(taker)) return { answer: 'granted' };
    this.expire(now);
    const known = this.find(taker, fileKey, id);
    if (known !== null && now + GRACE_MS < known.earliestMs && ++known.early > EARLY_MAX) {
      this.drop(known);
      return { answer: 'hasty' };
    }
    const order = this.inTurn(known === null ? this.newcomer(taker, fileKey, newId) : null);
    const position = order.findIndex((each) => (known === null ? each.id === newId : each === known));
    const { slotsMax, slotsPerHostMax, queueMax } = this.options;
    if (position < slotsMax - this.running.size && this.runningOf(taker.hostKey) < slotsPerHostMax) {
      if (known !== null) this.drop(known);
      this.running.set(taker, taker.hostKey);
      return { answer: 'granted' };
    }
    if (known !== null) return { answer: 'queued', place: this.keep(known, { taker, skill, node }, position, now) };
    const ofHost = this.waiting.filter(({ hostKey }) => hostKey === taker.hostKey).length;
    if (skill === 0 || this.waiting.length >= queueMax || ofHost >= QUEUED_PER_HOST_MAX) return { answer: 'busy' };
    const waiting = order[position] as Waiting;
    this.waiting.push(waiting);
    return { answer: 'queued', place: this.keep(waiting, { taker, skill, node }, position, now) };
  }

  /** He has been sent what he asked for, and asks for nothing more. */
  release(taker: SlotTaker): void {
    this.running.delete(taker);
  }

  /** He has hung up. Only PARQ keeps his place, until it is too late for him. */
  left(taker: SlotTaker): void {
    this.running.delete(taker);
    for (const waiting of [...this.waiting]) {
      if (waiting.taker !== taker) continue;
      waiting.taker = null;
      if (!waiting.outlives) this.drop(waiting);
    }
  }

  expire(now: number): void {
    for (const waiting of [...this.waiting]) {
      const isDeaf = waiting.taker === null && waiting.calls >= CALLS_MAX && now - waiting.calledMs > CALL_MS;
      if (waiting.latestMs < now || isDeaf) this.drop(waiting);
    }
  }

  /** Those to be called now, at most so many: it is their turn, they have hung up, and can be dialled. */
  calls(now: number, countMax: number): SlotCall[] {
    const free = this.options.slotsMax - this.running.size;
    if (free <= 0 || this.waiting.length === 0) return [];
    const calls: SlotCall[] = [];
    for (const waiting of this.inTurn(null).slice(0, free)) {
      const { id, node, taker, outlives, hostKey } = waiting;
      if (calls.length >= countMax || node === null || taker !== null || !outlives) continue;
      if (waiting.calls >= CALLS_MAX || (waiting.calls > 0 && now - waiting.calledMs < CALL_MS)) continue;
      if (this.runningOf(hostKey) >= this.options.slotsPerHostMax) continue;
      waiting.calls++;
      waiting.calledMs = now;
      // He was told to wait longer; now he is told otherwise.
      waiting.earliestMs = now;
      calls.push({ id, node });
    }
    return calls;
  }

  inspect(): unknown {
    return { running: this.running.size, waiting: this.waiting.length };
  }

  // ---- inside --------------------------------------------------------------------------------------------------------------

  private newcomer(taker: SlotTaker, fileKey: string, id: string): Waiting {
    const moments = { arrival: this.arrivals++, earliestMs: 0, latestMs: 0, early: 0, calls: 0, calledMs: 0 };
    return { id, hostKey: taker.hostKey, fileKey, taker, ...moments, outlives: false, node: null };
  }

  private find(taker: SlotTaker, fileKey: string, id: string | null): Waiting | null {
    const own = this.waiting.find((waiting) => waiting.taker === taker && waiting.fileKey === fileKey);
    if (own !== undefined) return own;
    // Another connection of the same host may take the place over, and nobody else, whatever id he names.
    const of = (waiting: Waiting): boolean => waiting.hostKey === taker.hostKey && waiting.fileKey === fileKey && waiting.taker === null;
    return this.waiting.find((waiting) => of(waiting) && waiting.id === id) ?? this.waiting.find(of) ?? null;
  }

  /** Those who wait and one more: hosts that get less come first, then those who came earlier. */
  private inTurn(newcomer: Waiting | null): Waiting[] {
    const all = newcomer === null ? [...this.waiting] : [...this.waiting, newcomer];
    all.sort((a, b) => a.arrival - b.arrival);
    const before = new Map<string, number>();
    const rounds = new Map<Waiting, number>();
    for (const waiting of all) {
      const round = before.get(waiting.hostKey) ?? this.runningOf(waiting.hostKey);
      rounds.set(waiting, round);
      before.set(waiting.hostKey, round + 1);
    }
    return all.sort((a, b) => (rounds.get(a) as number) - (rounds.get(b) as number) || a.arrival - b.arrival);
  }

  private runningOf(hostKey: string): number {
    let count = 0;
    for (const key of this.running.values()) if (key === hostKey) count++;
    return count;
  }

  private keep(
    waiting: Waiting,
    { taker, skill, node = null }: Pick<SlotRequest, 'taker' | 'skill' | 'node'>,
    index: number,
    now: number,
  ): QueuePlace {
    const { slotsMax, pollSecondsMin, pollSecondsMax, lifetimeSeconds } = this.options;
    waiting.taker = taker;
    waiting.outlives = skill === 2;
    waiting.node = node;
    waiting.calls = 0;
    waiting.earliestMs = now + pollSecondsMin * 1000;
    waiting.latestMs = now + (skill === 2 ? Math.max(lifetimeSeconds, pollSecondsMax) : pollSecondsMax) * 1000 + GRACE_MS;
    const id = skill === 2 ? waiting.id : '';
    return { position: index + 1, length: this.waiting.length, limit: slotsMax, pollSecondsMin, pollSecondsMax, id };
  }

  private drop(waiting: Waiting): void {
    const at = this.waiting.indexOf(waiting);
    if (at >= 0) this.waiting.splice(at, 1);
  }
}
