/** Addresses that only mean something to this machine or its own network (RFC 1918, 3927, 4193, 6890); owns no state. */

import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

/** `machine`: loopback. `network`: private and link-local. `world`: everything else. */
export type Reach = 'machine' | 'network' | 'world';

export function reachOf(endpoint: Endpoint): Reach {
  const bytes = endpoint.subarray(0, -2);
  if (endpoint.length === ENDPOINT_V4_BYTES) return reachOfIpv4(bytes);
  // IPv4 in the clothes of IPv6 (RFC 4291 §2.5.5.2) is what it is underneath.
  if (isZero(bytes.subarray(0, 10)) && bytes[10] === 0xff && bytes[11] === 0xff) return reachOfIpv4(bytes.subarray(12));
  if (isZero(bytes.subarray(0, 15)) && (bytes[15] as number) <= 1) return 'machine';
  const first = bytes[0] as number;
  const second = bytes[1] as number;
  return (first & 0xfe) === 0xfc || (first === 0xfe && (second & 0xc0) === 0x80) ? 'network' : 'world';
}

function reachOfIpv4(bytes: Uint8Array): Reach {
  const [first, second] = bytes as unknown as readonly [number, number];
  if (first === 127 || first === 0) return 'machine';
  const isPrivate =
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254);
  return isPrivate ? 'network' : 'world';
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
