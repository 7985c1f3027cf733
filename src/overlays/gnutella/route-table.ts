/**
 * Which words somebody's files have, as a set of slots (QRP): a query goes only to those whose table has all of its words. A table does not change; few
 * slots are kept as a sorted list (a leaf with ten files takes 200 bytes), many as bits. Owns its slots.
 */

const SPARSE_SHARE = 32;

export class RouteTable {
  /** There are 2^bits slots. */
  readonly bits: number;
  readonly count: number;
  private readonly sparse: Uint32Array | null;
  private readonly dense: Uint32Array | null;

  /** `slots` sorted, each once. */
  constructor(bits: number, slots: Uint32Array) {
    this.bits = bits;
    this.count = slots.length;
    const size = 2 ** bits;
    if (slots.length * SPARSE_SHARE < size) {
      this.sparse = slots;
      this.dense = null;
      return;
    }
    this.sparse = null;
    this.dense = new Uint32Array(Math.max(1, size >>> 5));
    for (const slot of slots) this.dense[slot >>> 5] = (this.dense[slot >>> 5] as number) | (1 << (slot & 31));
  }

  static ofHashes(bits: number, hashes: Iterable<number>): RouteTable {
    return new RouteTable(bits, sortedOnce(Array.from(hashes, (hash) => (bits === 0 ? 0 : hash >>> (32 - bits)))));
  }

  static empty(bits: number): RouteTable {
    return new RouteTable(bits, new Uint32Array(0));
  }

  /** All that any of them has, at a width of its own: a slot of a narrower table is several of a wider, and the other way round. */
  static union(bits: number, tables: Iterable<RouteTable>): RouteTable {
    const slots = new Set<number>();
    for (const table of tables) {
      for (const slot of table.slots()) {
        if (table.bits >= bits) slots.add(slot >>> (table.bits - bits));
        else for (let part = 0; part < 2 ** (bits - table.bits); part++) slots.add((slot << (bits - table.bits)) + part);
      }
    }
    return new RouteTable(bits, sortedOnce([...slots]));
  }

  hasSlot(slot: number): boolean {
    if (this.dense !== null) return ((this.dense[slot >>> 5] as number) & (1 << (slot & 31))) !== 0;
    const slots = this.sparse as Uint32Array; // One of the two is there.
    let low = 0;
    let high = slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((slots[middle] as number) < slot) low = middle + 1;
      else high = middle;
    }
    return low < slots.length && slots[low] === slot;
  }

  /** Whether a query with these words may have an answer there; null looks around, and finds something wherever there is something. */
  mayAnswer(hashes: readonly number[] | null): boolean {
    if (this.count === 0) return false;
    if (hashes === null) return true;
    for (const hash of hashes) if (!this.hasSlot(this.bits === 0 ? 0 : hash >>> (32 - this.bits))) return false;
    return true;
  }

  *slots(): Iterable<number> {
    if (this.sparse !== null) yield* this.sparse;
    else {
      for (let slot = 0; slot < 2 ** this.bits; slot++) if (this.hasSlot(slot)) yield slot;
    }
  }
}

function sortedOnce(slots: number[]): Uint32Array {
  return Uint32Array.from(new Set(slots)).sort();
}
