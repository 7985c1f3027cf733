/**
 * The queue of what is to happen: a two-level timing wheel (Varghese and Lauck 1987, scheme 7) with exact times, first in first
 * out among equals. Owns the clock of a world and 32 bytes a pending event.
 *
 * The near level has a slot for every tick of the 16 ms around now, the far level one for each such window of the next 262 s;
 * what lies beyond waits in a plain list. A window is moved down, in order, at the moment it begins, so that an event which was
 * put in earlier still comes before one that is put in later for the same tick.
 */

import { SLOT_BITS, SLOTS, SlotTable } from './slot-table.ts';

const FAR_SPAN = SLOTS * SLOTS;
/** Rows of a handle: 26 bits, the other 26 are the generation. */
const ROWS_MAX = 1 << 26;
const GENERATION_MASK = (1 << 26) - 1;
const ROWS_INITIAL = 1024;

// A row: time and arg as doubles, then next, prev, meta (kind and extra) and generation as integers.
const FLOATS_PER_ROW = 4;
const ARG = 1;
const INTS_PER_ROW = 8;
const NEXT = 4;
const PREV = 5;
const META = 6;
const GENERATION = 7;

/** What `extra` may hold: 24 bits. */
export const EXTRA_MAX = (1 << 24) - 1;

export class EventWheel {
  /** The tick of the event that was taken last, or what the owner has moved it on to. */
  now = 0;
  pending = 0;

  // The event taken last.
  kind = 0;
  extra = 0;
  arg = 0;
  payload: unknown = null;

  private readonly near = new SlotTable();
  private readonly far = new SlotTable();
  private nearBase = 0;
  private farBase = 0;
  private cursor = 0;
  private beyondHead = 0;
  private beyondTail = 0;
  /** Nothing beyond is earlier than this. */
  private beyondFrom = Number.POSITIVE_INFINITY;

  private capacity = ROWS_INITIAL;
  private floats: Float64Array;
  private ints: Int32Array;
  private readonly payloads: unknown[] = [null];
  private rows = 1;
  private freeRow = 0;

  constructor() {
    const buffer = new ArrayBuffer(ROWS_INITIAL * FLOATS_PER_ROW * 8);
    this.floats = new Float64Array(buffer);
    this.ints = new Int32Array(buffer);
  }

  /**
   * Puts an event in, for a whole tick that is not in the past. `kind` has 8 bits, `extra` 24, `arg` is any number.
   * Returns a handle for `cancel`, never 0.
   */
  insert(time: number, kind: number, extra: number, arg: number, payload: unknown): number {
    if (!(time >= this.now)) throw new RangeError(`an event for tick ${this.now} or later expected, got ${time}`);
    const row = this.takeRow();
    this.floats[row * FLOATS_PER_ROW] = time;
    this.floats[row * FLOATS_PER_ROW + ARG] = arg;
    this.ints[row * INTS_PER_ROW + META] = kind | (extra << 8);
    this.payloads[row] = payload;
    this.pending++;
    this.place(row, time);
    return (this.ints[row * INTS_PER_ROW + GENERATION] as number) * ROWS_MAX + row;
  }

  /** Takes an event out; false when it was taken or cancelled before. */
  cancel(handle: number): boolean {
    const row = handle % ROWS_MAX;
    if (row === 0 || row >= this.rows) return false;
    const base = row * INTS_PER_ROW;
    if (this.ints[base + GENERATION] !== Math.floor(handle / ROWS_MAX) || this.ints[base + META] === 0) return false;
    this.unlink(row);
    this.release(row);
    return true;
  }

  /** Takes the next event that is due at `limit` or before and moves the clock to it; false: there is none, the clock is at `limit`. */
  next(limit: number): boolean {
    do {
      const slot = this.near.nextOccupied(this.cursor);
      if (slot >= 0) {
        const time = this.nearBase + slot;
        if (time > limit) break;
        this.cursor = slot;
        this.now = time;
        this.take(this.near.heads[slot] as number);
        return true;
      }
    } while (this.openNextWindow(limit));
    // The near level may begin later than the last event by now: nothing may be put in before it.
    this.now = Math.max(this.now, limit);
    return false;
  }

  private take(row: number): void {
    const meta = this.ints[row * INTS_PER_ROW + META] as number;
    this.kind = meta & 0xff;
    this.extra = meta >>> 8;
    this.arg = this.floats[row * FLOATS_PER_ROW + ARG] as number;
    this.payload = this.payloads[row];
    this.unlink(row);
    this.release(row);
  }

  /** Moves the near level on to the next window that has events and begins by `limit`. */
  private openNextWindow(limit: number): boolean {
    const slot = this.far.nextOccupied(Math.floor((this.nearBase - this.farBase) / SLOTS) + 1);
    if (slot < 0) return this.openNextSpan(limit);
    const base = this.farBase + slot * SLOTS;
    if (base > limit) return false;
    this.nearBase = base;
    this.cursor = 0;
    let row = this.far.heads[slot] as number;
    this.far.heads[slot] = 0;
    this.far.tails[slot] = 0;
    this.far.markEmpty(slot);
    while (row !== 0) {
      const next = this.ints[row * INTS_PER_ROW + NEXT] as number;
      this.append(this.near, (this.floats[row * FLOATS_PER_ROW] as number) - base, row);
      row = next;
    }
    return true;
  }

