/** A node as others know it: its id and where it is reached, in the compact form of BEP 5 (26 bytes) or BEP 32 (38). Immutable. */

import { readU16, readU32, writeU16, writeU32 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { ID_BYTES } from '../../core/id.ts';
import { compareXor, NodeId, readId, writeId } from './node-id.ts';

export const CONTACT_V4_BYTES = ID_BYTES + 6;
export const CONTACT_V6_BYTES = ID_BYTES + 18;

export class Contact extends NodeId {
  /** The IPv4 address as a signed number: an array of six bytes would be three times the contact. */
  readonly ip: number;
  /** The 16 bytes of an IPv6 address, or null. */
  readonly ip6: Uint8Array | null;
  readonly port: number;

  constructor(id: NodeId, endpoint: Endpoint, offset = 0, isV4 = endpoint.length === ENDPOINT_V4_BYTES) {
    super(id.w0, id.w1, id.w2, id.w3, id.w4);
    this.ip = isV4 ? readU32(endpoint, offset) | 0 : 0;
    this.ip6 = isV4 ? null : endpoint.slice(offset, offset + 16);
    this.port = readU16(endpoint, offset + (isV4 ? 4 : 16));
  }

  /** A copy, in compact form. */
  get endpoint(): Endpoint {
    const endpoint = new Uint8Array(this.ip6 === null ? 6 : 18);
    writeEndpoint(this, endpoint, 0);
    return endpoint;
  }
}

/** The contact in the compact form at `offset`. */
export function readContact(bytes: Uint8Array, offset: number, isV4: boolean): Contact {
  return new Contact(readId(bytes, offset), bytes, offset + ID_BYTES, isV4);
}

export function writeContact(contact: Contact, into: Uint8Array, offset: number): number {
  return writeEndpoint(contact, into, writeId(contact, into, offset));
}

/** Writes only where it is. */
export function writeEndpoint(contact: Contact, into: Uint8Array, offset: number): number {
  const { ip6 } = contact;
  if (ip6 === null) return writeU16(into, writeU32(into, offset, contact.ip), contact.port);
  for (let at = 0; at < 16; at++) into[offset + at] = ip6[at] as number;
  return writeU16(into, offset + 16, contact.port);
}

export function sameEndpoint(a: Contact, b: Contact): boolean {
  return compareEndpoints(a, b) === 0;
}

/** Whether the contact is reached there. */
export function isAt({ ip, ip6, port }: Contact, endpoint: Endpoint): boolean {
  if (ip6 === null) {
    return endpoint.length === ENDPOINT_V4_BYTES && (readU32(endpoint, 0) | 0) === ip && readU16(endpoint, 4) === port;
  }
  if (endpoint.length === ENDPOINT_V4_BYTES || readU16(endpoint, 16) !== port) return false;
  for (let at = 0; at < 16; at++) if (ip6[at] !== endpoint[at]) return false;
  return true;
}

/**
 * Whether `a` is nearer to the target. Where ids are equal the endpoint decides: a liar who names a true id with a wrong address adds a
 * candidate to a lookup, and does not take the place of the true one.
 */
export function isCloser(target: NodeId, a: Contact, b: Contact): boolean {
  const order = compareXor(target, a, b);
  return order === 0 ? compareEndpoints(a, b) < 0 : order < 0;
}

function compareEndpoints(a: Contact, b: Contact): number {
  if (a.ip6 !== null && b.ip6 !== null) {
    for (let at = 0; at < 16; at++) {
      const difference = (a.ip6[at] as number) - (b.ip6[at] as number);
      if (difference !== 0) return difference;
    }
  } else if (a.ip6 !== null || b.ip6 !== null) return a.ip6 === null ? -1 : 1;
  return a.ip === b.ip ? a.port - b.port : a.ip - b.ip;
}
