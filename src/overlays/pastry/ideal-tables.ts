/**
 * Links nodes that have not started yet into the network that they would become in the end: for experiments at once. Owns the order of the nodes while
 * it does so.
 */

import { digitOf } from '../../core/digits.ts';
import { compareIds } from '../../core/ring.ts';
import { Known } from '../../core/known.ts';
import type { RttOf } from '../values/index.ts';
import type { Pastry } from './pastry.ts';

/**
 * Of so many candidates for a place of the table, and no more, all are compared. Of more, which only the first rows of large networks have, so
 * many, spread evenly over them; then as in the second stage of joining (section 2.5): who is near knows whom it has at the same place, and that one is
 * near too.
 */
const COMPARED_MAX = 256;
const COMPARED_OF_MANY = 48;
/** After four such passes 95 places in a hundred have the nearest, and the others one that is nearly so: `ideal-tables.test.ts`. */
const PASSES = 4;

export function linkIdealTables(nodes: readonly Pastry[], rttOf: RttOf): void {
  const order = Array.from(nodes.keys()).sort((a, b) => compareIds((nodes[a] as Pastry).self, (nodes[b] as Pastry).self));
  const places = order.map((index, place) => new Place(nodes[index] as Pastry, place, index));
  const network = new Network(places, rttOf);
  for (const place of places) network.fillTable(place);
  for (let pass = 0; pass < PASSES; pass++) for (const place of places) network.learn(place);
  for (const place of places) network.link(place);
}

/** One node on the ring. */
class Place {
  readonly node: Pastry;
  /** Among all nodes by their points, and in the array that was given. */
  readonly at: number;
  readonly index: number;
  /** By row and digit, the place of the node that is there; -1: nobody. */
  table = new Int32Array(0);
  /** Rows that had more candidates than were compared. */
  wideRows = 0;

  constructor(node: Pastry, at: number, index: number) {
    this.node = node;
    this.at = at;
    this.index = index;
  }
}

class Network {
  private readonly places: readonly Place[];
  private readonly rttOf: RttOf;

  constructor(places: readonly Place[], rttOf: RttOf) {
    this.places = places;
    this.rttOf = rttOf;
  }

  /** Row by row: who shares that many digits lies in one stretch of the order, cut into those with each next digit. */
  fillTable(place: Place): void {
    const { digitBits } = place.node.options;
    const chosen: number[] = [];
    let from = 0;
    let to = this.places.length;
    for (let row = 0; to - from > 1; row++) {
      const own = digitOf(place.node.self, row, digitBits);
      let ownFrom = from;
      let ownTo = to;
      for (let at = from, digit = 0; digit < 1 << digitBits; digit++) {
        const end = this.endOf(at, to, row, digit, digitBits);
        if (digit === own) [ownFrom, ownTo] = [at, end];
        if (digit !== own && end - at > COMPARED_MAX) place.wideRows = row + 1;
        chosen.push(digit === own || end === at ? -1 : this.nearestOf(place, at, end));
        at = end;
      }
      from = ownFrom;
      to = ownTo;
    }
    place.table = Int32Array.from(chosen);
  }

  /** Of rows in which not all were compared: those of whom it has in the row know others for it. */
  learn(place: Place): void {
    if (!place.node.options.byProximity) return;
    const columns = 1 << place.node.options.digitBits;
    for (let row = 0; row < place.wideRows; row++) {
      const first = row * columns;
      for (let teller = first; teller < first + columns; teller++) {
        const told = this.places[place.table[teller] as number]?.table;
        if (told === undefined) continue;
        for (let at = first; at < first + columns; at++) this.takeNearer(place, at, told[at] as number);
      }
    }
  }

  /** Gives the node what was found for it. */
  link(place: Place): void {
    const { node } = place;
    const knowns = new Map<number, Known>();
    const known = (at: number): Known => {
      const there = knowns.get(at);
      if (there !== undefined) return there;
      const other = this.places[at] as Place;
      const made = new Known(other.node.self, this.rttOf(place.index, other.index));
      knowns.set(at, made);
      return made;
    };
    const { length } = this.places;
    const half = Math.min(node.options.leaves / 2, length - 1);
    const side = (step: number): Known[] =>
      Array.from({ length: half }, (_, behind) => known((place.at + step * (behind + 1) + length) % length));
    node.leaves.fill(side(-1), side(1));
    for (const at of place.table) if (at >= 0) node.table.put(known(at));
    for (const at of this.nearestTo(place, node.options.neighbours)) node.near.keep(known(at));
    node.link();
  }

  /** The nearest of those it knows and those that they know: whoever is near is known to somebody who is near. */
  private nearestTo(place: Place, count: number): number[] {
    if (count === 0) return [];
    const named = new Set<number>();
    for (const at of place.table) {
      if (at < 0) continue;
      named.add(at);
      // The first row has the widest choice, and so the nearest.
      const { table, node } = this.places[at] as Place;
      for (const told of table.subarray(0, 1 << node.options.digitBits)) if (told >= 0) named.add(told);
    }
    named.delete(place.at);
    const near = [...named].map((at) => ({ at, ms: this.rtt(place, at) }));
    return near
      .sort((a, b) => a.ms - b.ms || a.at - b.at)
      .slice(0, count)
      .map(({ at }) => at);
  }

  private takeNearer(place: Place, at: number, told: number): void {
    const there = place.table[at] as number;
    if (there < 0 || told < 0 || told === there) return;
    if (this.rtt(place, told) < this.rtt(place, there)) place.table[at] = told;
  }

  /** Behind the last of the stretch that has no greater digit there. */
  private endOf(from: number, to: number, row: number, digit: number, bits: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (digitOf((this.places[middle] as Place).node.self, row, bits) <= digit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private nearestOf(place: Place, from: number, to: number): number {
    if (!place.node.options.byProximity) return from;
    const step = to - from > COMPARED_MAX ? Math.floor((to - from) / COMPARED_OF_MANY) : 1;
    // Each compares others, so that all are known to somebody.
    let best = from + (place.at % step);
    let bestMs = this.rtt(place, best);
    for (let next = best + step; next < to; next += step) {
      const ms = this.rtt(place, next);
      if (ms >= bestMs) continue;
      best = next;
      bestMs = ms;
    }
    return best;
  }

  private rtt(place: Place, other: number): number {
    return this.rttOf(place.index, (this.places[other] as Place).index);
  }
}
