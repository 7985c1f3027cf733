/**
 * Memory for content that has arrived and is not verified: shared buffers of one segment each, reused, with one budget for all
 * stores of a host. Owned by the host's storage.
 */

import { STORE_DIRTY_BYTES } from '../core/host.ts';

/** What is gathered beyond this is written ahead of verification, the part that waited longest first. */
export const GATHERED_BYTES_MAX = STORE_DIRTY_BYTES / 2;
/** Content on its way to the disk: beyond this `write` answers false, until half of it is left. */
export const WRITING_BYTES_MAX = STORE_DIRTY_BYTES / 2;

/** One segment being gathered. */
export class PieceBuffer {
  readonly piece: number;
  readonly index: number;
  readonly owner: PieceBufferOwner;
  readonly shared: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  /** Pairs of start and end, ascending, not touching each other. */
  readonly filled: number[] = [];
  touched = 0;

  constructor(owner: PieceBufferOwner, piece: number, index: number, shared: SharedArrayBuffer) {
    this.owner = owner;
    this.piece = piece;
    this.index = index;
    this.shared = shared;
    this.bytes = new Uint8Array(shared);
  }

  put(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
    addRange(this.filled, offset, offset + bytes.length);
  }

  /** The memory was used before: what did not come must not look as if it had. */
  clearGaps(): void {
    let at = 0;
    for (let pair = 0; pair < this.filled.length; pair += 2) {
      if (at < (this.filled[pair] as number)) this.bytes.fill(0, at, this.filled[pair]);
      at = this.filled[pair + 1] as number;
    }
    if (at < this.bytes.length) this.bytes.fill(0, at);
  }
}

export interface PieceBufferOwner {
  /** The budget is used up: write this one out and let it go. */
  spill(buffer: PieceBuffer): void;
}

export class PieceBuffers {
  private readonly gathering = new Set<PieceBuffer>();
  private gatheredBytes = 0;
  private writingBytes = 0;
  private readonly idle = new Map<number, SharedArrayBuffer[]>();
  private idleBytes = 0;
  private clock = 0;
  private readonly waiting = new Set<() => void>();

  /** A buffer of that size, marked as gathering; makes room by spilling others. */
  take(owner: PieceBufferOwner, piece: number, index: number, size: number): PieceBuffer {
    if (this.gatheredBytes + size > GATHERED_BYTES_MAX) this.spillOldest();
    const buffer = new PieceBuffer(owner, piece, index, this.allocate(size));
    this.gathering.add(buffer);
    this.gatheredBytes += size;
    this.touch(buffer);
    return buffer;
  }

  touch(buffer: PieceBuffer): void {
    buffer.touched = ++this.clock;
  }

  /** The buffer is being written: it counts against the other half of the budget. */
  startWriting(buffer: PieceBuffer): void {
    if (!this.gathering.delete(buffer)) return;
    this.gatheredBytes -= buffer.bytes.length;
    this.writingBytes += buffer.bytes.length;
  }

  /** It was not right, and is kept until somebody decides. */
  backToGathering(buffer: PieceBuffer): void {
    this.writingBytes -= buffer.bytes.length;
    this.gatheredBytes += buffer.bytes.length;
    this.gathering.add(buffer);
    this.drain();
  }

  free(buffer: PieceBuffer): void {
    if (this.gathering.delete(buffer)) this.gatheredBytes -= buffer.bytes.length;
    else this.writingBytes -= buffer.bytes.length;
    this.keep(buffer.shared);
    this.drain();
  }

  get behind(): boolean {
    return this.writingBytes > WRITING_BYTES_MAX;
  }

  /** Calls back once, in the event in which the disk has caught up. */
  whenDrained(callback: () => void): void {
    this.waiting.add(callback);
  }

  forget(callback: () => void): void {
    this.waiting.delete(callback);
  }

  private drain(): void {
    if (this.waiting.size === 0 || this.writingBytes > WRITING_BYTES_MAX / 2) return;
    const callbacks = [...this.waiting];
    this.waiting.clear();
    for (const callback of callbacks) callback();
  }

  private spillOldest(): void {
    let oldest: PieceBuffer | null = null;
    for (const buffer of this.gathering) if (oldest === null || buffer.touched < oldest.touched) oldest = buffer;
    oldest?.owner.spill(oldest);
  }

  private allocate(size: number): SharedArrayBuffer {
    const reused = this.idle.get(size)?.pop();
    if (reused === undefined) return new SharedArrayBuffer(size);
    this.idleBytes -= size;
    return reused;
  }

  private keep(shared: SharedArrayBuffer): void {
    const size = shared.byteLength;
    // Stores of other sizes have left theirs behind: start anew rather than hold two budgets.
    if (this.idleBytes + size > STORE_DIRTY_BYTES) this.dropIdle();
    let list = this.idle.get(size);
    if (list === undefined) {
      list = [];
      this.idle.set(size, list);
    }
    list.push(shared);
    this.idleBytes += size;
  }

  /** Lets go of what nobody uses. */
  dropIdle(): void {
    this.idle.clear();
    this.idleBytes = 0;
  }
}

/** Adds [start, end) to ascending, disjoint ranges. Blocks come mostly in order: the last range is the one that grows. */
export function addRange(ranges: number[], start: number, end: number): void {
  const last = ranges.length - 1;
  if (last > 0 && ranges[last] === start) {
    ranges[last] = end;
    return;
  }
  if (last < 0 || start > (ranges[last] as number)) {
    ranges.push(start, end);
    return;
  }
  let from = 0;
  while ((ranges[from + 1] as number) < start) from += 2;
  let to = from;
  let low = start;
  let high = end;
  while (to < ranges.length && (ranges[to] as number) <= end) {
    low = Math.min(low, ranges[to] as number);
    high = Math.max(high, ranges[to + 1] as number);
    to += 2;
  }
  ranges.splice(from, to - from, low, high);
}
