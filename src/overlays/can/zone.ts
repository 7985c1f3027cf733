/**
 * Zones of the torus (SIGCOMM 2001, section 2): leaves of the tree in which every split halves a box along the next dimension in cyclic order. Pure;
 * a zone is immutable and passed on from node to node as it is.
 */

import { MalformedMessage } from '../../core/codec.ts';
import { type Field, u64, u8 } from '../../core/fields.ts';

export const DIMENSIONS_MIN = 2;
export const DIMENSIONS_MAX = 10;
/** Bits of a coordinate: the squares of distances in ten dimensions add up exactly in a double. */
const SIDE_BITS = 25;
export const SIDE = 1 << SIDE_BITS;
/** So often may the space be halved: 24 times in each of two dimensions, and a code stays a whole number. */
export const DEPTH_MAX = 48;

/** A point of the torus: one coordinate a dimension, each from 0 to SIDE - 1. */
export type Point = readonly number[];

export class Zone {
  /** 1 for the whole space; the halves of a zone are twice its code, and one more. */
  readonly code: number;
  readonly dims: number;
  readonly depth: number;
  /** The least coordinates. */
  readonly lows: readonly number[];
  /** Its extent along dimensions that were not split once more than others. */
  private readonly wide: number;
  /** So many dimensions were split once more. */
  private readonly narrow: number;

  constructor(code: number, dims: number) {
    this.code = code;
    this.dims = dims;
    this.depth = depthOf(code);
    this.lows = lowsOf(code, this.depth, dims);
    this.wide = SIDE >> Math.floor(this.depth / dims);
    this.narrow = this.depth % dims;
  }

  size(dim: number): number {
    return dim < this.narrow ? this.wide >> 1 : this.wide;
  }

  has(point: Point): boolean {
    const { lows, dims } = this;
    for (let dim = 0; dim < dims; dim++) {
      const behind = (point[dim] as number) - (lows[dim] as number);
      if (behind < 0 || behind >= this.size(dim)) return false;
    }
    return true;
  }

  /** Square of the distance to its nearest point; 0 inside. Of two zones the one whose face is nearer is nearer, whatever their size. */
  distance(point: Point): number {
    const { lows, dims } = this;
    let sum = 0;
    for (let dim = 0; dim < dims; dim++) {
      const behind = ((point[dim] as number) - (lows[dim] as number)) & (SIDE - 1);
      const beyond = behind - this.size(dim) + 1;
      if (beyond <= 0) continue;
      const way = Math.min(beyond, SIDE - behind);
      sum += way * way;
    }
    return sum;
  }

  contains(other: Zone): boolean {
    return this.depth <= other.depth && Math.floor(other.code / 2 ** (other.depth - this.depth)) === this.code;
  }

  overlaps(other: Zone): boolean {
    return this.contains(other) || other.contains(this);
  }

  /** Overlapping in all dimensions but one, in which they touch: a common corner is not enough (section 2.1). */
  abuts(other: Zone): boolean {
    let touching = 0;
    for (let dim = 0; dim < this.dims; dim++) {
      const low = this.lows[dim] as number;
      const otherLow = other.lows[dim] as number;
      const high = low + this.size(dim);
      const otherHigh = otherLow + other.size(dim);
      if (low < otherHigh && otherLow < high) continue;
      if ((high & (SIDE - 1)) !== otherLow && (otherHigh & (SIDE - 1)) !== low) return false;
      if (++touching > 1) return false;
    }
    return touching === 1;
  }

  /** The other half of what this is a half of; the whole space has none. */
  get sibling(): Zone | null {
    return this.depth === 0 ? null : new Zone(this.code % 2 === 0 ? this.code + 1 : this.code - 1, this.dims);
  }

  get parent(): Zone | null {
    return this.depth === 0 ? null : new Zone(Math.floor(this.code / 2), this.dims);
  }

  /** The half that has the point, and the other. */
  split(point: Point): { with: Zone; without: Zone } {
    const dim = this.depth % this.dims;
    const bit = ((point[dim] as number) >> (SIDE_BITS - 1 - Math.floor(this.depth / this.dims))) & 1;
    return { with: new Zone(2 * this.code + bit, this.dims), without: new Zone(2 * this.code + 1 - bit, this.dims) };
  }

  /** What is left of it without the other, in as few zones as can be. */
  without(other: Zone): Zone[] {
    if (other.contains(this)) return [];
    if (!this.contains(other)) return [this];
    const left: Zone[] = [];
    for (let at: Zone = other; at.depth > this.depth; at = at.parent as Zone) left.push(at.sibling as Zone);
    return left;
  }

  /** A point in it; `draw` is uniform below a bound. */
  pointAt(draw: (bound: number) => number): Point {
    return this.lows.map((low, dim) => low + draw(this.size(dim)));
  }

  get text(): string {
    return this.depth === 0 ? 'the whole space' : this.code.toString(2).slice(1);
  }
}

/** What is left of a zone without all of those. */
export function withoutAll(zone: Zone, others: readonly Zone[]): Zone[] {
  let left = [zone];
  for (const other of others) if (zone.overlaps(other)) left = left.flatMap((piece) => piece.without(other));
  return left;
}

function depthOf(code: number): number {
  const high = Math.floor(code / 0x1_0000_0000);
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(code);
}

function lowsOf(code: number, depth: number, dims: number): number[] {
  const lows = new Array<number>(dims).fill(0);
  for (let level = 0, weight = 2 ** depth, rest = code - weight; level < depth; level++) {
    weight /= 2;
    if (rest < weight) continue;
    rest -= weight;
    const dim = level % dims;
    lows[dim] = (lows[dim] as number) + (SIDE >> (Math.floor(level / dims) + 1));
  }
  return lows;
}

/** Nine bytes: how many dimensions, and the code. */
export const zone: Field<Zone> = {
  fixedBytes: 9,
  size: () => 9,
  encode: (value, into, offset) => u64.encode(value.code, into, u8.encode(value.dims, into, offset)),
  decode(reader) {
    const dims = u8.decode(reader);
    const code = u64.decode(reader);
    if (dims < DIMENSIONS_MIN || dims > DIMENSIONS_MAX) throw new MalformedMessage(`a space of ${dims} dimensions`);
    if (code === 0 || code >= 2 ** (DEPTH_MAX + 1)) throw new MalformedMessage(`a zone with the code ${code}`);
    return new Zone(code, dims);
  },
  random: (random) => {
    const depth = random.below(DEPTH_MAX + 1);
    return new Zone(
      2 ** depth + Math.floor(random.unit() * 2 ** depth),
      DIMENSIONS_MIN + random.below(DIMENSIONS_MAX - DIMENSIONS_MIN + 1),
    );
  },
};
