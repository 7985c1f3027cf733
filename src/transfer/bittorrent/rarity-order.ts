/**
 * Pieces of one priority ordered by how many peers have them, rarest first, in random order where that is equal ("rarest first",
 * Cohen 2003, §2.4.2). One array cut into buckets: a change by one moves a piece across one border with two swaps. Owns the order;
 * the counts are the picker's.
 */

import type { Random } from '../../core/random.ts';

export class RarityOrder {
  /** The pieces, rarest first. Read only for everybody else. */
  readonly pieces: number[] = [];
  /** Index after the last piece of each bucket; bucket `a` holds the pieces that `a` peers have. */
  private readonly ends: number[] = [0];
  /** Where each piece is; shared by the orders of all priorities, since a piece is in one of them at most. */
  private readonly positions: Int32Array;
  private readonly random: Random;

  constructor(positions: Int32Array, random: Random) {
    this.positions = positions;
    this.random = random;
  }

  get size(): number {
    return this.pieces.length;
  }

  bucketStart(availability: number): number {
    if (availability === 0) return 0;
    return availability <= this.ends.length ? (this.ends[availability - 1] as number) : this.pieces.length;
  }

  /** Starts over with these pieces. */
  rebuild(pieces: readonly number[], availability: Uint16Array): void {
    const { ends } = this;
    ends.length = 1;
    ends[0] = 0;
    for (const piece of pieces) {
      const count = availability[piece] as number;
      while (ends.length <= count) ends.push(0);
      ends[count] = (ends[count] as number) + 1;
    }
    for (let bucket = 1; bucket < ends.length; bucket++) ends[bucket] = (ends[bucket] as number) + (ends[bucket - 1] as number);
    const next = [0, ...ends.slice(0, -1)];
    this.pieces.length = pieces.length;
    for (const piece of pieces) {
      const bucket = availability[piece] as number;
      const at = next[bucket] as number;
      next[bucket] = at + 1;
      this.put(piece, at);
    }
    for (let bucket = 0; bucket < ends.length; bucket++) {
      const start = this.bucketStart(bucket);
      for (let last = (ends[bucket] as number) - 1; last > start; last--) this.swap(last, start + this.random.below(last - start + 1));
    }
  }

  insert(piece: number, availability: number): void {
    const { ends, pieces } = this;
    while (ends.length <= availability) ends.push(pieces.length);
    let hole = pieces.length;
    pieces.push(piece);
    for (let bucket = ends.length - 1; bucket > availability; bucket--) {
      const first = ends[bucket - 1] as number;
      // An empty bucket has no piece to move: what stands at the hole is a copy of one moved before.
      if (first !== hole) this.put(pieces[first] as number, hole);
      hole = first;
      ends[bucket] = (ends[bucket] as number) + 1;
    }
    this.put(piece, hole);
    ends[availability] = hole + 1;
    this.scatter(availability, hole);
  }

  remove(piece: number, availability: number): void {
    const { ends, pieces } = this;
    let hole = this.positions[piece] as number;
    for (let bucket = availability; bucket < ends.length; bucket++) {
      const last = (ends[bucket] as number) - 1;
      if (last !== hole) this.put(pieces[last] as number, hole);
      hole = last;
      ends[bucket] = last;
    }
    pieces.pop();
  }

  /** One more peer has the piece; `availability` is the count before. */
  increase(piece: number, availability: number): void {
    const { ends } = this;
    if (ends.length === availability + 1) ends.push(this.pieces.length);
    const last = (ends[availability] as number) - 1;
    this.swap(this.positions[piece] as number, last);
    ends[availability] = last;
    this.scatter(availability + 1, last);
  }

  /** One peer less has the piece; `availability` is the count before. */
  decrease(piece: number, availability: number): void {
    const first = this.ends[availability - 1] as number;
    this.swap(this.positions[piece] as number, first);
    this.ends[availability - 1] = first + 1;
    this.scatter(availability - 1, first);
  }

  /** A newcomer to a bucket goes to a random place in it: leechers of one seed must not all choose the same piece. */
  private scatter(bucket: number, at: number): void {
    const start = this.bucketStart(bucket);
    this.swap(at, start + this.random.below((this.ends[bucket] as number) - start));
  }

  private swap(a: number, b: number): void {
    const piece = this.pieces[a] as number;
    this.put(this.pieces[b] as number, a);
    this.put(piece, b);
  }

  private put(piece: number, at: number): void {
    this.pieces[at] = piece;
    this.positions[piece] = at;
  }
}
