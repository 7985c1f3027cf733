/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. */

import type { Id160 } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import { NearestFew, type RttOf } from '../values/index.ts';
import type { Acquaintances } from './entries.ts';
import { groupOf } from './groups.ts';
import type { Kelips } from './kelips.ts';
import { ALL_GROUPS } from './soft-state.ts';

/** Of another group so many members are compared by their distance, spread evenly over it: points have nothing to do with distance. */
const COMPARED_MAX = 8;

/** Views are complete, contacts the nearest of those compared; all have just been heard of. */
export function linkIdealViews(nodes: readonly Kelips[], rttOf: RttOf): void {
  const groups = membersInOrder(nodes);
  const near = new NearestFew();
  for (const [place, node] of nodes.entries()) {
    const { group } = node.state;
    const others = groups.get(group) as readonly number[]; // Its own group has the node itself at least.
    const view = acquaintances();
    for (const other of others) if (other !== place) know(view, nodes[other] as Kelips, rttOf(place, other));
    const foreign = acquaintances();
    for (const [number, members] of groups) {
      if (number === group) continue;
      findNearest(near, members, place, node.options.contacts, rttOf);
      for (const [rank, other] of near.places.entries()) know(foreign, nodes[other] as Kelips, near.rttsMs[rank] as number);
    }
    node.state.fill(view, foreign);
    node.link();
  }
}

function acquaintances(): Acquaintances {
  return { contacts: [], rttsMs: [] };
}

function know({ contacts, rttsMs }: Acquaintances, { self }: Kelips, rttMs: number): void {
  contacts.push(self);
  rttsMs.push(rttMs);
}

/** Places of the nodes, in the order in which they are kept: groups by their number, members by their points. */
function membersInOrder(nodes: readonly Kelips[]): ReadonlyMap<number, readonly number[]> {
  const places = Array.from(nodes.keys()).sort((a, b) => compareIds((nodes[a] as Kelips).self, (nodes[b] as Kelips).self));
  const groups = Map.groupBy(places, (place) => (nodes[place] as Kelips).state.group);
  return new Map([...groups].sort(([a], [b]) => a - b));
}

/** Each compares others, so that all are somebody's contact. */
function findNearest(near: NearestFew, members: readonly number[], place: number, count: number, rttOf: RttOf): void {
  const compared = Math.min(COMPARED_MAX, members.length);
  const first = place % members.length;
  near.clear();
  for (let index = 0; index < compared; index++) {
    const other = members[(first + Math.floor((index * members.length) / compared)) % members.length] as number;
    near.offer(other, rttOf(place, other), count);
  }
}

/** The group that a key belongs to in a network of those groups, by the rule of `SoftState.groupHolding`; -1: no group is full. */
export function idealGroupOf(key: Id160, groups: number, isFull: (group: number) => boolean): number {
  const first = groupOf(key, groups);
  for (let step = 0; step < groups; step++) if (isFull((first + step) % groups)) return (first + step) % groups;
  return ALL_GROUPS;
}
