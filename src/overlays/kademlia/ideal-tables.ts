/** Fills the tables of nodes that have not started yet with what they would know in the end: for experiments at once. */

import { Contact } from './contact.ts';
import type { Kademlia } from './kademlia.ts';
import { bitOf, compareXor, NodeId } from './node-id.ts';

const ZERO = new NodeId(0, 0, 0, 0, 0);

/**
 * Each bucket gets k random nodes of its range, or all there are (of IPv4 alone). Takes time N log N; a node is one Contact that all share.
 * The nodes must have endpoints, and are joined when their `start` comes, which must be later.
 */
export function linkIdealTables(nodes: readonly Kademlia[]): void {
  const sorted = nodes
    .map((node) => ({ node, contact: new Contact(node.id, endpointOf(node)) }))
    .sort((a, b) => compareXor(ZERO, a.contact, b.contact));
  const contacts = sorted.map(({ contact }) => contact);
  for (const { node, contact } of sorted) {
    const network = node.v4;
    if (network === null) throw new RangeError('ideal tables are of IPv4, and this node takes part in IPv6 alone');
    const { k } = network.table;
    const buckets: Contact[][] = [];
    let start = 0;
    let end = contacts.length;
    for (let bits = 0; end - start > 1; bits++) {
      // Ids that share `bits` bits with ours lie in [start, end): the other half is the bucket, unless all the rest fits into one.
      if (end - start - 1 <= k) {
        buckets.push(contacts.slice(start, end).filter((other) => other !== contact));
        break;
      }
      const middle = firstWithBit(contacts, start, end, bits);
      const isHigh = bitOf(contact, bits) === 1;
      buckets.push(isHigh ? chosen(contacts, start, middle, k, node) : chosen(contacts, middle, end, k, node));
      if (isHigh) start = middle;
      else end = middle;
    }
    network.table.fill(buckets, network.nowS());
    network.join.done = network.table.size > 0;
  }
}

/** k different random ones of a range, or all. */
function chosen(contacts: readonly Contact[], start: number, end: number, k: number, node: Kademlia): Contact[] {
  if (end - start <= k) return contacts.slice(start, end);
  const indices = new Set<number>();
  while (indices.size < k) indices.add(start + node.host.random.below(end - start));
  return [...indices].map((index) => contacts[index] as Contact);
}

function firstWithBit(contacts: readonly Contact[], start: number, end: number, bit: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitOf(contacts[middle] as Contact, bit) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function endpointOf(node: Kademlia): Uint8Array {
  const { datagram } = node.host.self;
  if (datagram === null) throw new RangeError('a node of an ideal table needs an endpoint');
  return datagram;
}
