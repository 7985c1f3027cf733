/** All timers of one host over a single Node timer: a binary heap of slots ordered by deadline, then by age. Owned by the host. */

import { NO_TIMER, type Timer } from '../core/host.ts';
import type { EventLoop } from './event-loop.ts';

export interface TimerTarget {
  onTimer(kind: number, arg: number): void;
}

/** At most this many timers run at once; more is a bug in the protocol. */
export const TIMERS_MAX = 1 << 22;

/** Node takes no longer delay; a later deadline wakes up in between and goes to sleep again. */
const NODE_DELAY_MS_MAX = 0x7fffffff;
/** The place of a slot that is not in the heap. */
const SLOT_NONE = -1;

export class TimerHeap {
  private readonly loop: EventLoop;
  private readonly target: TimerTarget;
  private capacity = 256;
  // One row a slot.
  private deadlineMs = new Float64Array(this.capacity);
  private order = new Float64Array(this.capacity);
  private kinds = new Float64Array(this.capacity);
  private args = new Float64Array(this.capacity);
  private generations = new Uint32Array(this.capacity);
  /** Place in the heap, or SLOT_NONE when the slot is free. */
  private places = new Int32Array(this.capacity).fill(SLOT_NONE);
  private heap = new Int32Array(this.capacity);
  private count = 0;
  private readonly free: number[] = [];
  private used = 0;
  private sequence = 0;
  private nodeTimer: NodeJS.Timeout | null = null;
  private nodeWakeMs = 0;
  /** For delays of zero: Node's timers take a millisecond at least, which is long between two reads of a socket. */
  private immediate: NodeJS.Immediate | null = null;

  constructor(loop: EventLoop, target: TimerTarget) {
    this.loop = loop;
    this.target = target;
  }

  get size(): number {
    return this.count;
  }

  set(delayMs: number, kind: number, arg: number): Timer {
    const slot = this.free.pop() ?? this.newSlot();
    this.deadlineMs[slot] = this.loop.now() + Math.max(0, delayMs);
    this.order[slot] = this.sequence++;
    this.kinds[slot] = kind;
    this.args[slot] = arg;
    this.places[slot] = this.count;
    this.heap[this.count] = slot;
    this.count++;
    this.up(this.count - 1);
    if (delayMs <= 0) this.immediate ??= setImmediate(this.fireAtOnce);
    else if (this.heap[0] === slot) this.arm();
    return ((this.generations[slot] as number) * TIMERS_MAX + slot + 1) as Timer;
  }

  clear(timer: Timer): void {
    if (timer === NO_TIMER) return;
    const slot = (timer - 1) % TIMERS_MAX;
    if (slot >= this.used || this.generations[slot] !== Math.floor((timer - 1) / TIMERS_MAX)) return;
    this.remove(slot);
  }

  /** Forgets all timers and lets go of Node's. */
  close(): void {
    while (this.count > 0) this.remove(this.heap[0] as number);
    if (this.nodeTimer !== null) clearTimeout(this.nodeTimer);
    this.nodeTimer = null;
    if (this.immediate !== null) clearImmediate(this.immediate);
    this.immediate = null;
  }

  private arm(): void {
    if (this.count === 0) return;
    const wakeMs = this.deadlineMs[this.heap[0] as number] as number;
    // A timer that wakes up too early costs less than one re-armed at each change.
    if (this.nodeTimer !== null && this.nodeWakeMs <= wakeMs) return;
    if (this.nodeTimer !== null) clearTimeout(this.nodeTimer);
    this.nodeWakeMs = wakeMs;
    this.nodeTimer = setTimeout(this.fire, Math.min(NODE_DELAY_MS_MAX, Math.ceil(Math.max(0, wakeMs - performance.now()))));
  }

  private readonly fire = (): void => {
    this.nodeTimer = null;
    this.runDue();
  };

  private readonly fireAtOnce = (): void => {
    this.immediate = null;
    this.runDue();
  };

  private runDue(): void {
    // Only what is due by now: a protocol that sets zero delays again and again must not starve its own sockets.
    const dueMs = performance.now();
    const orderMax = this.sequence;
    while (this.count > 0) {
      const slot = this.heap[0] as number;
      if ((this.deadlineMs[slot] as number) > dueMs || (this.order[slot] as number) >= orderMax) break;
      const kind = this.kinds[slot] as number;
      const arg = this.args[slot] as number;
      this.remove(slot);
      if (!this.loop.begin()) return;
      this.target.onTimer(kind, arg);
      this.loop.end();
    }
    this.arm();
  }

  private remove(slot: number): void {
    const place = this.places[slot] as number;
    if (place === SLOT_NONE) return;
    this.count--;
    const last = this.heap[this.count] as number;
    if (place !== this.count) {
      this.heap[place] = last;
      this.places[last] = place;
      this.down(place);
      this.up(this.places[last]);
    }
    this.places[slot] = SLOT_NONE;
    this.generations[slot] = ((this.generations[slot] as number) + 1) & 0x3fffffff;
    this.free.push(slot);
  }

  private up(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.sooner(place, parent)) return;
      this.swap(place, parent);
      place = parent;
    }
  }

  private down(from: number): void {
    let place = from;
    for (;;) {
      const left = place * 2 + 1;
      if (left >= this.count) return;
      const child = left + 1 < this.count && this.sooner(left + 1, left) ? left + 1 : left;
      if (!this.sooner(child, place)) return;
      this.swap(place, child);
      place = child;
    }
  }

  private sooner(one: number, other: number): boolean {
    const a = this.heap[one] as number;
    const b = this.heap[other] as number;
    const difference = (this.deadlineMs[a] as number) - (this.deadlineMs[b] as number);
    return difference < 0 || (difference === 0 && (this.order[a] as number) < (this.order[b] as number));
  }

  private swap(one: number, other: number): void {
    const a = this.heap[one] as number;
    const b = this.heap[other] as number;
    this.heap[one] = b;
    this.heap[other] = a;
    this.places[b] = one;
    this.places[a] = other;
  }

  private newSlot(): number {
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  private grow(): void {
    if (this.capacity >= TIMERS_MAX) throw new RangeError(`expected at most ${TIMERS_MAX} timers`);
    this.capacity *= 2;
    const wider = <T extends Float64Array | Int32Array | Uint32Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.deadlineMs = wider(new Float64Array(this.capacity), this.deadlineMs);
    this.order = wider(new Float64Array(this.capacity), this.order);
    this.kinds = wider(new Float64Array(this.capacity), this.kinds);
    this.args = wider(new Float64Array(this.capacity), this.args);
    this.generations = wider(new Uint32Array(this.capacity), this.generations);
    this.places = wider(new Int32Array(this.capacity).fill(SLOT_NONE), this.places);
    this.heap = wider(new Int32Array(this.capacity), this.heap);
  }
}
