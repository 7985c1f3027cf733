/**
 * Backpointers (JSAC 2004, section III-A): who has a link to us, as they say themselves, and when they last said so. Needed for insertion, where they
 * lead to near nodes, and for leaving. Owns them.
 */

import { sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Contact } from '../../core/contact.ts';

/** On average there are as many as links; whoever has many addresses can say more. */
const BACKPOINTERS_MAX = 4096;

export class Backpointers {
  private readonly self: Contact;
  private readonly digitBits: number;
  private readonly contacts: Contact[] = [];
  /** A word of each point, by which it is found: contacts themselves lie all over the memory. */
  private readonly marks: number[] = [];
  private readonly heardAtMs: number[] = [];

  constructor(self: Contact, digitBits: number) {
    this.self = self;
    this.digitBits = digitBits;
  }

  get size(): number {
    return this.contacts.length;
  }

  has(id: Id160): boolean {
    return this.placeOf(id) >= 0;
  }

  /** It has said that it has a link. At the bound the one that was silent for longest is forgotten. */
  heard(contact: Contact, nowMs: number): void {
    const place = this.placeOf(contact);
    if (place >= 0) {
      this.heardAtMs[place] = nowMs;
      return;
    }
    if (this.contacts.length >= BACKPOINTERS_MAX) this.removeAt(this.heardAtMs.indexOf(Math.min(...this.heardAtMs)));
    this.push(contact, nowMs);
  }

  /** One that is not among them. */
  push(contact: Contact, nowMs: number): void {
    this.contacts.push(contact);
    this.marks.push(contact.w4);
    this.heardAtMs.push(nowMs);
  }

  remove(id: Id160): void {
    const place = this.placeOf(id);
    if (place >= 0) this.removeAt(place);
  }

  /** Those that have said nothing since are gone. */
  expire(beforeMs: number): void {
    for (let place = this.contacts.length - 1; place >= 0; place--) {
      if ((this.heardAtMs[place] as number) < beforeMs) this.removeAt(place);
    }
  }

  all(): readonly Contact[] {
    return this.contacts;
  }

  /** Those that share so many digits with us. */
  from(level: number): Contact[] {
    return this.contacts.filter((contact) => sharedDigits(this.self, contact, this.digitBits) >= level);
  }

  private placeOf(id: Id160): number {
    const { marks, contacts } = this;
    for (let place = marks.indexOf(id.w4); place >= 0; place = marks.indexOf(id.w4, place + 1)) {
      if (equalIds(contacts[place] as Contact, id)) return place;
    }
    return -1;
  }

  private removeAt(place: number): void {
    this.contacts.splice(place, 1);
    this.marks.splice(place, 1);
    this.heardAtMs.splice(place, 1);
  }
}
