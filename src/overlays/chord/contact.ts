/**
 * Who takes part in a ring and how to reach it: a point, the endpoint of its host, and which of the host's virtual nodes it is (SIGCOMM
 * 2001, section 6.1). Immutable; passed on from node to node as it is.
 */

import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import { endpoint as endpointField, type Field, u8 } from '../../core/fields.ts';
import type { Endpoint } from '../../core/host.ts';
import { ID_BYTES } from '../../core/id.ts';
import { sha1 } from '../../core/sha1.ts';
import { idOfBytes, RingId, ringId, writeId } from './ring-id.ts';

/** Virtual nodes of one host are numbered in a byte. */
export const UNITS_MAX = 256;

export class Contact extends RingId {
  readonly unit: number;
  /** Not to be changed by anyone. */
  readonly endpoint: Endpoint;

  constructor(id: RingId, unit: number, endpoint: Endpoint) {
    super(id.w0, id.w1, id.w2, id.w3, id.w4);
    this.unit = unit;
    this.endpoint = endpoint;
  }
}

/** SHA-1 of the compact endpoint, and for all virtual nodes but the first of their number behind it. */
export function contactAt(endpoint: Endpoint, unit: number): Contact {
  const named = unit === 0 ? endpoint : Uint8Array.of(...endpoint, unit);
  return new Contact(idOfBytes(sha1(named)), unit, endpoint);
}

/** 20 bytes of id, the unit, and the endpoint behind its length: 28 bytes with IPv4. */
export const contact: Field<Contact> = {
  fixedBytes: -1,
  size: (value) => ID_BYTES + 2 + value.endpoint.length,
  encode: (value, into, offset) => endpointField.encode(value.endpoint, into, u8.encode(value.unit, into, writeId(value, into, offset))),
  decode(reader) {
    const id = ringId.decode(reader);
    const unit = u8.decode(reader);
    return new Contact(id, unit, endpointField.decode(reader));
  },
  random: (random) => {
    const bytes = new Uint8Array(random.chance(0.7) ? ENDPOINT_V4_BYTES : ENDPOINT_V6_BYTES);
    return new Contact(ringId.random(random), u8.random(random), random.fill(bytes));
  },
};
