/** Which addresses are private (RFC 1918, 3927, 4193, 4291); owns no state. */

import { ENDPOINT_V4_BYTES, isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

/** Addresses that only reach the own machine, site or link. */
export function isPrivate(endpoint: Endpoint): boolean {
  const first = endpoint[0] as number;
  const second = endpoint[1] as number;
  if (endpoint.length === ENDPOINT_V4_BYTES) {
    if (first === 10 || first === 127) return true;
    if (first === 172) return second >= 16 && second < 32;
    return (first === 192 && second === 168) || (first === 169 && second === 254);
  }
  return (first & 0xfe) === 0xfc || (first === 0xfe && (second & 0xc0) === 0x80) || isLoopback(endpoint);
}
