/**
 * Which nodes of a simulated network are members, in order of their ids: who is nearest to a key by XOR (Kademlia, section 2.1), whatever the
 * nodes themselves believe. Owns that order; a node comes in and goes out in the time of a binary search and a shift of the array, and the
 * nearest is found by halving it about log2 N times.
 */

import type { Kademlia } from '../../overlays/kademlia/index.ts';
import { bitOf, compareXor, NodeId, prefixBits } from '../../overlays/kademlia/node-id.ts';
import type { RoutingTable } from '../../overlays/kademlia/routing-table.ts';
import type { SimNode } from '../../sim/sim-node.ts';

export type Member = SimNode<Kademlia>;

/** Simulated nodes have IPv4 addresses, and so one table each. */
export function tableOf({ protocol }: Member): RoutingTable {
  if (protocol.v4 === null) throw new RangeError(`a node with a table of IPv4 expected, got ${protocol.id.hex}`);
  return protocol.v4.table;
}

const ZERO = new NodeId(0, 0, 0, 0, 0);

export class KademliaMembers {
  private readonly isMember: (node: Member) => boolean;
  /** In order. Holds every living member, and those that are none any more until somebody comes across them. */
  private sorted: Member[] = [];
  /** Living nodes that were no members when they were last looked at: few, since joining takes seconds. */
  private outside: Member[] = [];

  constructor(isMember: (node: Member) => boolean) {
    this.isMember = isMember;
  }

  /** Many members at once, when there are none yet. */
  link(nodes: readonly Member[]): void {
    this.sorted = nodes.toSorted((a, b) => compareXor(ZERO, a.protocol.id, b.protocol.id));
  }

  /** A node that has just begun to join. */
  add(node: Member): void {
    this.outside.push(node);
  }

  /** A node that lives no more. */
  remove(node: Member): void {
    const index = this.firstFrom(node.protocol.id);
    if (this.sorted[index] === node) this.sorted.splice(index, 1);
    else this.outside = this.outside.filter((other) => other !== node);
  }

  /** All living members, in order. */
  get all(): readonly Member[] {
    this.admit();
    for (const node of this.sorted.filter((other) => !this.isMember(other))) this.putOutside(node);
    return this.sorted;
  }

  /** The living member nearest to the target, or null in an empty network. */
  nearestTo(target: NodeId): Member | null {
    this.admit();
    while (this.sorted.length > 0) {
      const node = this.sorted[this.descend(target, null)] as Member;
      if (this.isMember(node)) return node;
      this.putOutside(node);
    }
    return null;
  }

  /** The lengths of prefix of which there is a member that shares exactly so many bits with the id: the subtrees beside its own. */
  subtreesBeside(id: NodeId): number[] {
    const bits: number[] = [];
    if (this.sorted.length > 0) this.descend(id, bits);
    return bits;
  }

  /**
   * Down the binary tree of ids, into the target's half wherever there are two: all of the other half are farther. The index where it ends.
   * `branches` gets the bits at which there were two and the target agrees with its half.
   */
  private descend(target: NodeId, branches: number[] | null): number {
    const { sorted } = this;
    let start = 0;
    let end = sorted.length;
    while (end - start > 1) {
      // All between two ids share what those share.
      const bit = prefixBits((sorted[start] as Member).protocol.id, (sorted[end - 1] as Member).protocol.id);
      const middle = this.firstWithBit(start, end, bit);
      branches?.push(bit);
      if (bitOf(target, bit) === 0) end = middle;
      else start = middle;
    }
    return start;
  }

  /** Those that have become members since. */
  private admit(): void {
    if (this.outside.length === 0) return;
    const arrived = this.outside.filter((node) => this.isMember(node));
    if (arrived.length === 0) return;
    this.outside = this.outside.filter((node) => !this.isMember(node));
    for (const node of arrived) this.sorted.splice(this.firstFrom(node.protocol.id), 0, node);
  }

  /** It has lost everybody it knew, and joins again. */
  private putOutside(node: Member): void {
    this.sorted.splice(this.firstFrom(node.protocol.id), 1);
    this.outside.push(node);
  }

  /** The index of the first node whose id is that one or after it. */
  private firstFrom(id: NodeId): number {
    return this.search(0, this.sorted.length, (other) => compareXor(ZERO, other, id) >= 0);
  }

  /** The first of a range whose ids share all bits before that one and have it set. */
  private firstWithBit(start: number, end: number, bit: number): number {
    return this.search(start, end, (id) => bitOf(id, bit) === 1);
  }

  /** The first place in the range from which on it holds; `end` when there is none. */
  private search(start: number, end: number, holds: (id: NodeId) => boolean): number {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds((this.sorted[middle] as Member).protocol.id)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
