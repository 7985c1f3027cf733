/** IPv4 endpoints as one number each, for maps: address times 65,536 and port. Owns no state. */

import { readU16, readU32, writeU16, writeU32 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

export function endpointKey(endpoint: Endpoint): number {
  return addressOf(endpoint) * 0x1_0000 + readU16(endpoint, 4);
}

export function endpointOfKey(key: number): Endpoint {
  const endpoint = new Uint8Array(ENDPOINT_V4_BYTES);
  writeU32(endpoint, 0, Math.floor(key / 0x1_0000));
  writeU16(endpoint, 4, key % 0x1_0000);
  return endpoint;
}

/** The address alone. */
export function addressOf(endpoint: Endpoint): number {
  return readU32(endpoint, 0);
}

export function sameAddress(a: Endpoint, b: Endpoint): boolean {
  return a.length === b.length && addressOf(a) === addressOf(b);
}
