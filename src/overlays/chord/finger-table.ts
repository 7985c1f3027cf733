/**
 * The fingers of one virtual node (SIGCOMM 2001, section 4.3): finger e is the first node at or after self + 2^e. Owns those that lie
 * beyond the successor, about log2 N of the 160; all below are the successor itself.
 */

import { ID_BITS } from '../../core/id.ts';
import type { Contact } from '../../core/contact.ts';
import { distanceBits, equalIds, inOpen, type RingId } from './ring-id.ts';

export class FingerTable {
  private readonly self: Contact;
  /** Of exponent 159 first; null: not known, or found dead. */
  private readonly table: (Contact | null)[] = [];

  constructor(self: Contact) {
    this.self = self;
  }

  get size(): number {
    return this.table.length;
  }

  get(exponent: number): Contact | null {
    return this.table[ID_BITS - 1 - exponent] ?? null;
  }

  set(exponent: number, contact: Contact | null): void {
    const index = ID_BITS - 1 - exponent;
    while (this.table.length <= index) this.table.push(null);
    this.table[index] = contact;
  }

  /** Forgets the fingers below an exponent: they are the successor. */
  trimBelow(exponent: number): void {
    if (this.table.length > ID_BITS - exponent) this.table.length = ID_BITS - exponent;
  }

  /** Forgets a node wherever it is a finger. */
  drop(contact: Contact): void {
    for (let index = 0; index < this.table.length; index++) {
      const finger = this.table[index];
      if (finger !== null && finger !== undefined && equalIds(finger, contact)) this.table[index] = null;
    }
  }

  preceding(target: RingId, into: Contact[], max: number): void {
    const { self, table } = this;
    // A finger that begins behind the target cannot precede it: the walk starts at the last one that begins before.
    const bits = distanceBits(self, target);
    let before: Contact | null = null;
    for (let index = bits === 0 ? 0 : ID_BITS - bits; index < table.length && into.length < max; index++) {
      const finger = table[index];
      if (finger === null || finger === undefined || finger === before || !inOpen(finger, self, target)) continue;
      before = finger;
      if (into.every((known) => !equalIds(known, finger))) into.push(finger);
    }
  }

  /** Each contact once, farthest first. */
  distinct(): Contact[] {
    const fingers: Contact[] = [];
    for (const finger of this.table) {
      if (finger !== null && fingers.every((known) => !equalIds(known, finger))) fingers.push(finger);
    }
    return fingers;
  }
}
