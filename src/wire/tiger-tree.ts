/**
 * The Tiger tree of a file (THEX): blocks of 1,024 bytes are leaves, and the root names the file on Gnutella, Gnutella2 and Direct Connect. A
 * level of it, kept, checks the parts of the file one by one. Owns the path of nodes that wait for their sibling.
 */

import { TIGER_BYTES, tigerInto } from '../core/tiger.ts';

export const LEAF_BYTES = 1024;
const LEAF_MARK = 0;
const NODE_MARK = 1;
/** Heights of nodes: enough for 2^53 bytes. */
const HEIGHTS = 44;

export interface TigerTreeResult {
  readonly root: Uint8Array;
  /** The hashes of all parts of `partBytes`, concatenated; the last part may be shorter. */
  readonly parts: Uint8Array;
  readonly partBytes: number;
}

/** Any number of `update`, then one `digest`. */
export class TigerTree {
  private readonly keptHeight: number;
  private readonly parts: Uint8Array;
  private partsAt = 0;
  /** By height, a node that waits for its right sibling, and whether there is one. */
  private readonly waiting = new Uint8Array(HEIGHTS * TIGER_BYTES);
  private readonly isWaiting = new Uint8Array(HEIGHTS);
  private readonly pair = new Uint8Array(2 * TIGER_BYTES);
  private readonly node = new Uint8Array(TIGER_BYTES);
  private readonly block = new Uint8Array(LEAF_BYTES);
  private pending = 0;
  private hasLeaf = false;

  /** For a file of so many bytes, of which at most `partsMax` parts are kept, a power of two. */
  constructor(totalBytes: number, partsMax: number) {
    let height = 0;
    while (LEAF_BYTES * 2 ** height * partsMax < totalBytes) height++;
    this.keptHeight = height;
    this.parts = new Uint8Array(Math.max(1, Math.ceil(totalBytes / (LEAF_BYTES * 2 ** height))) * TIGER_BYTES);
  }

  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    let at = start;
    if (this.pending > 0) {
      const stop = Math.min(end, at + LEAF_BYTES - this.pending);
      this.block.set(bytes.subarray(at, stop), this.pending);
      this.pending += stop - at;
      at = stop;
      if (this.pending < LEAF_BYTES) return this;
      this.leaf(this.block, 0, LEAF_BYTES);
      this.pending = 0;
    }
    for (; end - at >= LEAF_BYTES; at += LEAF_BYTES) this.leaf(bytes, at, at + LEAF_BYTES);
    this.block.set(bytes.subarray(at, end));
    this.pending = end - at;
    return this;
  }

  /** Throws RangeError when it was not as many bytes as was said. */
  digest(): TigerTreeResult {
    // A file of nothing has one leaf, of nothing.
    if (this.pending > 0 || !this.hasLeaf) this.leaf(this.block, 0, this.pending);
    this.climb();
    if (this.partsAt !== this.parts.length) {
      throw new RangeError(`${this.parts.length / TIGER_BYTES} parts expected, got ${this.partsAt / TIGER_BYTES}`);
    }
    return { root: this.node.slice(), parts: this.parts, partBytes: LEAF_BYTES * 2 ** this.keptHeight };
  }

  private leaf(bytes: Uint8Array, start: number, end: number): void {
    this.hasLeaf = true;
    tigerInto(LEAF_MARK, bytes, start, end, this.node, 0);
    this.rise(0);
  }

  /** `node` is one of that height: it is joined with the sibling that waits for it, and what comes of that likewise, or waits itself. */
  private rise(height: number): void {
    let at = height;
    if (at === this.keptHeight) this.keep();
    while (this.isWaiting[at] === 1) {
      this.join(at);
      at++;
      if (at === this.keptHeight) this.keep();
    }
    this.waiting.set(this.node, at * TIGER_BYTES);
    this.isWaiting[at] = 1;
  }

  /** At the end, a node that has no sibling rises as it is. */
  private climb(): void {
    let rises = false;
    for (let height = 0; height < HEIGHTS; height++) {
      if (rises && height === this.keptHeight) this.keep();
      if (this.isWaiting[height] === 0) continue;
      if (rises) this.join(height);
      else this.node.set(this.waiting.subarray(height * TIGER_BYTES, (height + 1) * TIGER_BYTES));
      this.isWaiting[height] = 0;
      rises = true;
    }
  }

  /** `node` becomes the parent of itself and its left sibling, which has waited. */
  private join(height: number): void {
    this.pair.set(this.waiting.subarray(height * TIGER_BYTES, (height + 1) * TIGER_BYTES));
    this.pair.set(this.node, TIGER_BYTES);
    tigerInto(NODE_MARK, this.pair, 0, this.pair.length, this.node, 0);
    this.isWaiting[height] = 0;
  }

  private keep(): void {
    if (this.partsAt < this.parts.length) this.parts.set(this.node, this.partsAt);
    this.partsAt += TIGER_BYTES;
  }
}

/** The root above parts that are checked, as `digest` gives them: what a tree from a stranger is held to. */
export function tigerRootOf(parts: Uint8Array): Uint8Array {
  return tigerLevelsOf(parts)[0] as Uint8Array;
}

/** All levels above parts, as `digest` gives them, from the root down to the parts. */
export function tigerLevelsOf(parts: Uint8Array): readonly Uint8Array[] {
  const levels: Uint8Array[] = [parts.slice()];
  for (let row = levels[0] as Uint8Array; row.length > TIGER_BYTES; row = levels[0] as Uint8Array) levels.unshift(levelAbove(row));
  return levels;
}

/** A node that has no sibling rises as it is. */
function levelAbove(row: Uint8Array): Uint8Array {
  const above = new Uint8Array(Math.ceil(row.length / (2 * TIGER_BYTES)) * TIGER_BYTES);
  for (let at = 0, to = 0; at < row.length; at += 2 * TIGER_BYTES, to += TIGER_BYTES) {
    if (at + TIGER_BYTES < row.length) tigerInto(NODE_MARK, row, at, at + 2 * TIGER_BYTES, above, to);
    else above.set(row.subarray(at), to);
  }
  return above;
}
