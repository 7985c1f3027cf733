/** Links nodes that have not started yet into the ring that they would become in the end, fingers included: for experiments at once. */

import { ID_BITS } from '../../core/id.ts';
import type { Chord } from './chord.ts';
import { addPowerOfTwo, compareIds, distanceBits, inHalfOpen } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

/**
 * Takes time N log N; the nodes are members when their `start` comes, which must be later. Each node is written once, from neighbours that
 * lie side by side in an array of their own: with a million nodes, what is touched decides, not what is computed.
 */
export function linkIdealRing(chords: readonly Chord[]): void {
  const ring = inOrder(chords.flatMap((chord) => chord.units));
  const selves = ring.map((node) => node.self);
  const at = (index: number): VirtualNode['self'] => selves[index < selves.length ? index : index % selves.length] as VirtualNode['self'];
  // Where the finger of each exponent leads, for the node that was linked last: goes round the ring once while the nodes are gone through.
  const owners = new Int32Array(ID_BITS).fill(1);
  for (const [index, node] of ring.entries()) {
    const { self } = node;
    const count = Math.max(1, Math.min(node.chord.options.successors, ring.length - 1));
    const successors = Array.from({ length: count }, (_, behind) => at(index + 1 + behind));
    node.link(ring.length === 1 ? null : at(index + ring.length - 1), successors);
    if (node.chord.options.fingersPerRound === 0) continue;
    const nearest = distanceBits(self, at(index + 1));
    for (let exponent = ID_BITS - 1; exponent >= nearest; exponent--) {
      const start = addPowerOfTwo(self, exponent);
      let owner = Math.max(owners[exponent] as number, index + 1);
      while (owner < index + ring.length && !inHalfOpen(start, self, at(owner))) owner++;
      owners[exponent] = owner;
      if (owner < index + ring.length) node.fingers.set(exponent, at(owner));
    }
  }
}

/** Sorted by the highest words first, which lie in one array; the whole ids are looked at only where those are the same. */
function inOrder(units: readonly VirtualNode[]): VirtualNode[] {
  const heads = Uint32Array.from(units, ({ self }) => self.w0);
  const order = Uint32Array.from(units, (_, index) => index).sort(
    (a, b) => (heads[a] as number) - (heads[b] as number) || compareIds((units[a] as VirtualNode).self, (units[b] as VirtualNode).self),
  );
  return Array.from(order, (index) => units[index] as VirtualNode);
}
