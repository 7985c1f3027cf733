/**
 * The routing table of one address family (BEP 5, Kademlia section 2.4): buckets of k contacts by the length of the prefix they share
 * with us, the last one holding all longer ones and splitting when it is full. Owns the rows. Every contact in it has answered us.
 *
 * A hundred thousand tables must fit into memory, so contacts are shared objects, and what we know of them lies in rows of numbers.
 */

import { isLocal } from '../../core/address-scope.ts';
import { ID_BITS } from '../../core/id.ts';
import type { Random } from '../../core/random.ts';
import { addressKey, blockKey } from './address-kind.ts';
import { type Contact, sameEndpoint } from './contact.ts';
import { compareXor, equalIds, type NodeId, prefixBits } from './node-id.ts';
import { Replacements } from './replacements.ts';
import { conforms } from './secure-id.ts';

/** BEP 5: after so long without a word a node is questionable. */
export const QUESTIONABLE_S = 900;
/** Questions in a row without an answer after which a node is bad: a word may be lost twice. */
const FAILURES_BAD = 2;
const FAILURES_MAX = 255;
/** In one bucket, so that nobody fills it with what he has alone (BEP 42 binds ids to addresses, not to how many he has). */
const PER_ADDRESS_MAX = 1;
const PER_BLOCK_MAX = 2;
const RTT_MAX = 0xffff;
const FAILURES_SHIFT = 24;
const FAILURE = 2 ** FAILURES_SHIFT;

/** What became of a contact that has answered: it is in the table, waits as a replacement, or is not wanted. */
export type Placing = 'placed' | 'waiting' | 'refused';

export class RoutingTable {
  readonly self: NodeId;
  readonly k: number;
  /** Row b·k + i is the i-th of bucket b; oldest word first. */
  private contacts: (Contact | null)[];
  /** Two words a row: when it was heard of, in seconds; round-trip time in ms, and in the top byte failures in a row. */
  private words: Uint32Array;
  /** Two words a bucket: how many are in it; when it last had a lookup or a newcomer. */
  private buckets: Uint32Array;
  /** Null until somebody has to wait. */
  private replacements: Replacements | null = null;
  /** Buckets in use; bucket b < depth − 1 shares exactly b bits with us, the last one b or more. */
  depth = 1;
  size = 0;

  constructor(self: NodeId, k: number, nowS: number) {
    this.self = self;
    this.k = k;
    this.contacts = new Array<Contact | null>(k).fill(null);
    this.words = new Uint32Array(2 * k);
    this.buckets = Uint32Array.of(0, nowS);
  }

  /** The contact has answered us. */
  answered(contact: Contact, rttMs: number, nowS: number): Placing {
    if (equalIds(contact, this.self)) return 'refused';
    const bucket = this.bucketOf(contact);
    const row = this.rowOf(bucket, contact);
    if (row >= 0) return this.answeredAgain(bucket, row, contact, rttMs, nowS);
    this.forgetOtherIds(contact);
    if (!this.hasRoomForAddress(bucket, contact, -1)) return 'refused';
    if (this.countOf(bucket) < this.k) {
      this.append(bucket, contact, rttMs, nowS);
      this.buckets[2 * bucket + 1] = nowS;
      return 'placed';
    }
    if (bucket === this.depth - 1 && this.depth < ID_BITS) {
      this.split();
      return this.answered(contact, rttMs, nowS);
    }
    return this.compete(bucket, contact, rttMs, nowS);
  }

  /** A contact of the table has sent us a query, which says as much as an answer, unless it did not answer before. */
  heardOf(contact: Contact, nowS: number): void {
    const bucket = this.bucketOf(contact);
    const row = this.rowOf(bucket, contact);
    if (row >= 0 && this.failuresOf(row) === 0) this.toTail(bucket, row, nowS);
  }

  /** Whether a newcomer of that id would be of use: there is room, or one to replace. */
  wants(id: NodeId): boolean {
    if (equalIds(id, this.self)) return false;
    const bucket = this.bucketOf(id);
    if (this.countOf(bucket) < this.k || (bucket === this.depth - 1 && this.depth < ID_BITS)) return true;
    return this.worst(bucket) >= 0;
  }

