/** The contacts in one other affinity group: the nearest few, and one more that is on trial until it is measured. Owns them. */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { Entries, RTT_UNKNOWN } from './entries.ts';

export class GroupContacts {
  readonly entries = new Entries();
  private readonly sizeMax: number;

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  rowOf(id: Id160): number {
    return this.entries.contacts.findIndex((contact) => equalIds(contact, id));
  }

  /** A candidate: false when there are enough, and somebody is on trial already. */
  offer(contact: Contact, heartbeat: number, nowMs: number): boolean {
    const { entries } = this;
    if (entries.length <= this.sizeMax) {
      entries.insert(entries.length, contact, heartbeat, nowMs);
      return true;
    }
    // Whoever has not been measured gives way to fresher news.
    const row = entries.contacts.findIndex((_, index) => entries.rttMs(index) === RTT_UNKNOWN && entries.heardAtMs(index) < nowMs);
    if (row < 0) return false;
    entries.set(row, contact, heartbeat, nowMs);
    return true;
  }

  /** It has answered: when that leaves one too many, the farthest goes (section 2, proactively). */
  measured(row: number, rttMs: number): void {
    const { entries } = this;
    entries.measured(row, rttMs);
    if (entries.length <= this.sizeMax) return;
    let farthest = 0;
    for (let other = 0; other < entries.length; other++) {
      if (entries.rttMs(other) === RTT_UNKNOWN) return;
      if (entries.rttMs(other) > entries.rttMs(farthest)) farthest = other;
    }
    entries.remove(farthest);
  }

  /** Nearest first, then those that have not been measured. */
  nearest(): Contact[] {
    const { entries } = this;
    const cost = (row: number): number => (entries.rttMs(row) === RTT_UNKNOWN ? Number.MAX_VALUE : entries.rttMs(row));
    const rows = Array.from(entries.contacts.keys()).sort((a, b) => cost(a) - cost(b));
    return rows.map((row) => entries.contacts[row] as Contact);
  }
}
