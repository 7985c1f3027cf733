/** A set of bytes of a file as ranges, first included and last not; joined where they touch. Owns its array. */

import type { ByteRange } from '../../wire/http-range.ts';

export class ByteRanges {
  /** Begin and end by turns, ascending. */
  private readonly edges: number[] = [];

  constructor(ranges: Iterable<ByteRange> = []) {
    for (const { begin, end } of ranges) this.add(begin, end);
  }

  get isEmpty(): boolean {
    return this.edges.length === 0;
  }

  get bytes(): number {
    let sum = 0;
    for (const { begin, end } of this.ranges()) sum += end - begin;
    return sum;
  }

  add(begin: number, end: number): void {
    if (begin >= end) return;
    const { edges } = this;
    const from = this.firstEndFrom(begin);
    let to = from;
    let low = begin;
    let high = end;
    for (; to < edges.length && (edges[to] as number) <= end; to += 2) {
      low = Math.min(low, edges[to] as number);
      high = Math.max(high, edges[to + 1] as number);
    }
    edges.splice(from, to - from, low, high);
  }

  remove(begin: number, end: number): void {
    if (begin >= end) return;
    const { edges } = this;
    for (let at = 0; at < edges.length; ) {
      const [low, high] = [edges[at] as number, edges[at + 1] as number];
      if (high <= begin || low >= end) {
        at += 2;
        continue;
      }
      const kept: number[] = [];
      if (low < begin) kept.push(low, begin);
      if (end < high) kept.push(end, high);
      edges.splice(at, 2, ...kept);
      at += kept.length;
    }
  }

  clear(): void {
    this.edges.length = 0;
  }

  /** Every byte of [begin, end). */
  has(begin: number, end: number): boolean {
    if (begin >= end) return true;
    const at = this.firstEndFrom(begin + 1);
    return at < this.edges.length && (this.edges[at] as number) <= begin && (this.edges[at + 1] as number) >= end;
  }

  *ranges(): Generator<ByteRange> {
    for (let at = 0; at < this.edges.length; at += 2) yield { begin: this.edges[at] as number, end: this.edges[at + 1] as number };
  }

  /** What is in here of [begin, end). */
  *within(begin: number, end: number): Generator<ByteRange> {
    for (let at = this.firstEndFrom(begin + 1); at < this.edges.length && (this.edges[at] as number) < end; at += 2)
      yield { begin: Math.max(begin, this.edges[at] as number), end: Math.min(end, this.edges[at + 1] as number) };
  }

  /** What is not in here of [begin, end). */
  *gaps(begin: number, end: number): Generator<ByteRange> {
    let from = begin;
    for (const range of this.within(begin, end)) {
      if (range.begin > from) yield { begin: from, end: range.begin };
      from = range.end;
    }
    if (from < end) yield { begin: from, end };
  }

  /** Where the first range stands that ends at `place` or behind it. */
  private firstEndFrom(place: number): number {
    let low = 0;
    let high = this.edges.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.edges[middle * 2 + 1] as number) >= place) high = middle;
      else low = middle + 1;
    }
    return low * 2;
  }
}