  /** The contact has not answered; bad ones give their place to the nearest replacement, by round-trip time. */
  failed(contact: Contact): void {
    const bucket = this.bucketOf(contact);
    const row = this.rowOf(bucket, contact);
    if (row < 0 || !sameEndpoint(this.contacts[row] as Contact, contact)) return;
    if (this.failuresOf(row) < FAILURES_MAX) this.words[2 * row + 1] = (this.words[2 * row + 1] as number) + FAILURE;
    if (!this.isBad(row)) return;
    const spare = this.replacements?.take(bucket, (contact) => this.hasRoomForAddress(bucket, contact, row)) ?? null;
    if (spare === null) return;
    this.remove(bucket, row);
    this.append(bucket, spare.contact, spare.rttMs, spare.heardS);
  }

  /** The contact of that id, or null. */
  find(id: NodeId): Contact | null {
    const row = this.rowOf(this.bucketOf(id), id);
    return row < 0 ? null : (this.contacts[row] as Contact);
  }

  /** Up to `count` contacts nearest to the target that are not bad, in no order, without `except`. */
  nearest(target: NodeId, count: number, except: NodeId | null = null): Contact[] {
    const found: Contact[] = [];
    const shared = Math.min(prefixBits(this.self, target), this.depth - 1);
    // Those that share the target's bucket are nearest; then all with longer prefixes, whose distances overlap; then shorter ones.
    this.collect(shared, shared, target, count, except, found);
    if (found.length < count) this.collect(shared + 1, this.depth - 1, target, count, except, found);
    for (let bucket = shared - 1; bucket >= 0 && found.length < count; bucket--) {
      this.collect(bucket, bucket, target, count, except, found);
    }
    return found;
  }

  /** The questionable contact that was silent for longest in the bucket where `id` belongs, if that is full; or null. */
  questionable(id: NodeId, nowS: number): Contact | null {
    const bucket = this.bucketOf(id);
    if (this.countOf(bucket) < this.k) return null;
    const row = bucket * this.k;
    return nowS - this.heardAt(row) > QUESTIONABLE_S ? (this.contacts[row] as Contact) : null;
  }

