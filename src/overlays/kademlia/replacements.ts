/**
 * Who waits for a place in a full bucket (Kademlia, section 4.1): up to k a bucket, oldest first. Owns the rows, which lie as those of the table do:
 * a network that has lived for an hour has more of them than of anything else.
 */

import type { Contact } from './contact.ts';
import { equalIds } from './node-id.ts';

export interface Replacement {
  readonly contact: Contact;
  readonly rttMs: number;
  readonly heardS: number;
}

export class Replacements {
  private readonly k: number;
  /** Row b·k + i is the i-th that waits for bucket b. */
  private contacts: (Contact | null)[] = [];
  /** Two words a row: when it was heard of, in seconds; round-trip time in ms. */
  private words = new Uint32Array(0);
  /** By bucket. */
  private counts = new Uint8Array(0);

  constructor(k: number) {
    this.k = k;
  }

  get size(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** With more than k of one bucket the slowest goes. */
  add(bucket: number, contact: Contact, rttMs: number, heardS: number): void {
    if (bucket >= this.counts.length) this.reserve(bucket + 1);
    const first = bucket * this.k;
    let count = this.counts[bucket] as number;
    let slowest = -1;
    for (let row = first; row < first + count; row++) {
      if (equalIds(this.contacts[row] as Contact, contact)) {
        this.removeRow(bucket, row);
        count--;
        slowest = -1;
        break;
      }
      if (slowest < 0 || this.rttAt(row) > this.rttAt(slowest)) slowest = row;
    }
    if (count === this.k) {
      if (rttMs > this.rttAt(slowest)) return;
      this.removeRow(bucket, slowest);
      count--;
    }
    this.contacts[first + count] = contact;
    this.words[2 * (first + count)] = heardS;
    this.words[2 * (first + count) + 1] = rttMs;
    this.counts[bucket] = count + 1;
  }

  /** The nearest by round-trip time of those that fit; it waits no more. */
  take(bucket: number, fits: (contact: Contact) => boolean): Replacement | null {
    const first = bucket * this.k;
    const count = this.counts[bucket] ?? 0;
    let best = -1;
    for (let row = first; row < first + count; row++) {
      if ((best < 0 || this.rttAt(row) < this.rttAt(best)) && fits(this.contacts[row] as Contact)) best = row;
    }
    if (best < 0) return null;
    const taken = { contact: this.contacts[best] as Contact, rttMs: this.rttAt(best), heardS: this.words[2 * best] as number };
    this.removeRow(bucket, best);
    return taken;
  }

  private rttAt(row: number): number {
    return this.words[2 * row + 1] as number;
  }

  private removeRow(bucket: number, row: number): void {
    const last = bucket * this.k + (this.counts[bucket] as number) - 1;
    for (let at = row; at < last; at++) {
      this.contacts[at] = this.contacts[at + 1] as Contact;
      this.words[2 * at] = this.words[2 * at + 2] as number;
      this.words[2 * at + 1] = this.words[2 * at + 3] as number;
    }
    this.contacts[last] = null;
    this.counts[bucket] = (this.counts[bucket] as number) - 1;
  }

  /** Exactly as many, as arrays that grow by themselves take twice what they need. */
  private reserve(buckets: number): void {
    const contacts = new Array<Contact | null>(buckets * this.k).fill(null);
    for (const [row, contact] of this.contacts.entries()) contacts[row] = contact;
    const words = new Uint32Array(2 * buckets * this.k);
    words.set(this.words);
    const counts = new Uint8Array(buckets);
    counts.set(this.counts);
    this.contacts = contacts;
    this.words = words;
    this.counts = counts;
  }
}
