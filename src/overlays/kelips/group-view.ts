/** The view of the own affinity group: its members, sorted by their points. Owns them. */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import { Entries } from './entries.ts';

/** A group that is far larger is none: the number of groups is wrong, or somebody makes members up. */
const VIEW_MAX = 1 << 16;

export class GroupView {
  readonly entries = new Entries(({ w0 }) => w0 >>> 0);
  private readonly self: Contact;

  constructor(self: Contact) {
    this.self = self;
  }

  get size(): number {
    return this.entries.length;
  }

  /** Its row; -1 when it is not there. */
  rowOf(id: Id160): number {
    const row = this.firstFrom(id);
    const contact = this.entries.contacts[row];
    return contact !== undefined && equalIds(contact, id) ? row : -1;
  }

  /** False when there is no room. */
  add(contact: Contact, heartbeat: number, nowMs: number): boolean {
    if (this.size >= VIEW_MAX) return false;
    this.entries.insert(this.firstFrom(contact), contact, heartbeat, nowMs);
    return true;
  }

  measured(row: number, rttMs: number): void {
    this.entries.measured(row, rttMs);
  }

  /**
   * Who holds a key of this group: the members that are nearest to it, ourselves included. The paper has the inserting node choose at random, and
   * two who insert at once choose differently; with full views all choose alike.
   */
  holdersOf(key: Id160, count: number): Contact[] {
    const { contacts } = this.entries;
    const around: Contact[] = [this.self];
    const first = this.firstFrom(key);
    // The nearest are among as many on either side.
    for (let step = 0; step < Math.min(count, contacts.length); step++) {
      for (const row of [first + step, first - 1 - step]) {
        const contact = contacts[(row + contacts.length) % contacts.length] as Contact;
        if (!around.includes(contact)) around.push(contact);
      }
    }
    return around.sort((a, b) => compareNearness(a, b, key)).slice(0, count);
  }

  private firstFrom(id: Id160): number {
    const { entries } = this;
    const mark = id.w0 >>> 0;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = entries.mark(middle);
      if (other < mark || (other === mark && compareIds(entries.contacts[middle] as Contact, id) < 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