  /** A random bad contact, the less often the more often it has failed; or null. */
  bad(random: Random): Contact | null {
    const rows: number[] = [];
    for (let bucket = 0; bucket < this.depth; bucket++) {
      for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) if (this.isBad(row)) rows.push(row);
    }
    if (rows.length === 0) return null;
    const row = rows[random.below(rows.length)] as number;
    return random.below(this.failuresOf(row)) < FAILURES_BAD ? (this.contacts[row] as Contact) : null;
  }

  /** A lookup has gone through this id's bucket. */
  touch(id: NodeId, nowS: number): void {
    this.buckets[2 * this.bucketOf(id) + 1] = nowS;
  }

  /** The bucket that was longest without a change, if that is over `ageS` ago, or -1. */
  stalest(nowS: number, ageS: number): number {
    let stalest = -1;
    for (let bucket = 0; bucket < this.depth; bucket++) {
      if (nowS - this.changedAt(bucket) < ageS) continue;
      if (stalest < 0 || this.changedAt(bucket) < this.changedAt(stalest)) stalest = bucket;
    }
    return stalest;
  }

  /** Contacts in that bucket that are not bad. */
  goodIn(bucket: number): number {
    let good = 0;
    for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) if (!this.isBad(row)) good++;
    return good;
  }

  /** All contacts, bad ones left out unless asked for, bucket after bucket. */
  *all(badToo = false): Generator<Contact, void> {
    for (let bucket = 0; bucket < this.depth; bucket++) {
      for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) {
        if (badToo || !this.isBad(row)) yield this.contacts[row] as Contact;
      }
    }
  }

  /** Fills the table from outside the protocol, as if all had just answered: for experiments. */
  fill(buckets: readonly (readonly Contact[])[], nowS: number): void {
    this.reserve(Math.max(1, buckets.length));
    for (const [bucket, contacts] of buckets.entries()) {
      if (bucket >= this.depth) this.grow();
      this.buckets[2 * bucket + 1] = nowS;
      for (const contact of contacts) this.append(bucket, contact, 0, nowS);
    }
  }

  /** What is wrong with the table, for tests: a bucket, a place or an order that the rules do not allow; or null. */
  complaint(): string | null {
    for (let bucket = 0; bucket < this.depth; bucket++) {
      const count = this.countOf(bucket);
      if (count > this.k) return `bucket ${bucket} has ${count} contacts`;
      for (let index = 0; index < this.k; index++) {
        const row = bucket * this.k + index;
        const contact = this.contacts[row] as Contact | null;
        if ((contact !== null) !== index < count) return `row ${index} of bucket ${bucket} is ${contact === null ? 'empty' : 'left over'}`;
        if (contact === null) continue;
        if (equalIds(contact, this.self)) return 'own id in the table';
        if (this.bucketOf(contact) !== bucket) return `${contact.hex} is in bucket ${bucket}`;
        if (index > 0 && this.heardAt(row) < this.heardAt(row - 1)) return `bucket ${bucket} is out of order`;
        if (this.rowOf(bucket, contact) !== row) return `${contact.hex} is there twice`;
      }
    }
    return null;
  }

  inspect(): { readonly buckets: readonly number[]; readonly contacts: number; readonly good: number; readonly spares: number } {
    const buckets = Array.from({ length: this.depth }, (_, bucket) => this.countOf(bucket));
    return { buckets, contacts: this.size, good: [...this.all()].length, spares: this.replacements?.size ?? 0 };
  }

  private answeredAgain(bucket: number, row: number, contact: Contact, rttMs: number, nowS: number): Placing {
    if (!sameEndpoint(this.contacts[row] as Contact, contact)) {
      // Whoever claims an id that another one has and still answers with is not believed.
      if (!this.isBad(row)) return 'refused';
      this.remove(bucket, row);
      return this.answered(contact, rttMs, nowS);
    }
    this.words[2 * row + 1] = clampRtt(rttMs);
    this.toTail(bucket, row, nowS);
    return 'placed';
  }

  /** A node that has another id now (BEP 45): the one we knew is of no use. Only the bucket of the new id is searched. */
  private forgetOtherIds(contact: Contact): void {
    const bucket = this.bucketOf(contact);
    for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) {
      if (sameEndpoint(this.contacts[row] as Contact, contact)) {
        this.remove(bucket, row);
        return;
      }
    }
  }

  /** For a place in a full bucket: a bad one goes, and one whose id does not fit its address for one whose does. A good one never. */
  private compete(bucket: number, contact: Contact, rttMs: number, nowS: number): Placing {
    let row = this.worst(bucket);
    if (row < 0 && conforms(contact, contact.endpoint)) row = this.nonConforming(bucket);
    if (row >= 0) {
      this.remove(bucket, row);
      this.append(bucket, contact, rttMs, nowS);
      this.buckets[2 * bucket + 1] = nowS;
      return 'placed';
    }
    this.replacements ??= new Replacements(this.k);
    this.replacements.add(bucket, contact, clampRtt(rttMs), nowS);
    return 'waiting';
  }

  private hasRoomForAddress(bucket: number, contact: Contact, exceptRow: number): boolean {
    const { endpoint } = contact;
    if (isLocal(endpoint)) return true;
    const address = addressKey(endpoint);
    const block = blockKey(endpoint);
    let sameAddress = 0;
    let sameBlock = 0;
    for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) {
      if (row === exceptRow) continue;
      const other = (this.contacts[row] as Contact).endpoint;
      if (other.length !== endpoint.length || blockKey(other) !== block) continue;
      sameBlock++;
      if (addressKey(other) === address) sameAddress++;
    }
    return sameAddress < PER_ADDRESS_MAX && sameBlock < PER_BLOCK_MAX;
  }

  private collect(first: number, last: number, target: NodeId, count: number, except: NodeId | null, found: Contact[]): void {
    const before = found.length;
    for (let bucket = first; bucket <= last; bucket++) {
      const end = bucket * this.k + this.countOf(bucket);
      for (let row = bucket * this.k; row < end; row++) {
        if (this.isBad(row)) continue;
        const contact = this.contacts[row] as Contact;
        if (except === null || !equalIds(contact, except)) found.push(contact);
      }
    }
    if (found.length <= count) return;
    const nearest = found.splice(before).sort((a, b) => compareXor(target, a, b));
    for (let index = 0; found.length < count; index++) found.push(nearest[index] as Contact);
  }

  /** The row of a bad contact, the one that failed most often, or -1. */
  private worst(bucket: number): number {
    let worst = -1;
    for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) {
      if (this.isBad(row) && (worst < 0 || this.failuresOf(row) > this.failuresOf(worst))) worst = row;
    }
    return worst;
  }

  private nonConforming(bucket: number): number {
    for (let row = bucket * this.k; row < bucket * this.k + this.countOf(bucket); row++) {
      const contact = this.contacts[row] as Contact;
      if (!conforms(contact, contact.endpoint)) return row;
    }
    return -1;
  }

  private isBad(row: number): boolean {
    return this.failuresOf(row) >= FAILURES_BAD;
  }

  private bucketOf(id: NodeId): number {
    return Math.min(prefixBits(this.self, id), this.depth - 1);
  }

  private rowOf(bucket: number, id: NodeId): number {
    const end = bucket * this.k + this.countOf(bucket);
    for (let row = bucket * this.k; row < end; row++) if (equalIds(this.contacts[row] as Contact, id)) return row;
    return -1;
  }

  private append(bucket: number, contact: Contact, rttMs: number, heardS: number): void {
    const { k } = this;
    let row = bucket * k + this.countOf(bucket);
    // A replacement was heard of before others that are here.
    for (; row > bucket * k && this.heardAt(row - 1) > heardS; row--) this.move(row - 1, row);
    this.contacts[row] = contact;
    this.words[2 * row] = heardS;
    this.words[2 * row + 1] = clampRtt(rttMs);
    this.buckets[2 * bucket] = this.countOf(bucket) + 1;
    this.size++;
  }

  private remove(bucket: number, row: number): void {
    const last = bucket * this.k + this.countOf(bucket) - 1;
    for (let at = row; at < last; at++) this.move(at + 1, at);
    this.contacts[last] = null;
    this.buckets[2 * bucket] = this.countOf(bucket) - 1;
    this.size--;
  }

  private toTail(bucket: number, row: number, nowS: number): void {
    const contact = this.contacts[row] as Contact;
    const quality = this.words[2 * row + 1] as number;
    const last = bucket * this.k + this.countOf(bucket) - 1;
    for (let at = row; at < last; at++) this.move(at + 1, at);
    this.contacts[last] = contact;
    this.words[2 * last] = nowS;
    this.words[2 * last + 1] = quality;
  }

  private move(from: number, to: number): void {
    this.contacts[to] = this.contacts[from] as Contact;
    this.words[2 * to] = this.words[2 * from] as number;
    this.words[2 * to + 1] = this.words[2 * from + 1] as number;
  }

  /** The last bucket hands on what shares more bits with us than its number. */
  private split(): void {
    const from = this.depth - 1;
    this.grow();
    const { k } = this;
    for (let row = from * k; row < from * k + this.countOf(from); ) {
      const contact = this.contacts[row] as Contact;
      if (prefixBits(this.self, contact) === from) {
        row++;
        continue;
      }
      const to = (from + 1) * k + this.countOf(from + 1);
      this.move(row, to);
      this.buckets[2 * from + 2] = this.countOf(from + 1) + 1;
      this.remove(from, row);
      this.size++;
    }
    this.buckets[2 * from + 3] = this.changedAt(from);
  }

  /** One bucket more; a few at a time, as most tables end with about log2 of the network's size. */
  private grow(): void {
    this.depth++;
    if (this.depth * this.k > this.contacts.length) this.reserve(this.depth + GROW_BUCKETS - 1);
  }

  private reserve(buckets: number): void {
    const rows = buckets * this.k;
    const { contacts, words, buckets: bucketWords } = this;
    this.contacts = new Array<Contact | null>(rows).fill(null);
    for (const [row, contact] of contacts.entries()) this.contacts[row] = contact;
    this.words = new Uint32Array(2 * rows);
    this.words.set(words);
    this.buckets = new Uint32Array(2 * buckets);
    this.buckets.set(bucketWords);
  }

  private countOf(bucket: number): number {
    return this.buckets[2 * bucket] as number;
  }

  private changedAt(bucket: number): number {
    return this.buckets[2 * bucket + 1] as number;
  }

  private heardAt(row: number): number {
    return this.words[2 * row] as number;
  }

  private failuresOf(row: number): number {
    return (this.words[2 * row + 1] as number) >>> FAILURES_SHIFT;
  }
}

const GROW_BUCKETS = 4;

function clampRtt(rttMs: number): number {
  return Math.min(RTT_MAX, Math.round(rttMs));
}
