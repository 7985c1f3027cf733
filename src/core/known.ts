/** A node as another knows it: where it is, and how long it takes to answer. Owns the times. */

import type { Contact } from './contact.ts';
import { RoundTrips } from './round-trips.ts';

export class Known extends RoundTrips {
  readonly contact: Contact;

  constructor(contact: Contact, rttMs: number) {
    super(rttMs);
    this.contact = contact;
  }
}
