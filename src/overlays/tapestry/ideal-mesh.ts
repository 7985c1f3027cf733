/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. */

import { digitOf } from '../../core/digits.ts';
import { Known } from '../../core/known.ts';
import { compareIds } from '../../core/ring.ts';
import { NearestFew, type RttOf } from '../values/index.ts';
import type { Tapestry } from './tapestry.ts';

/**
 * For an entry as many candidates are compared by their distance; of more, which only the first levels of networks of more than a thousand nodes have, so
 * many that are spread evenly over them. Points have nothing to do with distance, so that these are as good as any, but the nearest of all is seldom there.
 */
const COMPARED_MAX = 48;

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
  private readonly near = new NearestFew();

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
    const { near } = this;
    near.clear();
    const count = Math.min(COMPARED_MAX, to - from);
    // Each compares others: if all compared the same, those would have more pointers back than a node keeps.
    const first = from + (place % Math.floor((to - from) / count));
    for (let index = 0; index < count; index++) {
      const other = first + Math.floor((index * (to - from)) / count);
      near.offer(other, byProximity ? this.rtt(place, other) : 0, links);
    }
    const entry = near.places.map((other) => new Known(this.at(other).self, this.rtt(place, other)));
    node.map.set(level, digit, entry);
    for (const other of near.places) this.at(other).backpointers.push(node.self, 0);
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
