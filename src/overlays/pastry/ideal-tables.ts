/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. */

import { digitOf } from '../../core/digits.ts';
import { compareIds } from '../../core/ring.ts';
import { Known } from '../../core/known.ts';
import type { Pastry } from './pastry.ts';

/**
 * For a place of the table as many candidates are compared by their distance; of more, so many that are spread evenly over them. Points have
 * nothing to do with distance, so that these are as good as any.
 */
const COMPARED_MAX = 512;

/** Round-trip time in milliseconds between two of the nodes, by their places in the array. */
export type RttOf = (from: number, to: number) => number;

export function linkIdealTables(nodes: readonly Pastry[], rttOf: RttOf): void {
  const order = Array.from(nodes.keys()).sort((a, b) => compareIds((nodes[a] as Pastry).self, (nodes[b] as Pastry).self));
  const network = new Network(nodes, order, rttOf);
  for (const place of order.keys()) network.link(place);
}

class Network {
  private readonly nodes: readonly Pastry[];
  /** Places in `nodes`, by id. */
  private readonly order: readonly number[];
  private readonly rttOf: RttOf;

  constructor(nodes: readonly Pastry[], order: readonly number[], rttOf: RttOf) {
    this.nodes = nodes;
    this.order = order;
    this.rttOf = rttOf;
  }

  link(place: number): void {
    const { order } = this;
    const node = this.at(place);
    const knowns = new Map<number, Known>();
    const known = (other: number): Known => {
      const there = knowns.get(other);
      if (there !== undefined) return there;
      const made = new Known(this.at(other).self, this.rttOf(order[place] as number, order[other] as number));
      knowns.set(other, made);
      return made;
    };
    const half = Math.min(node.options.leaves / 2, order.length - 1);
    const side = (step: number): Known[] =>
      Array.from({ length: half }, (_, index) => known((place + step * (index + 1) + order.length) % order.length));
    node.leaves.fill(side(-1), side(1));
    this.fillTable(place, known);
    this.fillNear(place, known);
    node.link();
  }

  /** Row by row: who shares that many digits lies in one stretch of the order, cut into those with each next digit. */
  private fillTable(place: number, known: (other: number) => Known): void {
    const node = this.at(place);
    const { digitBits } = node.options;
    let from = 0;
    let to = this.order.length;
    for (let row = 0; to - from > 1; row++) {
      const own = digitOf(node.self, row, digitBits);
      let ownFrom = from;
      let ownTo = to;
      for (let at = from, digit = 0; digit < 1 << digitBits; digit++) {
        const end = this.endOf(at, to, row, digit, digitBits);
        if (digit === own) {
          ownFrom = at;
          ownTo = end;
        } else if (end > at) node.table.put(known(this.nearestOf(place, at, end, node.options.byProximity)));
        at = end;
      }
      from = ownFrom;
      to = ownTo;
    }
  }

  private fillNear(place: number, known: (other: number) => Known): void {
    const node = this.at(place);
    const { neighbours } = node.options;
    if (neighbours === 0) return;
    const others = this.sample(0, this.order.length).filter((other) => other !== place);
    others.sort((a, b) => this.rtt(place, a) - this.rtt(place, b));
    node.near = others.slice(0, neighbours).map(known);
  }

  /** Behind the last of the stretch that has no greater digit there. */
  private endOf(from: number, to: number, row: number, digit: number, bits: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (digitOf(this.at(middle).self, row, bits) <= digit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private nearestOf(place: number, from: number, to: number, byProximity: boolean): number {
    const [first, ...others] = byProximity ? this.sample(from, to) : [from];
    let best = first as number;
    for (const other of others) if (this.rtt(place, other) < this.rtt(place, best)) best = other;
    return best;
  }

  private sample(from: number, to: number): number[] {
    const count = Math.min(COMPARED_MAX, to - from);
    return Array.from({ length: count }, (_, index) => from + Math.floor((index * (to - from)) / count));
  }

  private rtt(place: number, other: number): number {
    return this.rttOf(this.order[place] as number, this.order[other] as number);
  }

  private at(place: number): Pastry {
    return this.nodes[this.order[place] as number] as Pastry;
  }
}
