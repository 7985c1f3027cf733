/**
 * The routing table of one address family (BEP 5, Kademlia section 2.4): buckets of k contacts by the length of the prefix they share
 * with us, the last one holding all longer ones and splitting when it is full. Owns the rows. Every contact in it has answered us.
 *
 * A hundred thousand tables must fit into memory, so contacts are shared objects, and what we know of them lies in rows of numbers.
 */

import { ID_BITS } from '../../core/id.ts';
import type { Random } from '../../core/random.ts';
import { addressKey, blockKey, isLocal } from './address-kind.ts';
import { type Contact, sameEndpoint } from './contact.ts';
import { compareXor, equalIds, type NodeId, prefixBits } from './node-id.ts';
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

/** What became of a contact that has answered: it is in the table, waits as a replacement, or is not wanted. */
export type Placing = 'placed' | 'waiting' | 'refused';

interface Spare {
  readonly contact: Contact;
  readonly rttMs: number;
  readonly heardS: number;
}

export class RoutingTable {
  readonly self: NodeId;
  readonly k: number;
  /** Row b·k + i is the i-th of bucket b; oldest word first. */
  private contacts: (Contact | null)[] = [];
  private heardS: Uint32Array;
  private rttMs: Uint16Array;
  private failures: Uint8Array;
  private counts: Uint8Array;
  /** When the bucket last had a lookup or a newcomer. */
  private changedS: Uint32Array;
  private spares: (Spare[] | null)[];
  /** Buckets in use; bucket b < depth − 1 shares exactly b bits with us, the last one b or more. */
  depth = 1;
  size = 0;

  constructor(self: NodeId, k: number, nowS: number) {
    this.self = self;
    this.k = k;
    this.heardS = new Uint32Array(k);
    this.rttMs = new Uint16Array(k);
    this.failures = new Uint8Array(k);
    this.counts = new Uint8Array(1);
    this.changedS = new Uint32Array(1).fill(nowS);
    this.spares = [null];
    for (let row = 0; row < k; row++) this.contacts.push(null);
  }

  /** The contact has answered us. */
  answered(contact: Contact, rttMs: number, nowS: number): Placing {
    if (equalIds(contact, this.self)) return 'refused';
    const bucket = this.bucketOf(contact);
    const row = this.rowOf(bucket, contact);
    if (row >= 0) return this.answeredAgain(bucket, row, contact, rttMs, nowS);
    this.forgetOtherIds(contact);
    if (!this.hasRoomForAddress(bucket, contact, -1)) return 'refused';
    if ((this.counts[bucket] as number) < this.k) {
      this.append(bucket, contact, rttMs, nowS);
      this.changedS[bucket] = nowS;
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
    if (row >= 0 && (this.failures[row] as number) === 0) this.toTail(bucket, row, nowS);
  }

  /** Whether a newcomer of that id would be of use: there is room, or one to replace. */
  wants(id: NodeId): boolean {
    if (equalIds(id, this.self)) return false;
    const bucket = this.bucketOf(id);
    if ((this.counts[bucket] as number) < this.k || (bucket === this.depth - 1 && this.depth < ID_BITS)) return true;
    return this.worst(bucket) >= 0;
  }

  /** The contact has not answered; bad ones give their place to the nearest replacement, by round-trip time. */
  failed(contact: Contact): void {
    const bucket = this.bucketOf(contact);
    const row = this.rowOf(bucket, contact);
    if (row < 0 || !sameEndpoint(this.contacts[row] as Contact, contact)) return;
    this.failures[row] = Math.min(FAILURES_MAX, (this.failures[row] as number) + 1);
    if (!this.isBad(row)) return;
    const spare = this.takeSpare(bucket, row);
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
    if ((this.counts[bucket] as number) < this.k) return null;
    const row = bucket * this.k;
    return nowS - (this.heardS[row] as number) > QUESTIONABLE_S ? (this.contacts[row] as Contact) : null;
  }

  /** A random bad contact, the less often the more often it has failed; or null. */
  bad(random: Random): Contact | null {
    const rows: number[] = [];
    for (let bucket = 0; bucket < this.depth; bucket++) {
      for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) if (this.isBad(row)) rows.push(row);
    }
    if (rows.length === 0) return null;
    const row = rows[random.below(rows.length)] as number;
    return random.below(this.failures[row] as number) < FAILURES_BAD ? (this.contacts[row] as Contact) : null;
  }

  /** A lookup has gone through this id's bucket. */
  touch(id: NodeId, nowS: number): void {
    this.changedS[this.bucketOf(id)] = nowS;
  }

