/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. */

import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import { groupOf } from './groups.ts';
import type { Kelips } from './kelips.ts';
import { ALL_GROUPS } from './soft-state.ts';

/** Of another group so many members are compared by their distance, spread evenly over it: points have nothing to do with distance. */
const COMPARED_MAX = 8;

/** Round-trip time in milliseconds between two of the nodes, by their places in the array. */
export type RttOf = (from: number, to: number) => number;

/** Views are complete, contacts the nearest of those compared; all have just been heard of. */
export function linkIdealViews(nodes: readonly Kelips[], rttOf: RttOf): void {
  const groups = new Map<number, number[]>();
  for (const [place, node] of nodes.entries()) {
    const members = groups.get(node.state.group);
    if (members === undefined) groups.set(node.state.group, [place]);
    else members.push(place);
  }
  const contactOf = (place: number): Contact => (nodes[place] as Kelips).self;
  // In the order in which they are kept: whoever comes last is put last.
  const inOrder = Array.from(groups, ([group, members]) => ({
    group,
    members: members.sort((a, b) => compareIds(contactOf(a), contactOf(b))),
  }));
  inOrder.sort((a, b) => a.group - b.group);
  for (const [place, node] of nodes.entries()) {
    const know = (other: number): void => {
      node.state.add(contactOf(other), 1, true, 0);
      node.state.measured(contactOf(other), rttOf(place, other), 0);
    };
    for (const { group, members } of inOrder) {
      if (group === node.state.group) for (const other of members) if (other !== place) know(other);
      if (group !== node.state.group) for (const other of nearest(members, place, node.options.contacts, rttOf)) know(other);
    }
    node.link();
  }
}

function nearest(members: readonly number[], place: number, count: number, rttOf: RttOf): number[] {
  const compared = Math.min(COMPARED_MAX, members.length);
  const first = place % members.length;
  const sample = Array.from({ length: compared }, (_, index) => {
    return members[(first + Math.floor((index * members.length) / compared)) % members.length] as number;
  });
  return sample.sort((a, b) => rttOf(place, a) - rttOf(place, b)).slice(0, count);
}

/** The group that a key belongs to in a network of those groups, by the rule of `SoftState.groupHolding`; -1: no group is full. */
export function idealGroupOf(key: Id160, groups: number, isFull: (group: number) => boolean): number {
  const first = groupOf(key, groups);
  for (let step = 0; step < groups; step++) if (isFull((first + step) % groups)) return (first + step) % groups;
  return ALL_GROUPS;
}
