/** Addresses as Node's sockets give and take them (text), to and from compact endpoints; owns no state. */

import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES, endpointIp, endpointOf } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';

const MAPPED_PREFIX = '::ffff:';
const DOT = 46;
const ZERO = 48;

/** Writes the compact form into `into` (ENDPOINT_V6_BYTES long) and returns its length; 0 when the text is no IP. */
export function writeEndpoint(into: Uint8Array, ip: string, port: number): number {
  // A socket for both families shows IPv4 as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2); everybody else calls it IPv4.
  const start = ip.startsWith(MAPPED_PREFIX) && ip.includes('.') ? MAPPED_PREFIX.length : 0;
  let length = writeIpv4(into, ip, start);
  if (length === 0) {
    const zone = ip.indexOf('%');
    const endpoint = endpointOf(zone < 0 ? ip : ip.slice(0, zone), 0);
    if (endpoint === null) return 0;
    into.set(endpoint);
    length = endpoint.length - 2;
  }
  into[length] = port >> 8;
  into[length + 1] = port & 0xff;
  return length + 2;
}

/** The endpoint of an address as Node shows it, or null when it is no IP. */
export function endpointFromNode(ip: string, port: number): Endpoint | null {
  const scratch = new Uint8Array(ENDPOINT_V6_BYTES);
  const length = writeEndpoint(scratch, ip, port);
  return length === 0 ? null : scratch.slice(0, length);
}

/** The text that a socket of both families wants for this endpoint. */
export function mappedIp(endpoint: Endpoint): string {
  const ip = endpointIp(endpoint);
  return endpoint.length === ENDPOINT_V4_BYTES ? MAPPED_PREFIX + ip : ip;
}

export function isWildcard(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

/** Four numbers and three dots, by hand: this runs once a datagram. */
function writeIpv4(into: Uint8Array, ip: string, start: number): number {
  let part = 0;
  let digits = 0;
  let at = 0;
  for (let index = start; index < ip.length; index++) {
    const code = ip.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || at === 3) return 0;
      into[at++] = part;
      part = 0;
      digits = 0;
    } else {
      part = part * 10 + (code - ZERO);
      digits++;
      if (code < ZERO || code > ZERO + 9 || digits > 3 || part > 255) return 0;
    }
  }
  if (at !== 3 || digits === 0) return 0;
  into[3] = part;
  return 4;
}
