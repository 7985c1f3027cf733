/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. Owns no state beyond one call. */

import type { Random } from '../../core/random.ts';
import type { RttOf } from '../values/index.ts';
import type { Can } from './can.ts';
import type { CanOptions } from './can-options.ts';
import type { Claim } from './claim.ts';
import { Neighbour } from './neighbour.ts';
import { randomPoint } from './point.ts';
import type { Reality } from './reality.ts';
import { type Point, Zone } from './zone.ts';

/** Each node joins at a random point of its own, one after the other, as by the protocol; then all know who is next to them. */
export function linkIdealZones(nodes: readonly Can[], rttOf: RttOf): void {
  const [first] = nodes;
  if (first === undefined) return;
  for (let unit = 0; unit < first.options.units; unit++) {
    const space = new IdealSpace(first.options);
    for (const [index, { host }] of nodes.entries()) space.join(index, host.random);
    for (const leaf of space.leaves) leaf.claims = [{ zone: leaf.zone, takeovers: 0, version: leaf.zone.depth + 1, rank: 0 }];
    for (const leaf of space.leaves) linkLeaf(space, leaf, unit, nodes, rttOf);
  }
}

/** A zone and who has it. */
export interface Leaf {
  zone: Zone;
  members: number[];
  /** Places of the leaves next to it. */
  next: number[];
  /** What its members claim, once all have joined: one object for all who know it. */
  claims: readonly Claim[];
}

/** The partition of one space by joins alone: no messages, no nodes. */
export class IdealSpace {
  readonly leaves: Leaf[] = [];
  private readonly options: Pick<CanOptions, 'dims' | 'zonePeers' | 'uniform'>;
  /** Of each zone that is a leaf its place; the deepest code on the way to a point that is here is its leaf. */
  private readonly places = new Map<number, number>();

  constructor(options: IdealSpace['options']) {
    this.options = options;
  }

  join(member: number, random: Random): void {
    const { leaves, options } = this;
    if (leaves.length === 0) {
      this.add({ zone: new Zone(1, options.dims), members: [member], next: [], claims: [] });
      return;
    }
    const point = randomPoint(random, options.dims);
    const hit = leaves[this.leafAt(point)] as Leaf;
    if (hit.members.length < options.zonePeers) hit.members.push(member);
    else {
      const chosen = options.uniform ? this.largestAround(hit) : hit;
      if (chosen.members.length < options.zonePeers) chosen.members.push(member);
      else this.split(chosen, chosen === hit ? point : chosen.zone.pointAt((bound) => random.below(bound)), member);
    }
  }

  leafAt(point: Point): number {
    for (let zone = new Zone(1, point.length); ; zone = zone.split(point).with) {
      const place = this.places.get(zone.code);
      if (place !== undefined) return place;
    }
  }

  private split(leaf: Leaf, point: Point, newcomer: number): void {
    const { leaves } = this;
    const place = this.places.get(leaf.zone.code) as number;
    const { with: taken, without: kept } = leaf.zone.split(point);
    const { next } = leaf;
    this.places.delete(leaf.zone.code);
    const half = Math.ceil(leaf.members.length / 2);
    const fresh: Leaf = { zone: taken, members: [newcomer, ...leaf.members.slice(half)], next: [place], claims: [] };
    leaf.zone = kept;
    leaf.members = leaf.members.slice(0, half);
    leaf.next = [];
    this.places.set(kept.code, place);
    const freshPlace = this.add(fresh);
    for (const other of next) {
      const beside = leaves[other] as Leaf;
      if (kept.abuts(beside.zone)) leaf.next.push(other);
      else beside.next.splice(beside.next.indexOf(place), 1);
      if (!taken.abuts(beside.zone)) continue;
      fresh.next.push(other);
      beside.next.push(freshPlace);
    }
    leaf.next.push(freshPlace);
  }

  private add(leaf: Leaf): number {
    this.places.set(leaf.zone.code, this.leaves.length);
    return this.leaves.push(leaf) - 1;
  }

  private largestAround(leaf: Leaf): Leaf {
    let largest = leaf;
    for (const place of leaf.next) {
      const other = this.leaves[place] as Leaf;
      if (other.zone.depth < largest.zone.depth) largest = other;
    }
    return largest;
  }
}

function linkLeaf({ leaves }: IdealSpace, leaf: Leaf, unit: number, nodes: readonly Can[], rttOf: RttOf): void {
  const realityOf = (index: number): Reality => (nodes[index] as Can).realities[unit] as Reality;
  for (const member of leaf.members) {
    const neighbours: Neighbour[] = [];
    for (const peer of leaf.members) {
      if (peer !== member) neighbours.push(new Neighbour(realityOf(peer).self, leaf.claims, rttOf(member, peer)));
    }
    for (const place of leaf.next) {
      const next = leaves[place] as Leaf;
      const [nearest, ...others] = next.members.toSorted((a, b) => rttOf(member, a) - rttOf(member, b)) as [number, ...number[]];
      const neighbour = new Neighbour(realityOf(nearest).self, next.claims, rttOf(member, nearest));
      if (others.length > 0) neighbour.others = others.map((other) => realityOf(other).self);
      neighbours.push(neighbour);
    }
    realityOf(member).link(leaf.claims[0] as Claim, neighbours);
  }
}
