/** How far an address reaches: this machine, one cable, a private network, the world (RFC 1918, 3927, 4193, 4291, 6598); owns no state. */

import { ENDPOINT_V4_BYTES, isLoopback } from './endpoint.ts';
import type { Endpoint } from './host.ts';

/** The larger the further. */
export const AddressScope = { loopback: 0, link: 1, private: 2, public: 3 } as const;
export type AddressScope = (typeof AddressScope)[keyof typeof AddressScope];

export function scopeOf(endpoint: Endpoint): AddressScope {
  if (isLoopback(endpoint)) return AddressScope.loopback;
  const [first, second] = endpoint as unknown as readonly [number, number]; // Both lengths have more than two bytes.
  if (endpoint.length !== ENDPOINT_V4_BYTES) {
    if (first === 0xfe && (second & 0xc0) === 0x80) return AddressScope.link;
    return (first & 0xfe) === 0xfc ? AddressScope.private : AddressScope.public;
  }
  if (first === 169 && second === 254) return AddressScope.link;
  const isPrivate =
    first === 10 ||
    (first === 172 && (second & 0xf0) === 16) ||
    (first === 192 && second === 168) ||
    // What a provider puts its customers behind.
    (first === 100 && (second & 0xc0) === 64);
  return isPrivate ? AddressScope.private : AddressScope.public;
}

/** What only reaches the own site or link, which BEP 42 exempts; the customers of a provider (RFC 6598) are many, and strangers to each other. */
export function isLocal(endpoint: Endpoint): boolean {
  return scopeOf(endpoint) < AddressScope.public && !(endpoint.length === ENDPOINT_V4_BYTES && endpoint[0] === 100);
}

/**
 * Whether what somebody at `teller` says about `endpoint` can be meant for us: from beyond our network nobody knows what is in it, and
 * who names addresses there wants us to knock at our own doors.
 */
export function mayName(teller: Endpoint, endpoint: Endpoint): boolean {
  return scopeOf(endpoint) >= scopeOf(teller);
}

/** The same /24 or /64: most likely one wire. */
export function sharesSubnet(a: Endpoint, b: Endpoint): boolean {
  if (a.length !== b.length) return false;
  const prefixBytes = a.length === ENDPOINT_V4_BYTES ? 3 : 8;
  for (let at = 0; at < prefixBytes; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Unspecified, multicast, broadcast, and IPv4 in the guise of IPv6, under which it would have a second name: nobody is there. */
export function isNowhere(endpoint: Endpoint): boolean {
  if (endpoint.length === ENDPOINT_V4_BYTES) return endpoint[0] === 0 || (endpoint[0] as number) >= 224;
  if (endpoint[0] === 0xff) return true;
  if (endpoint.subarray(0, 10).some((byte) => byte !== 0)) return false;
  return (endpoint[10] === 0xff && endpoint[11] === 0xff) || endpoint.subarray(10, 16).every((byte) => byte === 0);
}
