/**
 * The contacts in all other affinity groups: of each group the nearest few, and one more that is on trial until it is measured. Owns them, in the
 * order of their groups.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import { Entries, RTT_UNKNOWN } from './entries.ts';
import { groupOf } from './groups.ts';

export class ForeignContacts {
  readonly entries = new Entries(({ w4 }) => w4 >>> 0);
  private readonly groups: number;
  private readonly eachMax: number;

  /** Of each of the other groups so many are kept. */
  constructor(groups: number, eachMax: number) {
    this.groups = groups;
    this.eachMax = eachMax;
  }

  /** Its row; -1 when it is not there. */
  rowOf(contact: Contact): number {
    const { entries, groups } = this;
    const mark = contact.w4 >>> 0;
    const group = mark % groups;
    for (let row = this.firstOf(group); row < entries.length; row++) {
      const other = entries.mark(row);
      if (other === mark && equalIds(entries.contacts[row] as Contact, contact)) return row;
      if (other % groups !== group) break;
    }
    return -1;
  }

  /** How many are known of a group, those on trial among them. */
  countIn(group: number): number {
    return this.firstOf(group + 1) - this.firstOf(group);
  }

  /** A candidate: true when its group has one more now. Of those there are, one of whom there was no news since `staleMs` gives way to it. */
  offer(contact: Contact, heartbeat: number, nowMs: number, staleMs: number): boolean {
    const { entries } = this;
    const group = groupOf(contact, this.groups);
    const [first, end] = [this.firstOf(group), this.firstOf(group + 1)];
    if (end - first <= this.eachMax) {
      entries.insert(end, contact, heartbeat, nowMs);
      return true;
    }
    // Whoever has not been measured gives way to fresher news.
    for (let row = first; row < end; row++) {
      const givesWay = entries.rttMs(row) === RTT_UNKNOWN ? entries.heardAtMs(row) < nowMs : entries.heardAtMs(row) <= staleMs;
      if (!givesWay) continue;
      entries.set(row, contact, heartbeat, nowMs);
      break;
    }
    return false;
  }

  /** It has answered: when that leaves one too many in its group, the farthest goes (section 2, proactively). */
  measured(row: number, rttMs: number): void {
    const { entries } = this;
    entries.measured(row, rttMs);
    const group = groupOf(entries.contacts[row] as Contact, this.groups);
    const [first, end] = [this.firstOf(group), this.firstOf(group + 1)];
    if (end - first <= this.eachMax) return;
    let farthest = first;
    for (let other = first; other < end; other++) {
      if (entries.rttMs(other) === RTT_UNKNOWN) return;
      if (entries.rttMs(other) > entries.rttMs(farthest)) farthest = other;
    }
    entries.remove(farthest);
  }

  /** Of a group, in no order that matters. */
  allIn(group: number): readonly Contact[] {
    return this.entries.contacts.slice(this.firstOf(group), this.firstOf(group + 1));
  }

  /** Of a group, nearest first, then those that have not been measured. */
  nearestIn(group: number): Contact[] {
    const { entries } = this;
    const cost = (row: number): number => (entries.rttMs(row) === RTT_UNKNOWN ? Number.MAX_VALUE : entries.rttMs(row));
    const rows: number[] = [];
    for (let row = this.firstOf(group), end = this.firstOf(group + 1); row < end; row++) rows.push(row);
    return rows.sort((a, b) => cost(a) - cost(b)).map((row) => entries.contacts[row] as Contact);
  }

  /** Every group that has at least so many, with `from` and those behind it first, as on a ring; -1 when there is none. */
  nextWith(count: number, from: number): number {
    const { entries } = this;
    let [found, foundAt] = [-1, this.groups];
    for (let row = 0; row + count <= entries.length; row++) {
      const group = entries.mark(row) % this.groups;
      if (entries.mark(row + count - 1) % this.groups !== group) continue;
      const at = (group - from + this.groups) % this.groups;
      if (at < foundAt) [found, foundAt] = [group, at];
    }
    return found;
  }

  /** The first row of that group, or where it would be. */
  private firstOf(group: number): number {
    const { entries, groups } = this;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      // As in `groupOf`.
      if (entries.mark(middle) % groups < group) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
