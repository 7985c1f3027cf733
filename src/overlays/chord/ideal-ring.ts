/** Links nodes that have not started yet into the ring that they would become in the end, fingers included: for experiments at once. */

import { ID_BITS } from '../../core/id.ts';
import type { Chord } from './chord.ts';
import { addPowerOfTwo, compareIds, distanceBits, inHalfOpen } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

/** Takes time N log N; the nodes are members when their `start` comes, which must be later. */
export function linkIdealRing(chords: readonly Chord[]): void {
  const ring = chords.flatMap((chord) => chord.units).sort((a, b) => compareIds(a.self, b.self));
  const at = (index: number): VirtualNode => ring[index % ring.length] as VirtualNode;
  for (const [index, node] of ring.entries()) {
    const count = Math.max(1, Math.min(node.chord.options.successors, ring.length - 1));
    const successors = Array.from({ length: count }, (_, behind) => at(index + 1 + behind).self);
    node.link(ring.length === 1 ? null : at(index + ring.length - 1).self, successors);
  }
  // All nodes in order for one exponent: where their fingers begin goes round in the same order.
  for (let exponent = ID_BITS - 1; exponent >= 0; exponent--) {
    let beyond = 0;
    let owner = 1;
    for (const [index, node] of ring.entries()) {
      if (exponent < distanceBits(node.self, at(index + 1).self)) continue;
      beyond++;
      const start = addPowerOfTwo(node.self, exponent);
      owner = Math.max(owner, index + 1);
      while (owner < index + ring.length && !inHalfOpen(start, node.self, at(owner).self)) owner++;
      if (owner < index + ring.length) node.fingers.set(exponent, at(owner).self);
    }
    if (beyond === 0) return;
  }
}
