/**
 * Which points of a simulated overlay are members, in order: who owns a key by the definition, whatever the nodes themselves believe. Owns that
 * order; a point comes in, goes out and is found in the time of a binary search and a shift of the array.
 */

import type { Contact } from '../../core/contact.ts';
import { digitOf, digitsOf, firstWithDigit, sharedDigits } from '../../core/digits.ts';
import type { Id160 } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import { compareNearness } from '../../core/ring-distance.ts';

/** A place of a node: a Chord point, or a node that has one. */
export interface Placed {
  readonly self: Contact;
  readonly isMember: boolean;
}

export class RingMembers<M extends Placed> {
  /** In order. Holds every living member, and those that are none any more until somebody comes across them. */
  private ring: M[] = [];
  /** Living points that were no members when they were last looked at: few, since joining takes seconds. */
  private outside: M[] = [];

  /** Many members at once, when there are none yet. */
  link(units: readonly M[]): void {
    this.ring = units.toSorted((a, b) => compareIds(a.self, b.self));
  }

  /** Points of a node that has just begun to join. */
  add(units: readonly M[]): void {
    this.outside.push(...units);
  }

  /** Points of a node that lives no more. */
  remove(units: readonly M[]): void {
    for (const unit of units) {
      const index = this.firstFrom(unit.self);
      if (this.ring[index] === unit) this.ring.splice(index, 1);
      else this.outside = this.outside.filter((other) => other !== unit);
    }
  }

  /** All living members, in order. */
  get all(): readonly M[] {
    this.admit();
    for (const unit of this.ring.filter((other) => !other.isMember)) this.putOutside(unit);
    return this.ring;
  }

  /** The first living member at or after the point, or null in an empty ring: Chord's owner. */
  successorOf(point: Id160): M | null {
    this.admit();
    while (this.ring.length > 0) {
      const unit = this.ring[this.firstFrom(point) % this.ring.length] as M;
      if (unit.isMember) return unit;
      this.putOutside(unit);
    }
    return null;
  }

  /** The living member on either side that is numerically nearest to the point, or null in an empty ring: Pastry's owner. */
  nearestTo(point: Id160): M | null {
    const behind = this.successorOf(point);
    if (behind === null) return null;
    for (let index = this.firstFrom(behind.self); ; ) {
      index = (index + this.ring.length - 1) % this.ring.length;
      const before = this.ring[index] as M;
      if (before.isMember) return compareNearness(before.self, behind.self, point) < 0 ? before : behind;
    }
  }

  /** Digit by digit the living members with the wanted one, or with the next that any has, round the end: Tapestry's root. */
  surrogateOf(point: Id160, digitBits: number): M | null {
    let found: M | null = this.successorOf(point);
    if (found === null) return null;
    for (let level = 0; level < digitsOf(digitBits); level++) {
      // `found` has all digits before this level; whoever else has them lies beside it.
      const prefix: Id160 = found.self;
      const sharesAll = (member: M | null): boolean => member !== null && sharedDigits(member.self, prefix, digitBits) >= level;
      const wanted: M | null = this.successorOf(firstWithDigit(prefix, level, digitOf(point, level, digitBits), digitBits));
      found = sharesAll(wanted) ? wanted : this.successorOf(firstWithDigit(prefix, level, 0, digitBits));
      if (found === null) return null;
    }
    return found;
  }

  /** So many living members that are numerically nearest to the point, the nearest first: who holds a key of Pastry. */
  nearest(point: Id160, count: number): M[] {
    const { all } = this;
    const first = this.firstFrom(point);
    const around = new Set<M>();
    for (let step = -count; step < count && all.length > 0; step++) {
      around.add(all[(((first + step) % all.length) + all.length) % all.length] as M);
    }
    return [...around].sort((a, b) => compareNearness(a.self, b.self, point)).slice(0, count);
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
  private putOutside(unit: M): void {
    this.ring.splice(this.firstFrom(unit.self), 1);
    this.outside.push(unit);
  }

  /** The index of the first point at or after that one; the length when there is none before the ring begins anew. */
  private firstFrom(point: Id160): number {
    const { ring } = this;
    let low = 0;
    let high = ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareIds((ring[middle] as M).self, point) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
