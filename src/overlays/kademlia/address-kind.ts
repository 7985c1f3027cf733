/** What an address says about who is behind it: whether anybody can be, and which ones one party is likely to own. */

import { readU32 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

/** False for what no node can be reached at: port 0, an unspecified address, multicast and the rest of 224.0.0.0/3, ff00::/8. */
export function isReachable(endpoint: Endpoint): boolean {
  const first = endpoint[0] as number;
  if (endpoint[endpoint.length - 1] === 0 && endpoint[endpoint.length - 2] === 0) return false;
  if (endpoint.length === ENDPOINT_V4_BYTES) return first !== 0 && first < 224;
  if (first === 0xff) return false;
  for (let at = 0; at < 16; at++) if (endpoint[at] !== 0) return true;
  return false;
}

/** One number for an address that one party has: an IPv4 address, or a /64 of IPv6, where whoever has one address has 2^64. */
export function addressKey(endpoint: Endpoint): number {
  if (endpoint.length === ENDPOINT_V4_BYTES) return readU32(endpoint, 0);
  return V6_KEYS + ((readU32(endpoint, 0) ^ Math.imul(readU32(endpoint, 4), 0x9e37_79b1)) >>> 0);
}

/** One number for a block that one party may well have whole: a /24 of IPv4, a /48 of IPv6. */
export function blockKey(endpoint: Endpoint): number {
  if (endpoint.length === ENDPOINT_V4_BYTES) return readU32(endpoint, 0) >>> 8;
  return V6_KEYS + ((readU32(endpoint, 0) ^ Math.imul(readU32(endpoint, 4) >>> 16, 0x9e37_79b1)) >>> 0);
}

/** Apart from all keys of IPv4. */
const V6_KEYS = 2 ** 32;
