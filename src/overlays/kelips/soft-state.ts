/**
 * All that a node knows by gossip (IPTPS 2003, section 2): the view of its own group, contacts in the others, and who holds which key of its
 * group. Owns it all.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import { Departed } from './departed.ts';
import { type Acquaintances, type Entries, HEARTBEAT_FIRST, HEARTBEAT_UNKNOWN, RTT_UNKNOWN } from './entries.ts';
import { Filetuples } from './filetuples.ts';
import { ForeignContacts } from './foreign-contacts.ts';
import { GroupView } from './group-view.ts';
import { groupOf } from './groups.ts';
import type { KelipsOptions } from './kelips-options.ts';

/** Of those that fell silent so many are asked again and again: a broken network may be whole some time. */
const SILENT_MAX = 32;
/** What `groupHolding` says when no group has enough members: each node knows all others then. */
export const ALL_GROUPS = -1;
/** Heartbeats grow by one a round. What others say of somebody may run ahead of that by so many times, and so many. */
const HASTE_MAX = 2;
const AHEAD_MAX = 16;
/** A beat counts for a little more than a round, so that news that were late catch up. */
const NEWS_STRETCH = 1.25;
/** Rounds that an entry is kept without news, for each entry that there is. A contact is asked itself at least so often. */
const VIEW_ROUNDS = 1;
const CONTACT_ROUNDS = 5;
const TUPLE_ROUNDS = 2;

export class SoftState {
  /** k, and which of them is ours. */
  readonly groups: number;
  readonly group: number;
  readonly view: GroupView;
  readonly foreign: ForeignContacts;
  readonly tuples: Filetuples;
  private readonly self: Contact;
  private readonly options: KelipsOptions;
  private readonly departed = new Departed();
  private silent: readonly Contact[] = [];

  /** `groups` may be others than those of the options: those that the network has. */
  constructor(self: Contact, options: KelipsOptions, groups: number) {
    this.self = self;
    this.options = options;
    this.groups = groups;
    this.group = groupOf(self, groups);
    this.view = new GroupView(self);
    this.foreign = new ForeignContacts(groups, options.contacts);
    this.tuples = new Filetuples(2 * options.replicas);
  }

  groupOf(id: Id160): number {
    return groupOf(id, this.groups);
  }

  /** All that it knows of. */
  get everybody(): readonly Contact[] {
    return [...this.view.entries.contacts, ...this.foreign.entries.contacts];
  }

  /** Entries of all kinds, but for filetuples. */
  get nodesKnown(): number {
    return this.view.size + this.foreign.entries.length;
  }

  // ---- whose a key is --------------------------------------------------------------------------------------------------------

  /**
   * The group that a key belongs to: that of its point, or the next that has a member for each replica. The paper has many more nodes than groups; a
   * network that is young or small has groups without anybody. Of a group that small everybody knows every member, so that all agree.
   */
  groupHolding(key: Id160): number {
    const first = this.groupOf(key);
    if (this.isFull(first)) return first;
    const foreign = this.foreign.nextWith(this.options.replicas, first);
    if (!this.isFull(this.group)) return foreign;
    const behind = (group: number): number => (group - first + this.groups) % this.groups;
    return foreign >= 0 && behind(foreign) < behind(this.group) ? foreign : this.group;
  }

  /** Whether the key belongs to our group. */
  holds(key: Id160): boolean {
    const group = this.groupHolding(key);
    return group === this.group || group === ALL_GROUPS;
  }

  /** Of a key that belongs to our group, the members that are nearest to it, ourselves included. */
  holdersOf(key: Id160, count: number): Contact[] {
    const own = this.view.holdersOf(key, count);
    if (this.groupHolding(key) !== ALL_GROUPS) return own;
    return [...own, ...this.foreign.entries.contacts].sort((a, b) => compareNearness(a, b, key)).slice(0, count);
  }

  /** Members of the key's first group, when that is too small to hold it: it may have been large enough a moment ago. */
  holdersBefore(key: Id160): readonly Contact[] {
    const first = this.groupOf(key);
    if (first === this.groupHolding(key)) return [];
    return first === this.group ? this.view.holdersOf(key, this.options.replicas) : this.foreign.nearestIn(first);
  }

  // ---- whom it knows -------------------------------------------------------------------------------------------------------

  knows(contact: Contact): boolean {
    return this.rowsOf(contact).rowOf(contact) >= 0;
  }

  /**
   * Of somebody who is known already: true when that was so, news or not. Its own word counts as it is; that of others as far as it can be true, so
   * that nobody is made out to be so young that the truth comes too late.
   */
  hear(contact: Contact, heartbeat: number, isOwnWord: boolean, nowMs: number): boolean {
    const rows = this.rowsOf(contact);
    const row = rows.rowOf(contact);
    if (row < 0) return equalIds(contact, this.self);
    const { entries } = rows;
    const rounds = (nowMs - entries.heardAtMs(row)) / Math.max(1, this.options.roundMs);
    const known = entries.heartbeat(row);
    if (isOwnWord && heartbeat === HEARTBEAT_UNKNOWN) entries.vouch(row, nowMs);
    else if (isOwnWord) entries.hearItself(row, heartbeat, nowMs);
    else if (heartbeat > known && (known === HEARTBEAT_UNKNOWN || heartbeat <= known + AHEAD_MAX + HASTE_MAX * rounds)) {
      entries.hear(row, heartbeat, this.newsAtMs(known, entries.heardAtMs(row), heartbeat, nowMs));
    }
    return true;
  }

