/** What keeps a Kelips network at rest from being as it should be (IPTPS 2003, section 2). Owns no state. */

import { mapKeyOf } from '../../core/id160.ts';
import type { Kelips } from './kelips.ts';

/** The first thing that is wrong, for people; null when nothing is: all views are complete, and of every other group as many live as contacts are kept. */
export function viewsComplaint(nodes: readonly Kelips[]): string | null {
  const groups = new Map<number, Set<string>>();
  for (const { self, state } of nodes) {
    const members = groups.get(state.group);
    if (members === undefined) groups.set(state.group, new Set([mapKeyOf(self)]));
    else members.add(mapKeyOf(self));
  }
  for (const node of nodes) {
    const complaint = complaintOf(node, groups);
    if (complaint !== null) return `${node.self.hex}: ${complaint}`;
  }
  return null;
}

function complaintOf({ state, options }: Kelips, groups: ReadonlyMap<number, ReadonlySet<string>>): string | null {
  for (const [group, members] of groups) {
    if (group === state.group) {
      const dead = state.view.entries.contacts.find((contact) => !members.has(mapKeyOf(contact)));
      if (dead !== undefined) return `its view has ${dead.hex}, which is no member`;
      if (state.view.size !== members.size - 1) return `its view has ${state.view.size} of ${members.size - 1} members`;
    } else {
      const contacts = state.foreign.nearestIn(group);
      const wanted = Math.min(options.contacts, members.size);
      const living = contacts.filter((contact) => members.has(mapKeyOf(contact))).length;
      if (living < wanted) return `it knows ${living} of ${wanted} contacts in group ${group}`;
      if (members.size < options.replicas && contacts.length > members.size) return `it knows members of group ${group} that are none`;
    }
  }
  return null;
}
