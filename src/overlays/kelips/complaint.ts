/** What keeps a Kelips network at rest from being as it should be (IPTPS 2003, section 2). Owns no state. */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import type { Kelips } from './kelips.ts';

/** The first thing that is wrong, for people; null when nothing is: all views are complete, and of every other group as many live as contacts are kept. */
export function viewsComplaint(nodes: readonly Kelips[]): string | null {
  const order = nodes.toSorted((a, b) => compareIds(a.self, b.self));
  const groups = Map.groupBy(order, ({ state }) => state.group);
  const members = new Map([...groups].map(([group, those]) => [group, those.map(({ self }) => self)]));
  for (const node of nodes) {
    const complaint = complaintOf(node, members);
    if (complaint !== null) return `${node.self.hex}: ${complaint}`;
  }
  return null;
}

function complaintOf({ state, options }: Kelips, groups: ReadonlyMap<number, readonly Contact[]>): string | null {
  for (const [group, members] of groups) {
    if (group === state.group) {
      const dead = state.view.entries.contacts.find((contact) => !isAmong(members, contact));
      if (dead !== undefined) return `its view has ${dead.hex}, which is no member`;
      if (state.view.size !== members.length - 1) return `its view has ${state.view.size} of ${members.length - 1} members`;
    } else {
      const contacts = state.foreign.allIn(group);
      const wanted = Math.min(options.contacts, members.length);
      let living = 0;
      for (const contact of contacts) if (isAmong(members, contact)) living++;
      if (living < wanted) return `it knows ${living} of ${wanted} contacts in group ${group}`;
      if (members.length < options.replicas && contacts.length > members.length) return `it knows members of group ${group} that are none`;
    }
  }
  return null;
}

/** Members are in order: a set of a network's hundred million entries by their names would take most of the time. */
function isAmong(members: readonly Contact[], contact: Contact): boolean {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(members[middle] as Contact, contact) < 0) low = middle + 1;
    else high = middle;
  }
  const found = members[low];
  return found !== undefined && equalIds(found, contact);
}
