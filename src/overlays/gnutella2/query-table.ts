/**
 * Which words a node can answer: a table of bits, one for each slot of their hash (QHT). Few bits are kept as a list of slots, many as they go over the line, where
 * bit i is in byte i >> 3 at 1 << (i & 7). Tables do not change. Owns its bits.
 */

import { concatBytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';

/** 2^20 slots are what Shareaza has; more are not taken. */
export const TABLE_BITS_MAX = 20;
export const TABLE_BITS_MIN = 6;

export class QueryTable {
  /** There are 2^bits slots. */
  readonly bits: number;
  /** How many are set. */
  readonly count: number;
  private readonly slots: Uint32Array | null;
  private readonly bitmap: Uint8Array | null;

  /** Of a bitmap, which becomes the table's own. */
  constructor(bits: number, bitmap: Uint8Array) {
    this.bits = bits;
    this.count = onesOf(bitmap);
    const isSparse = 4 * this.count < bitmap.length;
    this.slots = isSparse ? slotsOf(bitmap, this.count) : null;
    this.bitmap = isSparse ? null : bitmap;
  }

  /** Of hashes (`queryHash`), whose upper bits are the slots. */
  static of(hashes: Iterable<number>, bits: number): QueryTable {
    const bitmap = emptyBitmap(bits);
    for (const hash of hashes) setBit(bitmap, hash >>> (32 - bits));
    return new QueryTable(bits, bitmap);
  }

  /** What any of them has, whatever their sizes: a slot of a smaller table stands for all those with its upper bits. */
  static union(tables: Iterable<QueryTable>, bits: number): QueryTable {
    const bitmap = emptyBitmap(bits);
    for (const table of tables) table.addTo(bitmap, bits);
    return new QueryTable(bits, bitmap);
  }

  hasHash(hash: number): boolean {
    const slot = hash >>> (32 - this.bits);
    if (this.slots === null) return (((this.bitmap as Uint8Array)[slot >> 3] as number) & (1 << (slot & 7))) !== 0;
    let low = 0;
    for (let high = this.slots.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.slots[middle] as number) < slot) low = middle + 1;
      else high = middle;
    }
    return this.slots[low] === slot;
  }

  /** The bits in which the other differs, of the same size: what is sent to make the one of the other. */
  difference(other: QueryTable): Uint8Array {
    const bitmap = this.toBitmap();
    const theirs = other.toBitmap();
    for (let at = 0; at < bitmap.length; at++) bitmap[at] = (bitmap[at] as number) ^ (theirs[at] as number);
    return bitmap;
  }

  /** The table with those bits toggled. */
  patched(difference: Uint8Array): QueryTable {
    const bitmap = this.toBitmap();
    for (let at = 0; at < bitmap.length; at++) bitmap[at] = (bitmap[at] as number) ^ (difference[at] as number);
    return new QueryTable(this.bits, bitmap);
  }

  private toBitmap(): Uint8Array {
    if (this.bitmap !== null) return this.bitmap.slice();
    const bitmap = emptyBitmap(this.bits);
    for (const slot of this.slots as Uint32Array) setBit(bitmap, slot);
    return bitmap;
  }

  private addTo(bitmap: Uint8Array, bits: number): void {
    if (this.bits === bits && this.bitmap !== null) {
      for (let at = 0; at < bitmap.length; at++) bitmap[at] = (bitmap[at] as number) | (this.bitmap[at] as number);
      return;
    }
    const slots = this.slots ?? slotsOf(this.bitmap as Uint8Array, this.count);
    const wider = bits - this.bits;
    for (const slot of slots) {
      if (wider <= 0) setBit(bitmap, slot >>> -wider);
      else for (let each = slot << wider; each < (slot + 1) << wider; each++) setBit(bitmap, each);
    }
  }
}

export function emptyTable(bits: number): QueryTable {
  return new QueryTable(bits, emptyBitmap(bits));
}

export function emptyBitmap(bits: number): Uint8Array {
  if (!(bits >= TABLE_BITS_MIN && bits <= TABLE_BITS_MAX)) {
    throw new MalformedMessage(`a table of 2^${TABLE_BITS_MIN} to 2^${TABLE_BITS_MAX} slots expected, got 2^${bits}`);
  }
  return new Uint8Array(2 ** (bits - 3));
}

export function joinedParts(parts: readonly Uint8Array[], bytesMax: number): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > bytesMax) throw new MalformedMessage(`a patch of at most ${bytesMax} bytes expected, got ${length}`);
  return concatBytes(parts);
}

function setBit(bitmap: Uint8Array, slot: number): void {
  bitmap[slot >> 3] = (bitmap[slot >> 3] as number) | (1 << (slot & 7));
}

function onesOf(bitmap: Uint8Array): number {
  let ones = 0;
  for (const byte of bitmap) for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
  return ones;
}

function slotsOf(bitmap: Uint8Array, count: number): Uint32Array {
  const slots = new Uint32Array(count);
  let to = 0;
  for (let at = 0; at < bitmap.length; at++) {
    const byte = bitmap[at] as number;
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) slots[to++] = at * 8 + bit;
  }
  return slots;
}
