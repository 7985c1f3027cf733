/**
 * Sets of peers of one address family, one row of 8 bytes (IPv4) or 20 (IPv6) a peer: address, port, and when it was last seen; owns
 * the rows. A set is two words in its swarm's record: class and count, and where its rows lie. Up to 8 rows are packed and scanned;
 * more are an open-addressing table, which gives random members without any further index.
 */

import { readU16, readU32, writeU16, writeU32 } from '../../core/bytes.ts';
import type { KeyedHash } from '../../core/keyed-hash.ts';
import type { Random } from '../../core/random.ts';
import { Segments } from './segments.ts';

export const PEER_SET_WORDS = 2;
const CLASS_SHIFT = 27;
const COUNT_MASK = 2 ** CLASS_SHIFT - 1;
/** Sets up to 2^3 rows are packed. */
const PACKED_CLASS_MAX = 3;
/** Rows of 8 bytes that share a cache line: random members are taken in runs of this many, a cache miss a run instead of a peer. */
const RUN_ROWS = 8;

/** The last word of a row: port in the high half, seconds modulo 2^16 in the low one. Port 0 marks an empty row. */
const SEEN_MASK = 0xffff;

export class PeerSets {
  readonly addressBytes: 4 | 16;
  private readonly addressWords: number;
  private readonly wordsPerRow: number;
  private readonly segments: Segments;
  private readonly hash: KeyedHash;
  /** The peer that the next operation is about: address words, then the port. */
  private readonly key: Uint32Array;
  private keyHash = 0;
  private readonly scratch: Uint32Array;

  constructor(addressBytes: 4 | 16, hash: KeyedHash) {
    this.addressBytes = addressBytes;
    this.addressWords = addressBytes / 4;
    this.wordsPerRow = this.addressWords + 1;
    this.segments = new Segments(this.wordsPerRow);
    this.hash = hash;
    this.key = new Uint32Array(this.wordsPerRow);
    this.scratch = new Uint32Array(this.wordsPerRow);
  }

  get bytes(): number {
    return this.segments.bytes;
  }

  /** Says which peer `put`, `remove` and `pick` are about. The port is not 0. */
  select(endpoint: Uint8Array): void {
    for (let index = 0; index < this.addressWords; index++) this.key[index] = readU32(endpoint, index * 4);
    this.key[this.addressWords] = readU16(endpoint, this.addressBytes);
    this.keyHash = this.hash.table(this.key, 0, this.wordsPerRow);
  }

  /** `pick` leaves nobody out. */
  selectNobody(): void {
    this.key.fill(0);
  }

  /** True when the selected peer is in the set. */
  has(record: Uint32Array, at: number): boolean {
    return this.find(record, at) >= 0;
  }

  count(record: Uint32Array, at: number): number {
    return (record[at] as number) & COUNT_MASK;
  }

  /** Rows that a walk over the set visits. */
  rows(record: Uint32Array, at: number): number {
    return this.count(record, at) === 0 ? 0 : 2 ** classOf(record, at);
  }

  /** Adds the selected peer, or marks it as seen now. True when it is new. */
  put(record: Uint32Array, at: number, seconds: number): boolean {
    let row = this.find(record, at);
    const isNew = row < 0;
    if (isNew) {
      this.makeRoom(record, at);
      row = this.insert(record, at, this.key, 0, this.keyHash);
      record[at] = (record[at] as number) + 1;
    }
    const sizeClass = classOf(record, at);
    const array = this.segments.array(sizeClass, record[at + 1] as number);
    const last = this.segments.base(sizeClass, record[at + 1] as number) + row * this.wordsPerRow + this.addressWords;
    array[last] = ((this.key[this.addressWords] as number) << 16) | (seconds & SEEN_MASK);
    return isNew;
  }

  /** Removes the selected peer; true when it was there. */
  remove(record: Uint32Array, at: number): boolean {
    const row = this.find(record, at);
    if (row < 0) return false;
    this.removeRow(record, at, row);
    this.shrink(record, at);
    return true;
  }