  /** In a network that begins finished: members in the order of their points, contacts in that of their groups, all just heard of. */
  fill(members: Acquaintances, contacts: Acquaintances): void {
    this.view.entries.fill(members, HEARTBEAT_FIRST, 0);
    this.foreign.entries.fill(contacts, HEARTBEAT_FIRST, 0);
  }

  /** Somebody new: true when others hold keys now. */
  add(contact: Contact, heartbeat: number, isOwnWord: boolean, nowMs: number): boolean {
    const last = this.departed.lastOf(contact);
    const isOurs = this.groupOf(contact) === this.group;
    let atMs = nowMs;
    if (!isOwnWord && last !== undefined) {
      if (heartbeat <= last.heartbeat) return false;
      atMs = this.newsAtMs(last.heartbeat, last.heardAtMs, heartbeat, nowMs);
      if (nowMs - atMs >= (isOurs ? this.viewTimeoutMs : this.contactTimeoutMs)) return false;
    }
    this.welcomeBack(contact);
    if (isOurs) return this.view.add(contact, heartbeat, atMs);
    return (
      this.foreign.offer(contact, heartbeat, atMs, nowMs - this.options.contactTimeoutMs) &&
      this.foreign.countIn(this.groupOf(contact)) <= this.options.replicas
    );
  }

  /** RTT_UNKNOWN, or how far it is. */
  rttMs(contact: Contact): number {
    const rows = this.rowsOf(contact);
    const row = rows.rowOf(contact);
    return row < 0 ? RTT_UNKNOWN : rows.entries.rttMs(row);
  }

  /** It has answered after so long. */
  measured(contact: Contact, rttMs: number, nowMs: number): void {
    const rows = this.rowsOf(contact);
    const row = rows.rowOf(contact);
    if (row < 0) return;
    rows.entries.vouch(row, nowMs);
    rows.measured(row, rttMs);
  }

  /** True when others hold keys now. */
  forget(contact: Contact, nowMs: number): boolean {
    const { entries } = this.rowsOf(contact);
    const row = this.rowsOf(contact).rowOf(contact);
    if (row < 0) return false;
    this.depart(entries, row, nowMs);
    return entries === this.view.entries || this.foreign.countIn(this.groupOf(contact)) < this.options.replicas;
  }

  /** As the rate of gossip is constant, news of each take the longer the more there are (section 2). */
  get viewTimeoutMs(): number {
    const { viewTimeoutMs, roundMs } = this.options;
    return Math.max(viewTimeoutMs, VIEW_ROUNDS * roundMs * this.view.size);
  }

  get contactTimeoutMs(): number {
    const { contactTimeoutMs, roundMs } = this.options;
    return Math.max(contactTimeoutMs, CONTACT_ROUNDS * roundMs * this.foreign.entries.length);
  }

  /** Forgets those of whom there was no news for too long; true when others hold keys now. */
  expire(nowMs: number): boolean {
    const { tupleTimeoutMs, roundMs } = this.options;
    const { viewTimeoutMs, contactTimeoutMs } = this;
    // Whoever heard of it last forgets it one time-out after us, and tells of it until then.
    this.departed.expire(nowMs, 2 * Math.max(viewTimeoutMs, contactTimeoutMs));
    this.tuples.expire(nowMs, Math.max(tupleTimeoutMs, TUPLE_ROUNDS * roundMs * this.tuples.size));
    const before = this.nodesKnown;
    this.expireIn(this.view.entries, nowMs - viewTimeoutMs, nowMs);
    this.expireIn(this.foreign.entries, nowMs - contactTimeoutMs, nowMs);
    return this.nodesKnown < before;
  }

  /** One of those that fell silent last; null when nobody has. */
  lost(random: Random): Contact | null {
    return this.silent.length === 0 ? null : (this.silent[random.below(this.silent.length)] as Contact);
  }

  /** Departed ones that are remembered. */
  get departedCount(): number {
    return this.departed.size;
  }

  /**
   * Of which moment a heartbeat is, at most: it has grown by one a round since the last one that was heard. So what comes late counts for no more than it
   * says, and those who hear of the dead by and by do not keep each other believing.
   */
  private newsAtMs(lastHeartbeat: number, lastAtMs: number, heartbeat: number, nowMs: number): number {
    if (lastHeartbeat === HEARTBEAT_UNKNOWN) return nowMs;
    return Math.min(nowMs, lastAtMs + NEWS_STRETCH * this.options.roundMs * (heartbeat - lastHeartbeat));
  }

  private welcomeBack(contact: Contact): void {
    this.departed.remove(contact);
    if (this.silent.length > 0) this.silent = this.silent.filter((other) => !equalIds(other, contact));
  }

  private isFull(group: number): boolean {
    const size = group === this.group ? this.view.size + 1 : this.foreign.countIn(group);
    return size >= this.options.replicas;
  }

  private rowsOf(contact: Contact): GroupView | ForeignContacts {
    return this.groupOf(contact) === this.group ? this.view : this.foreign;
  }

  private expireIn(entries: Entries, sinceMs: number, nowMs: number): void {
    for (let row = entries.length - 1; row >= 0; row--) if (entries.heardAtMs(row) <= sinceMs) this.depart(entries, row, nowMs);
  }

  private depart(entries: Entries, row: number, nowMs: number): void {
    const contact = entries.contacts[row] as Contact;
    this.departed.add(contact, entries.heartbeat(row), entries.heardAtMs(row), nowMs);
    entries.remove(row);
    this.silent = [...this.silent.slice(1 - SILENT_MAX), contact];
  }
}
