/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. */

import { digitOf } from '../../core/digits.ts';
import { Known } from '../../core/known.ts';
import { compareIds } from '../../core/ring.ts';
import type { Tapestry } from './tapestry.ts';

/**
 * For an entry as many candidates are compared by their distance; of more, which only the first levels of networks of more than a thousand nodes have, so
 * many that are spread evenly over them. Points have nothing to do with distance, so that these are as good as any, but the nearest of all is seldom there.
 */
const COMPARED_MAX = 48;

/** Round-trip time in milliseconds between two of the nodes, by their places in the array. */
export type RttOf = (from: number, to: number) => number;

export function linkIdealMesh(nodes: readonly Tapestry[], rttOf: RttOf): void {
  const order = Array.from(nodes.keys()).sort((a, b) => compareIds((nodes[a] as Tapestry).self, (nodes[b] as Tapestry).self));
  const mesh = new Mesh(nodes, order, rttOf);
  for (const place of order.keys()) mesh.link(place);
}

class Mesh {
  private readonly nodes: readonly Tapestry[];
  /** Places in `nodes`, by id. */
  private readonly order: readonly number[];
  private readonly rttOf: RttOf;

  constructor(nodes: readonly Tapestry[], order: readonly number[], rttOf: RttOf) {
    this.nodes = nodes;
    this.order = order;
    this.rttOf = rttOf;
  }

  /** Level by level: who shares that many digits lies in one stretch of the order, cut into those with each next digit. */
  link(place: number): void {
    const node = this.at(place);
    const { digitBits } = node.options;
    let from = 0;
    let to = this.order.length;
    for (let level = 0; to - from > 1; level++) {
      const own = digitOf(node.self, level, digitBits);
      let ownFrom = from;
      let ownTo = to;
      for (let at = from, digit = 0; digit < 1 << digitBits; digit++) {
        const end = this.endOf(at, to, level, digit, digitBits);
        if (digit === own) {
          ownFrom = at;
          ownTo = end;
        } else if (end > at) this.fill(place, level, digit, at, end);
        at = end;
      }
      from = ownFrom;
      to = ownTo;
    }
    node.link();
  }

  private fill(place: number, level: number, digit: number, from: number, to: number): void {
    const node = this.at(place);
    const { links, byProximity } = node.options;
    const count = Math.min(COMPARED_MAX, to - from);
    // The best so far, nearest first: a sort of all of them would take longer than all the rest.
    const best: number[] = [];
    const rtts: number[] = [];
    for (let index = 0; index < count; index++) {
      const other = from + Math.floor((index * (to - from)) / count);
      const rttMs = this.rtt(place, other);
      let rank = best.length;
      if (byProximity) while (rank > 0 && (rtts[rank - 1] as number) > rttMs) rank--;
      if (rank >= links) continue;
      best.splice(rank, 0, other);
      rtts.splice(rank, 0, rttMs);
      best.length = rtts.length = Math.min(links, best.length);
    }
    const entry = best.map((other, rank) => new Known(this.at(other).self, rtts[rank] as number));
    node.map.set(level, digit, entry);
    for (const other of best) this.at(other).backpointers.push(node.self);
  }

  /** Behind the last of the stretch that has no greater digit there. */
  private endOf(from: number, to: number, level: number, digit: number, bits: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (digitOf(this.at(middle).self, level, bits) <= digit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private rtt(place: number, other: number): number {
    return this.rttOf(this.order[place] as number, this.order[other] as number);
  }

  private at(place: number): Tapestry {
    return this.nodes[this.order[place] as number] as Tapestry;
  }
}