  /**
   * Removes peers not seen for `ageSeconds` among `rowsMax` rows from row `from` on. Returns how many; `nextRow` says where to go on.
   * Only the last of these calls, which ends at `rows`, gives memory back.
   */
  expire(record: Uint32Array, at: number, from: number, rowsMax: number, seconds: number, ageSeconds: number): number {
    let removed = 0;
    let row = from;
    for (let budget = rowsMax; budget > 0 && row < this.rows(record, at); budget--) {
      const sizeClass = classOf(record, at);
      const offset = record[at + 1] as number;
      const array = this.segments.array(sizeClass, offset);
      const last = array[this.segments.base(sizeClass, offset) + row * this.wordsPerRow + this.addressWords] as number;
      if (last === 0 || ((seconds - last) & SEEN_MASK) <= ageSeconds) {
        row++;
        continue;
      }
      // Another row may have moved into this one: it is looked at next.
      this.removeRow(record, at, row);
      removed++;
    }
    this.nextRow = row;
    if (row >= this.rows(record, at)) this.shrink(record, at);
    return removed;
  }

  nextRow = 0;

  /** Writes up to `want` random members, never the selected one, as compact endpoints; returns the offset after them. Takes O(want). */
  pick(record: Uint32Array, at: number, want: number, random: Random, into: Uint8Array, offset: number): number {
    const count = this.count(record, at);
    if (count === 0 || want <= 0) return offset;
    const sizeClass = classOf(record, at);
    const array = this.segments.array(sizeClass, record[at + 1] as number);
    const base = this.segments.base(sizeClass, record[at + 1] as number);
    const capacity = 2 ** sizeClass;
    const run = Math.min(RUN_ROWS, capacity);
    const runMask = capacity / run - 1;
    const draw = random.u32();
    // An odd step visits every run once before it repeats one.
    const step = ((draw >>> 3) | 1) & runMask;
    let runIndex = random.u32() & runMask;
    let left = want;
    let to = offset;
    for (let runs = 0; runs <= runMask; runs++) {
      for (let index = 0; index < run; index++) {
        const row = base + (runIndex * run + ((index + draw) & (run - 1))) * this.wordsPerRow;
        const last = array[row + this.addressWords] as number;
        if (last === 0 || this.isSelected(array, row)) continue;
        for (let word = 0; word < this.addressWords; word++) to = writeU32(into, to, array[row + word] as number);
        to = writeU16(into, to, last >>> 16);
        if (--left === 0) return to;
      }
      runIndex = (runIndex + step) & runMask;
    }
    return to;
  }

  /** Gives all rows of a set back. */
  clear(record: Uint32Array, at: number): void {
    if (this.count(record, at) > 0) this.segments.release(classOf(record, at), record[at + 1] as number);
    record[at] = 0;
    record[at + 1] = 0;
  }

  private isSelected(array: Uint32Array, row: number): boolean {
    if ((array[row + this.addressWords] as number) >>> 16 !== this.key[this.addressWords]) return false;
    for (let word = 0; word < this.addressWords; word++) if (array[row + word] !== this.key[word]) return false;
    return true;
  }

  private find(record: Uint32Array, at: number): number {
    const count = this.count(record, at);
    if (count === 0) return -1;
    const sizeClass = classOf(record, at);
    const array = this.segments.array(sizeClass, record[at + 1] as number);
    const base = this.segments.base(sizeClass, record[at + 1] as number);
    if (sizeClass <= PACKED_CLASS_MAX) {
      for (let row = 0; row < count; row++) if (this.isSelected(array, base + row * this.wordsPerRow)) return row;
      return -1;
    }
    const mask = 2 ** sizeClass - 1;
    for (let row = this.keyHash & mask; ; row = (row + 1) & mask) {
      if (array[base + row * this.wordsPerRow + this.addressWords] === 0) return -1;
      if (this.isSelected(array, base + row * this.wordsPerRow)) return row;
    }
  }

  private makeRoom(record: Uint32Array, at: number): void {
    const count = this.count(record, at);
    if (count === 0) {
      record[at] = 0;
      record[at + 1] = this.segments.allocate(0);
      return;
    }
    const sizeClass = classOf(record, at);
    const full = sizeClass <= PACKED_CLASS_MAX ? count === 2 ** sizeClass : count >= 0.75 * 2 ** sizeClass;
    if (full) this.resize(record, at, sizeClass + 1);
  }