  /** The bucket that was longest without a change, if that is over `ageS` ago, or -1. */
  stalest(nowS: number, ageS: number): number {
    let stalest = -1;
    for (let bucket = 0; bucket < this.depth; bucket++) {
      if (nowS - (this.changedS[bucket] as number) < ageS) continue;
      if (stalest < 0 || (this.changedS[bucket] as number) < (this.changedS[stalest] as number)) stalest = bucket;
    }
    return stalest;
  }

  /** Contacts in that bucket that are not bad. */
  goodIn(bucket: number): number {
    let good = 0;
    for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) if (!this.isBad(row)) good++;
    return good;
  }

  /** All contacts, bad ones left out unless asked for, bucket after bucket. */
  *all(badToo = false): Generator<Contact, void> {
    for (let bucket = 0; bucket < this.depth; bucket++) {
      for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) {
        if (badToo || !this.isBad(row)) yield this.contacts[row] as Contact;
      }
    }
  }

  /** Fills the table from outside the protocol, as if all had just answered: for experiments. */
  fill(buckets: readonly (readonly Contact[])[], nowS: number): void {
    for (const [bucket, contacts] of buckets.entries()) {
      if (bucket >= this.depth) this.grow();
      for (const contact of contacts) this.append(bucket, contact, 0, nowS);
    }
  }

  /** What is wrong with the table, for tests: a bucket, a place or an order that the rules do not allow; or null. */
  complaint(): string | null {
    for (let bucket = 0; bucket < this.depth; bucket++) {
      const count = this.counts[bucket] as number;
      if (count > this.k) return `bucket ${bucket} has ${count} contacts`;
      for (let index = 0; index < this.k; index++) {
        const row = bucket * this.k + index;
        const contact = this.contacts[row] as Contact | null;
        if ((contact !== null) !== index < count) return `row ${index} of bucket ${bucket} is ${contact === null ? 'empty' : 'left over'}`;
        if (contact === null) continue;
        if (equalIds(contact, this.self)) return 'own id in the table';
        if (this.bucketOf(contact) !== bucket) return `${contact.hex} is in bucket ${bucket}`;
        if (index > 0 && (this.heardS[row] as number) < (this.heardS[row - 1] as number)) return `bucket ${bucket} is out of order`;
        if (this.rowOf(bucket, contact) !== row) return `${contact.hex} is there twice`;
      }
    }
    return null;
  }

  inspect(): { readonly buckets: readonly number[]; readonly contacts: number; readonly good: number; readonly spares: number } {
    const buckets = [...this.counts.subarray(0, this.depth)];
    let spares = 0;
    for (const waiting of this.spares) spares += waiting?.length ?? 0;
    return { buckets, contacts: this.size, good: [...this.all()].length, spares };
  }

  private answeredAgain(bucket: number, row: number, contact: Contact, rttMs: number, nowS: number): Placing {
    if (!sameEndpoint(this.contacts[row] as Contact, contact)) {
      // Whoever claims an id that another one has and still answers with is not believed.
      if (!this.isBad(row)) return 'refused';
      this.remove(bucket, row);
      return this.answered(contact, rttMs, nowS);
    }
    this.failures[row] = 0;
    this.rttMs[row] = clampRtt(rttMs);
    this.toTail(bucket, row, nowS);
    return 'placed';
  }

  /** A node that has another id now (BEP 45): the one we knew is of no use. Only the bucket of the new id is searched. */
  private forgetOtherIds(contact: Contact): void {
    const bucket = this.bucketOf(contact);
    for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) {
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
      this.changedS[bucket] = nowS;
      return 'placed';
    }
    this.spare(bucket, { contact, rttMs: clampRtt(rttMs), heardS: nowS });
    return 'waiting';
  }

  /** Of the k replacements the slowest goes for a newcomer. */
  private spare(bucket: number, newcomer: Spare): void {
    const waiting = (this.spares[bucket] ??= []);
    const again = waiting.findIndex((spare) => equalIds(spare.contact, newcomer.contact));
    if (again >= 0) waiting.splice(again, 1);
    waiting.push(newcomer);
    if (waiting.length <= this.k) return;
    let slowest = 0;
    for (const [index, spare] of waiting.entries()) if (spare.rttMs > (waiting[slowest] as Spare).rttMs) slowest = index;
    waiting.splice(slowest, 1);
  }

  /** The nearest replacement by round-trip time whose address may stand in for the row. */
  private takeSpare(bucket: number, row: number): Spare | null {
    const waiting = this.spares[bucket];
    if (waiting === null || waiting === undefined) return null;
    let best = -1;
    for (const [index, spare] of waiting.entries()) {
      if (best >= 0 && spare.rttMs >= (waiting[best] as Spare).rttMs) continue;
      if (this.hasRoomForAddress(bucket, spare.contact, row)) best = index;
    }
    return best < 0 ? null : (waiting.splice(best, 1)[0] as Spare);
  }

  private hasRoomForAddress(bucket: number, contact: Contact, exceptRow: number): boolean {
    const { endpoint } = contact;
    if (isLocal(endpoint)) return true;
    const address = addressKey(endpoint);
    const block = blockKey(endpoint);
    let sameAddress = 0;
    let sameBlock = 0;
    for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) {
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
      const end = bucket * this.k + (this.counts[bucket] as number);
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
    for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) {
      if (this.isBad(row) && (worst < 0 || (this.failures[row] as number) > (this.failures[worst] as number))) worst = row;
    }
    return worst;
  }

  private nonConforming(bucket: number): number {
    for (let row = bucket * this.k; row < bucket * this.k + (this.counts[bucket] as number); row++) {
      const contact = this.contacts[row] as Contact;
      if (!conforms(contact, contact.endpoint)) return row;
    }
    return -1;
  }

  private isBad(row: number): boolean {
    return (this.failures[row] as number) >= FAILURES_BAD;
  }

  private bucketOf(id: NodeId): number {
    return Math.min(prefixBits(this.self, id), this.depth - 1);
  }

  private rowOf(bucket: number, id: NodeId): number {
    const end = bucket * this.k + (this.counts[bucket] as number);
    for (let row = bucket * this.k; row < end; row++) if (equalIds(this.contacts[row] as Contact, id)) return row;
    return -1;
  }

  private append(bucket: number, contact: Contact, rttMs: number, heardS: number): void {
    const { k } = this;
    let row = bucket * k + (this.counts[bucket] as number);
    // A replacement was heard of before others that are here.
    for (; row > bucket * k && (this.heardS[row - 1] as number) > heardS; row--) this.move(row - 1, row);
    this.contacts[row] = contact;
    this.heardS[row] = heardS;
    this.rttMs[row] = clampRtt(rttMs);
    this.failures[row] = 0;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.size++;
  }

  private remove(bucket: number, row: number): void {
    const last = bucket * this.k + (this.counts[bucket] as number) - 1;
    for (let at = row; at < last; at++) this.move(at + 1, at);
    this.contacts[last] = null;
    this.counts[bucket] = (this.counts[bucket] as number) - 1;
    this.size--;
  }

  private toTail(bucket: number, row: number, nowS: number): void {
    const contact = this.contacts[row] as Contact;
    const rttMs = this.rttMs[row] as number;
    const failures = this.failures[row] as number;
    const last = bucket * this.k + (this.counts[bucket] as number) - 1;
    for (let at = row; at < last; at++) this.move(at + 1, at);
    this.contacts[last] = contact;
    this.heardS[last] = nowS;
    this.rttMs[last] = rttMs;
    this.failures[last] = failures;
  }

  private move(from: number, to: number): void {
    this.contacts[to] = this.contacts[from] as Contact;
    this.heardS[to] = this.heardS[from] as number;
    this.rttMs[to] = this.rttMs[from] as number;
    this.failures[to] = this.failures[from] as number;
  }

  /** The last bucket hands on what shares more bits with us than its number. */
  private split(): void {
    const from = this.depth - 1;
    this.grow();
    const { k } = this;
    for (let row = from * k; row < from * k + (this.counts[from] as number); ) {
      const contact = this.contacts[row] as Contact;
      if (prefixBits(this.self, contact) === from) {
        row++;
        continue;
      }
      const to = (from + 1) * k + (this.counts[from + 1] as number);
      this.move(row, to);
      this.counts[from + 1] = (this.counts[from + 1] as number) + 1;
      this.remove(from, row);
      this.size++;
    }
    this.changedS[from + 1] = this.changedS[from] as number;
  }

  private grow(): void {
    const { k } = this;
    this.depth++;
    if (this.depth * k <= this.contacts.length) return;
    // A few buckets at a time: most tables end with about log2 of the network's size.
    const buckets = this.depth + GROW_BUCKETS - 1;
    while (this.contacts.length < buckets * k) this.contacts.push(null);
    while (this.spares.length < buckets) this.spares.push(null);
    this.heardS = widened(this.heardS, buckets * k, Uint32Array);
    this.rttMs = widened(this.rttMs, buckets * k, Uint16Array);
    this.failures = widened(this.failures, buckets * k, Uint8Array);
    this.counts = widened(this.counts, buckets, Uint8Array);
    this.changedS = widened(this.changedS, buckets, Uint32Array);
  }
}

const GROW_BUCKETS = 4;

function widened<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, length: number, type: new (length: number) => T): T {
  const into = new type(length);
  into.set(from);
  return into;
}

function clampRtt(rttMs: number): number {
  return Math.min(RTT_MAX, Math.round(rttMs));
}
