/** A map with a bound that forgets what has not been used for longest; owns its entries. */

export class Lru<K, V> {
  readonly sizeMax: number;
  /** Oldest use first: a Map keeps the order of insertion, and each use inserts again. */
  private readonly entries = new Map<K, V>();

  constructor(sizeMax: number) {
    if (!(sizeMax >= 1)) throw new RangeError(`an LRU map holds at least one entry, got ${sizeMax}`);
    this.sizeMax = sizeMax;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value, which counts as used now. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined || this.entries.has(key)) {
      this.entries.delete(key);
      this.entries.set(key, value as V);
    }
    return value;
  }

  /** The value, without counting as use. */
  peek(key: K): V | undefined {
    return this.entries.get(key);
  }

  has(key: K): boolean {
    return this.entries.has(key);
  }

  /** Adds or replaces; returns the entry that had to go for it, or null. */
  set(key: K, value: V): readonly [K, V] | null {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.sizeMax) return null;
    const oldest = this.entries.entries().next().value as [K, V];
    this.entries.delete(oldest[0]);
    return oldest;
  }

  delete(key: K): boolean {
    return this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  /** Entries, least recently used first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries[Symbol.iterator]();
  }
}
