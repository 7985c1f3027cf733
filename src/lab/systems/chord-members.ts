/**
 * Which points of a simulated ring are members, in order: who owns a key by the definition (SIGCOMM 2001, section 4.2), whatever the nodes
 * themselves believe. Owns that order; a point comes in, goes out and is found in the time of a binary search and a shift of the array.
 */

import type { RingId } from '../../overlays/chord/index.ts';
import { compareIds } from '../../overlays/chord/ring-id.ts';
import type { VirtualNode } from '../../overlays/chord/virtual-node.ts';

export class ChordMembers {
  /** In order. Holds every living member, and those that are none any more until somebody comes across them. */
  private ring: VirtualNode[] = [];
  /** Living points that were no members when they were last looked at: few, since joining takes seconds. */
  private outside: VirtualNode[] = [];

  /** Many members at once, when there are none yet. */
  link(units: readonly VirtualNode[]): void {
    this.ring = units.toSorted((a, b) => compareIds(a.self, b.self));
  }

  /** Points of a node that has just begun to join. */
  add(units: readonly VirtualNode[]): void {
    this.outside.push(...units);
  }

  /** Points of a node that lives no more. */
  remove(units: readonly VirtualNode[]): void {
    for (const unit of units) {
      const index = this.firstFrom(unit.self);
      if (this.ring[index] === unit) this.ring.splice(index, 1);
      else this.outside = this.outside.filter((other) => other !== unit);
    }
  }

  /** All living members, in order. */
  get all(): readonly VirtualNode[] {
    this.admit();
    for (const unit of this.ring.filter((other) => !other.isMember)) this.putOutside(unit);
    return this.ring;
  }

  /** The first living member at or after the point, or null in an empty ring. */
  ownerOf(point: RingId): VirtualNode | null {
    this.admit();
    while (this.ring.length > 0) {
      const unit = this.ring[this.firstFrom(point) % this.ring.length] as VirtualNode;
      if (unit.isMember) return unit;
      this.putOutside(unit);
    }
    return null;
  }

  /** Those that have become members since. */
  private admit(): void {
    if (this.outside.length === 0) return;
    const arrived = this.outside.filter((unit) => unit.isMember);
    if (arrived.length === 0) return;
    this.outside = this.outside.filter((unit) => !unit.isMember);
    for (const unit of arrived) this.ring.splice(this.firstFrom(unit.self), 0, unit);
  }

  /** It has lost the ring and joins again, or is about to leave. */
  private putOutside(unit: VirtualNode): void {
    this.ring.splice(this.firstFrom(unit.self), 1);
    this.outside.push(unit);
  }

  /** The index of the first point at or after that one; the length when there is none before the ring begins anew. */
  private firstFrom(point: RingId): number {
    const { ring } = this;
    let low = 0;
    let high = ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareIds((ring[middle] as VirtualNode).self, point) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
