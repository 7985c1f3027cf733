/** IPv4 endpoints as numbers, for maps and rows: the address alone, or the address times 65,536 and the port. Owns no state; the caller knows that they are IPv4. */

import { readU16, readU32, writeU16, writeU32 } from '../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';

export function endpointKey(endpoint: Endpoint): number {
  return addressOf(endpoint) * 0x1_0000 + readU16(endpoint, 4);
}

export function endpointOfKey(key: number): Endpoint {
  return endpointFrom(Math.floor(key / 0x1_0000), key % 0x1_0000);
}

/** Of an address that may have been kept as 32 bits with a sign. */
export function endpointFrom(address: number, port: number): Endpoint {
  const endpoint = new Uint8Array(ENDPOINT_V4_BYTES);
  writeU32(endpoint, 0, address);
  writeU16(endpoint, 4, port);
  return endpoint;
}

/** The address alone. */
export function addressOf(endpoint: Endpoint): number {
  return readU32(endpoint, 0);
}

export function sameAddress(a: Endpoint, b: Endpoint): boolean {
  return a.length === b.length && addressOf(a) === addressOf(b);
}
