/**
 * All that a node knows by gossip (IPTPS 2003, section 2): the view of its own group, contacts in the others, and who holds which key of its
 * group. Owns it all.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Entries } from './entries.ts';
import { Departed } from './departed.ts';
import { Filetuples } from './filetuples.ts';
import { GroupContacts } from './group-contacts.ts';
import { GroupView } from './group-view.ts';
import { groupOf } from './groups.ts';
import type { KelipsOptions } from './kelips-options.ts';

/** Where somebody stands. */
interface Row {
  readonly entries: Entries;
  readonly row: number;
}

export class SoftState {
  readonly group: number;
  readonly view: GroupView;
  readonly tuples: Filetuples;
  private readonly self: Contact;
  private readonly options: KelipsOptions;
  /** Members of our group, and nodes of others. */
  private readonly departed: Departed;
  private readonly foreign = new Map<number, GroupContacts>();

  constructor(self: Contact, options: KelipsOptions) {
    this.self = self;
    this.options = options;
    this.group = groupOf(self, options.groups);
    this.view = new GroupView(self);
    this.tuples = new Filetuples(2 * options.replicas);
    // Whoever heard of it last forgets it one time-out after us, and tells of it until then.
    this.departed = new Departed(2 * Math.max(options.viewTimeoutMs, options.contactTimeoutMs));
  }

  groupOf(id: Id160): number {
    return groupOf(id, this.options.groups);
  }

  /** Entries of all kinds, but for filetuples. */
  get nodesKnown(): number {
    let count = this.view.size;
    for (const { entries } of this.foreign.values()) count += entries.length;
    return count;
  }

  /**
   * The group that a key belongs to: that of its point, or the next that has a member as far as we know. The paper has many more nodes than groups;
   * a network that is young or small has groups without anybody.
   */
  groupHolding(key: Id160): number {
    const { groups } = this.options;
    const first = this.groupOf(key);
    for (let step = 0; step < groups; step++) {
      const group = (first + step) % groups;
      if (group === this.group || (this.foreign.get(group)?.entries.length ?? 0) > 0) return group;
    }
    return this.group;
  }

  /** Whether the key belongs to our group. */
  holds(key: Id160): boolean {
    return this.groupHolding(key) === this.group;
  }

  entriesIn(group: number): readonly Entries[] {
    const contacts = this.foreign.get(group);
    return contacts === undefined ? [] : [contacts.entries];
  }

  contactsIn(group: number): readonly Contact[] {
    return this.foreign.get(group)?.nearest() ?? [];
  }

  /** Of every other group. */
  get foreignEntries(): readonly Entries[] {
    return Array.from(this.foreign.values(), ({ entries }) => entries);
  }

  knows(contact: Contact): boolean {
    return this.rowOf(contact) !== null;
  }

  /** Of somebody who is known already: true when that was so, news or not. */
  hear(contact: Contact, heartbeat: number, nowMs: number): boolean {
    const place = this.rowOf(contact);
    place?.entries.hear(place.row, heartbeat, nowMs);
    return place !== null || equalIds(contact, this.self);
  }

  /** Somebody new: true when it is a member of our group now. */
  add(contact: Contact, heartbeat: number, nowMs: number): boolean {
    if (!this.departed.isNews(contact, heartbeat)) return false;
    const group = this.groupOf(contact);
    if (group === this.group) return this.view.add(contact, heartbeat, nowMs);
    let contacts = this.foreign.get(group);
    if (contacts === undefined) {
      contacts = new GroupContacts(this.options.contacts);
      this.foreign.set(group, contacts);
    }
    contacts.offer(contact, heartbeat, nowMs);
    return false;
  }

  measured(contact: Contact, rttMs: number): void {
    const group = this.groupOf(contact);
    if (group === this.group) {
      const row = this.view.rowOf(contact);
      if (row >= 0) this.view.entries.measured(row, rttMs);
      return;
    }
    const contacts = this.foreign.get(group);
    const row = contacts?.rowOf(contact) ?? -1;
    if (row >= 0) contacts?.measured(row, rttMs);
  }

  /** True when it was a member of our group. */
  forget(contact: Contact, nowMs: number): boolean {
    const place = this.rowOf(contact);
    if (place === null) return false;
    this.departed.add(contact, place.entries.heartbeat(place.row), nowMs);
    place.entries.remove(place.row);
    return place.entries === this.view.entries;
  }

  /** Forgets those whose heartbeat has not grown for too long; true when a member of our group was among them. */
  expire(nowMs: number): boolean {
    const { viewTimeoutMs, contactTimeoutMs, tupleTimeoutMs } = this.options;
    const before = this.view.size;
    this.departed.expire(nowMs);
    this.expireIn(this.view.entries, viewTimeoutMs, nowMs);
    for (const [group, { entries }] of this.foreign) {
      this.expireIn(entries, contactTimeoutMs, nowMs);
      if (entries.length === 0) this.foreign.delete(group);
    }
    this.tuples.expire(nowMs - tupleTimeoutMs);
    return this.view.size < before;
  }

  private rowOf(contact: Contact): Row | null {
    const group = this.groupOf(contact);
    const place = group === this.group ? this.view : this.foreign.get(group);
    const row = place?.rowOf(contact) ?? -1;
    return place === undefined || row < 0 ? null : { entries: place.entries, row };
  }

  private expireIn(entries: Entries, timeoutMs: number, nowMs: number): void {
    for (let row = entries.length - 1; row >= 0; row--) {
      if (nowMs - entries.heardAtMs(row) < timeoutMs) continue;
      this.departed.add(entries.contacts[row] as Contact, entries.heartbeat(row), nowMs);
      entries.remove(row);
    }
  }
}
