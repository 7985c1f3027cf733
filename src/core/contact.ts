/**
 * Who takes part in an overlay and how to reach it: a point of 160 bits, the endpoint of its host, and which of the host's places it is
 * (Chord's virtual nodes, CAN's realities; most have one). Immutable; passed on from node to node as it is.
 */

import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from './endpoint.ts';
import { endpoint as endpointField, type Field, u8 } from './fields.ts';
import type { Endpoint, Host } from './host.ts';
import { ID_BYTES } from './id.ts';
import { Id160, id160, readId, writeId } from './id160.ts';
import { sha1 } from './sha1.ts';

/** The places of one host are numbered in a byte. */
export const UNITS_MAX = 256;

export class Contact extends Id160 {
  readonly unit: number;
  /** Not to be changed by anyone. */
  readonly endpoint: Endpoint;

  constructor(id: Id160, unit: number, endpoint: Endpoint) {
    super(id.w0, id.w1, id.w2, id.w3, id.w4);
    this.unit = unit;
    this.endpoint = endpoint;
  }
}

/** SHA-1 of the compact endpoint, and for all places but the first of their number behind it. */
export function contactAt(endpoint: Endpoint, unit: number): Contact {
  const named = unit === 0 ? endpoint : Uint8Array.of(...endpoint, unit);
  return new Contact(readId(sha1(named)), unit, endpoint);
}

/** 20 bytes of id, the unit, and the endpoint behind its length: 28 bytes with IPv4. */
export const contact: Field<Contact> = {
  fixedBytes: -1,
  size: (value) => ID_BYTES + 2 + value.endpoint.length,
  encode: (value, into, offset) => endpointField.encode(value.endpoint, into, u8.encode(value.unit, into, writeId(value, into, offset))),
  decode(reader) {
    const id = id160.decode(reader);
    const unit = u8.decode(reader);
    return new Contact(id, unit, endpointField.decode(reader));
  },
  random: (random) => {
    const bytes = new Uint8Array(random.chance(0.7) ? ENDPOINT_V4_BYTES : ENDPOINT_V6_BYTES);
    return new Contact(id160.random(random), u8.random(random), random.fill(bytes));
  },
};

/** Where others reach the host: as given, or as it says itself. Throws RangeError when that is nowhere: nodes are found by their address. */
export function ownEndpoint(host: Host, given: Endpoint | null): Endpoint {
  const endpoint = given ?? host.self.datagram;
  if (endpoint === null || endpoint.subarray(0, -2).every((byte) => byte === 0)) {
    throw new RangeError('a node is found by its address: expected one in the options, or a host that listens on one');
  }
  return endpoint.slice();
}