  /** Both levels are empty: moves them on to the span of the earliest event beyond. */
  private openNextSpan(limit: number): boolean {
    if (this.beyondHead === 0 || this.beyondFrom > limit) return false;
    let earliest = Number.POSITIVE_INFINITY;
    for (let row = this.beyondHead; row !== 0; row = this.ints[row * INTS_PER_ROW + NEXT] as number) {
      earliest = Math.min(earliest, this.floats[row * FLOATS_PER_ROW] as number);
    }
    this.beyondFrom = earliest;
    if (earliest > limit) return false;
    this.farBase = Math.floor(earliest / FAR_SPAN) * FAR_SPAN;
    this.nearBase = this.farBase;
    this.cursor = 0;
    let row = this.beyondHead;
    this.beyondHead = 0;
    this.beyondTail = 0;
    this.beyondFrom = Number.POSITIVE_INFINITY;
    while (row !== 0) {
      const next = this.ints[row * INTS_PER_ROW + NEXT] as number;
      this.place(row, this.floats[row * FLOATS_PER_ROW] as number);
      row = next;
    }
    return true;
  }

  private place(row: number, time: number): void {
    if (time < this.nearBase + SLOTS) this.append(this.near, time - this.nearBase, row);
    else if (time < this.farBase + FAR_SPAN) this.append(this.far, (time - this.farBase) >>> SLOT_BITS, row);
    else this.appendBeyond(row, time);
  }

  private append(table: SlotTable, slot: number, row: number): void {
    const tail = table.tails[slot] as number;
    this.ints[row * INTS_PER_ROW + NEXT] = 0;
    this.ints[row * INTS_PER_ROW + PREV] = tail;
    table.tails[slot] = row;
    if (tail !== 0) {
      this.ints[tail * INTS_PER_ROW + NEXT] = row;
    } else {
      table.heads[slot] = row;
      table.markOccupied(slot);
    }
  }

  private appendBeyond(row: number, time: number): void {
    this.ints[row * INTS_PER_ROW + NEXT] = 0;
    this.ints[row * INTS_PER_ROW + PREV] = this.beyondTail;
    if (this.beyondTail !== 0) this.ints[this.beyondTail * INTS_PER_ROW + NEXT] = row;
    else this.beyondHead = row;
    this.beyondTail = row;
    if (time < this.beyondFrom) this.beyondFrom = time;
  }

  private unlink(row: number): void {
    const time = this.floats[row * FLOATS_PER_ROW] as number;
    const next = this.ints[row * INTS_PER_ROW + NEXT] as number;
    const prev = this.ints[row * INTS_PER_ROW + PREV] as number;
    if (next !== 0) this.ints[next * INTS_PER_ROW + PREV] = prev;
    if (prev !== 0) this.ints[prev * INTS_PER_ROW + NEXT] = next;
    if (next !== 0 && prev !== 0) return;
    if (time < this.nearBase + SLOTS) relink(this.near, time - this.nearBase, next, prev);
    else if (time < this.farBase + FAR_SPAN) relink(this.far, (time - this.farBase) >>> SLOT_BITS, next, prev);
    else {
      if (prev === 0) this.beyondHead = next;
      if (next === 0) this.beyondTail = prev;
    }
  }

  private takeRow(): number {
    const free = this.freeRow;
    if (free !== 0) {
      this.freeRow = this.ints[free * INTS_PER_ROW + NEXT] as number;
      return free;
    }
    if (this.rows === this.capacity) this.grow();
    this.payloads.push(null);
    return this.rows++;
  }

  private release(row: number): void {
    const base = row * INTS_PER_ROW;
    this.ints[base + META] = 0;
    this.ints[base + GENERATION] = ((this.ints[base + GENERATION] as number) + 1) & GENERATION_MASK;
    this.ints[base + NEXT] = this.freeRow;
    this.freeRow = row;
    this.payloads[row] = null;
    this.pending--;
  }

  private grow(): void {
    if (this.capacity >= ROWS_MAX) throw new RangeError(`more than ${ROWS_MAX} events are pending`);
    this.capacity *= 2;
    const buffer = new ArrayBuffer(this.capacity * FLOATS_PER_ROW * 8);
    const ints = new Int32Array(buffer);
    ints.set(this.ints);
    this.floats = new Float64Array(buffer);
    this.ints = ints;
  }
}

/** An end of a slot's list has left it. */
function relink(table: SlotTable, slot: number, next: number, prev: number): void {
  if (prev === 0) table.heads[slot] = next;
  if (next === 0) table.tails[slot] = prev;
  if (prev === 0 && next === 0) table.markEmpty(slot);
}
