/** Links nodes that have not started yet into the network that they would become in the end: for experiments at once. */

import type { Contact } from '../../core/contact.ts';
import { groupOf } from './groups.ts';
import type { Kelips } from './kelips.ts';

/** Of another group so many members are compared by their distance, spread evenly over it: points have nothing to do with distance. */
const COMPARED_MAX = 16;

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
  for (const [place, node] of nodes.entries()) {
    const know = (other: number): void => {
      node.state.add(contactOf(other), 1, 0);
      node.state.measured(contactOf(other), rttOf(place, other));
    };
    for (const [group, members] of groups) {
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

/** The group that a key belongs to in a network of those groups, by the rule of `SoftState.groupHolding`. */
export function idealGroupOf(key: Parameters<typeof groupOf>[0], groups: number, isEmpty: (group: number) => boolean): number {
  const first = groupOf(key, groups);
  for (let step = 0; step < groups; step++) if (!isEmpty((first + step) % groups)) return (first + step) % groups;
  return -1;
}