  /** A set gives memory back when an eighth of its rows is used: far from where it grows, so that it does not flutter. */
  private shrink(record: Uint32Array, at: number): void {
    const count = this.count(record, at);
    if (count === 0) return;
    let sizeClass = classOf(record, at);
    if (count * 8 > 2 ** sizeClass) return;
    while (sizeClass > 0 && count * 4 <= 2 ** sizeClass) sizeClass--;
    this.resize(record, at, sizeClass);
  }

  private resize(record: Uint32Array, at: number, sizeClass: number): void {
    const oldClass = classOf(record, at);
    const oldOffset = record[at + 1] as number;
    const count = this.count(record, at);
    const array = this.segments.array(oldClass, oldOffset);
    const base = this.segments.base(oldClass, oldOffset);
    const end = base + 2 ** oldClass * this.wordsPerRow;
    record[at + 1] = this.segments.allocate(sizeClass);
    record[at] = (sizeClass << CLASS_SHIFT) >>> 0;
    for (let row = base; row < end; row += this.wordsPerRow) {
      if (array[row + this.addressWords] === 0) continue;
      this.insert(record, at, array, row, this.hashOfRow(array, row));
      record[at] = record[at] + 1;
    }
    if (this.count(record, at) !== count) throw new Error(`${count} peers expected after a resize, got ${this.count(record, at)}`);
    this.segments.release(oldClass, oldOffset);
  }

  /** Writes a row that is not there yet into a set that has room; returns its index. `count` is the caller's to raise. */
  private insert(record: Uint32Array, at: number, words: Uint32Array, from: number, hash: number): number {
    const sizeClass = classOf(record, at);
    const array = this.segments.array(sizeClass, record[at + 1] as number);
    const base = this.segments.base(sizeClass, record[at + 1] as number);
    let row = this.count(record, at);
    if (sizeClass > PACKED_CLASS_MAX) {
      const mask = 2 ** sizeClass - 1;
      row = hash & mask;
      while (array[base + row * this.wordsPerRow + this.addressWords] !== 0) row = (row + 1) & mask;
    }
    const to = base + row * this.wordsPerRow;
    for (let word = 0; word < this.wordsPerRow; word++) array[to + word] = words[from + word] as number;
    return row;
  }

  private removeRow(record: Uint32Array, at: number, removed: number): void {
    const sizeClass = classOf(record, at);
    const offset = record[at + 1] as number;
    const count = this.count(record, at);
    if (count === 1) {
      this.clear(record, at);
      return;
    }
    const array = this.segments.array(sizeClass, offset);
    const base = this.segments.base(sizeClass, offset);
    const words = this.wordsPerRow;
    record[at] = (record[at] as number) - 1;
    let hole = removed;
    if (sizeClass <= PACKED_CLASS_MAX) {
      hole = count - 1;
      array.copyWithin(base + removed * words, base + hole * words, base + (hole + 1) * words);
    } else {
      // Later rows of the cluster move up where their home allows it (Knuth, TAOCP 3, 6.4, algorithm R): no tombstones.
      const mask = 2 ** sizeClass - 1;
      for (let row = (hole + 1) & mask; array[base + row * words + this.addressWords] !== 0; row = (row + 1) & mask) {
        const home = this.hashOfRow(array, base + row * words) & mask;
        if (((row - home) & mask) < ((row - hole) & mask)) continue;
        array.copyWithin(base + hole * words, base + row * words, base + (row + 1) * words);
        hole = row;
      }
    }
    array.fill(0, base + hole * words, base + (hole + 1) * words);
  }

  private hashOfRow(array: Uint32Array, row: number): number {
    for (let word = 0; word < this.addressWords; word++) this.scratch[word] = array[row + word] as number;
    this.scratch[this.addressWords] = (array[row + this.addressWords] as number) >>> 16;
    return this.hash.table(this.scratch, 0, this.wordsPerRow);
  }
}

function classOf(record: Uint32Array, at: number): number {
  return (record[at] as number) >>> CLASS_SHIFT;
}
