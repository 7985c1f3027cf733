/** Whether the tables of a simulated Kademlia network are such that every lookup must end at the nearest node; owns no state. */

import type { Contact } from '../../overlays/kademlia/index.ts';
import { prefixBits } from '../../overlays/kademlia/node-id.ts';
import { type KademliaMembers, type Member, tableOf } from './kademlia-members.ts';

/** What it needs to know of the network. */
export interface JudgedNetwork {
  readonly members: KademliaMembers;
  /** The node that a contact names, or null when it is dead. */
  livingAt(contact: Contact): Member | null;
}

/**
 * What the first node that is not in order lacks: a bucket that keeps to the rules, or, in each subtree beside its own that has members, one
 * that it knows and that lives. That is what lookups at rest need (`overlays/kademlia/README.md`, section 2.2); dead contacts may stand beside.
 */
export function tablesComplaint(network: JudgedNetwork, all: readonly Member[]): string | null {
  for (const node of all) {
    const { id } = node.protocol;
    const table = tableOf(node);
    const disorder = table.complaint();
    if (disorder !== null) return `the table of node ${node.index} is out of order: ${disorder}`;
    const known = new Set<number>();
    for (const contact of table.all()) if (network.livingAt(contact) !== null) known.add(prefixBits(id, contact));
    const missing = network.members.subtreesBeside(id).find((bits) => !known.has(bits));
    if (missing !== undefined)
      return `node ${node.index} knows nobody who shares exactly ${missing} bits with it and lives, and there is somebody`;
  }
  return null;
}
