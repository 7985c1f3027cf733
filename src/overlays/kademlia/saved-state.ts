/** What a node keeps across runs (BEP 5): its id and the contacts of its tables, as plain data that JSON takes. Owns no state. */

import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { ID_BYTES } from '../../core/id.ts';
import { isReachable } from './address-kind.ts';
import { CONTACT_V4_BYTES, CONTACT_V6_BYTES, type Contact, readContact, writeContact } from './contact.ts';
import { type NodeId, readId } from './node-id.ts';

export interface KademliaState {
  /** 40 hex digits. */
  readonly id: string;
  /** Compact contacts (BEP 5, BEP 32) in hex. */
  readonly contacts: readonly string[];
}

/** Kept of one table; a start needs a handful. */
export const SAVED_CONTACTS_MAX = 400;

export function stateOf(id: NodeId, contacts: Iterable<Contact>): KademliaState {
  const saved: string[] = [];
  for (const contact of contacts) {
    if (saved.length >= SAVED_CONTACTS_MAX) break;
    const bytes = new Uint8Array(contact.ip6 === null ? CONTACT_V4_BYTES : CONTACT_V6_BYTES);
    writeContact(contact, bytes, 0);
    saved.push(hexOf(bytes));
  }
  return { id: id.hex, contacts: saved };
}

/** The id, or null when the state has none that is whole. */
export function savedId(state: KademliaState): NodeId | null {
  const bytes = bytesOfHex(state.id);
  return bytes?.length === ID_BYTES ? readId(bytes) : null;
}

/** What is no contact is left out: a file may be damaged. */
export function savedContacts(state: KademliaState): Contact[] {
  const contacts: Contact[] = [];
  for (const text of state.contacts.slice(0, SAVED_CONTACTS_MAX)) {
    const bytes = bytesOfHex(text);
    if (bytes === null || (bytes.length !== CONTACT_V4_BYTES && bytes.length !== CONTACT_V6_BYTES)) continue;
    const contact = readContact(bytes, 0, bytes.length === CONTACT_V4_BYTES);
    if (isReachable(contact.endpoint)) contacts.push(contact);
  }
  return contacts;
}
