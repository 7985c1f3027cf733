/**
 * Where messages of a name came from, so that answers find back: rows of an open hash table in two generations. When the younger is full or old it
 * becomes the older, and what was the older is forgotten. Owns the rows; a servent that routes nothing has none.
 */

import type { Guid } from './guid.ts';

const ROW_WORDS = 6;
const ROWS_MIN = 32;

export class GuidRoutes {
  private readonly lifeMs: number;
  private readonly rowsMax: number;
  private readonly salt: number;
  private young = NOBODY;
  private old = NOBODY;
  private bornMs: number;
  /** Of the row that `find` found, or of none. */
  ttl = 0;

  /** Rows are kept for `lifeMs` at least, while there are at most `rowsMax`; `salt` is secret, so that nobody makes names that all fall on one place. */
  constructor(lifeMs: number, rowsMax: number, salt: number, nowMs: number) {
    this.lifeMs = lifeMs;
    this.rowsMax = rowsMax >>> 1;
    this.salt = salt;
    this.bornMs = nowMs;
  }

  get size(): number {
    return this.young.used + this.old.used;
  }

  /** The route; -1 when the name is unknown. */
  find(guid: Guid): number {
    const hash = this.hash(guid);
    for (const generation of [this.young, this.old]) {
      const at = generation.place(guid, hash);
      if (at < 0 || !generation.isUsed(at)) continue;
      this.ttl = generation.ttlAt(at);
      return generation.routeAt(at);
    }
    this.ttl = 0;
    return -1;
  }

  /** Adds it, or replaces its route. Routes are numbers from 0 on. */
  put(guid: Guid, route: number, ttl: number, nowMs: number): void {
    if (nowMs - this.bornMs > this.lifeMs || this.young.used >= this.rowsMax) this.age(nowMs);
    const hash = this.hash(guid);
    // What the older generation says of it is older, too, and is not asked any more.
    if (2 * (this.young.used + 1) > this.young.rows) this.young = this.grown(this.young);
    this.young.set(this.young.place(guid, hash), guid, route, ttl);
  }

  private age(nowMs: number): void {
    this.old = this.young;
    this.young = NOBODY;
    this.bornMs = nowMs;
  }

  private grown(generation: Generation): Generation {
    const larger = new Generation(Math.max(ROWS_MIN, 2 * generation.rows));
    generation.copyInto(larger, (guid) => this.hash(guid));
    return larger;
  }

  private hash({ w0, w1, w2, w3 }: Guid): number {
    let hash = Math.imul(w0 ^ this.salt, 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15) ^ w1) | 0, 0x85ebca6b);
    hash = Math.imul((hash ^ (hash >>> 13) ^ w2) | 0, 0xc2b2ae35);
    hash = Math.imul((hash ^ (hash >>> 16) ^ w3 ^ this.salt) | 0, 0x27d4eb2f);
    return (hash ^ (hash >>> 15)) >>> 0;
  }
}

/** A row: the four words of a name, a route plus one (0: nobody is here), a ttl. */
class Generation {
  readonly rows: number;
  used = 0;
  private readonly words: Int32Array;

  constructor(rows: number) {
    this.rows = rows;
    this.words = new Int32Array(rows * ROW_WORDS);
  }

  /** The row of that name, or the free one where it belongs; -1 when there is no room for any. */
  place({ w0, w1, w2, w3 }: Guid, hash: number): number {
    if (this.rows === 0) return -1;
    const { words } = this;
    for (let row = hash & (this.rows - 1); ; row = (row + 1) & (this.rows - 1)) {
      const at = row * ROW_WORDS;
      if (words[at + 4] === 0) return at;
      if (words[at] === w0 && words[at + 1] === w1 && words[at + 2] === w2 && words[at + 3] === w3) return at;
    }
  }

  isUsed(at: number): boolean {
    return this.words[at + 4] !== 0;
  }

  routeAt(at: number): number {
    return (this.words[at + 4] as number) - 1;
  }

  ttlAt(at: number): number {
    return this.words[at + 5] as number;
  }

  set(at: number, { w0, w1, w2, w3 }: Guid, route: number, ttl: number): void {
    const { words } = this;
    if (words[at + 4] === 0) this.used++;
    words[at] = w0;
    words[at + 1] = w1;
    words[at + 2] = w2;
    words[at + 3] = w3;
    words[at + 4] = route + 1;
    words[at + 5] = ttl;
  }

  copyInto(larger: Generation, hashOf: (guid: Guid) => number): void {
    for (let at = 0; at < this.words.length; at += ROW_WORDS) {
      if (!this.isUsed(at)) continue;
      const [w0, w1, w2, w3] = this.words.subarray(at, at + 4) as unknown as [number, number, number, number];
      const guid = { w0, w1, w2, w3 };
      larger.set(larger.place(guid, hashOf(guid)), guid, this.routeAt(at), this.ttlAt(at));
    }
  }
}

/** Has no rows, and never gets any: what every servent begins with. */
const NOBODY = new Generation(0);
