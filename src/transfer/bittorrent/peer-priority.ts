/** Canonical peer priority (BEP 40): both ends of a possible connection compute the same number for it; owns no state. */

import { compareBytes, concatBytes, equalBytes } from '../../core/bytes.ts';
import { crc32c } from '../../core/crc32c.ts';
import type { Endpoint } from '../../core/host.ts';

/** The priority of a connection between two endpoints; higher is better, 0 when they are of different families. */
export function peerPriority(a: Endpoint, b: Endpoint): number {
  if (a.length !== b.length) return 0;
  const ipBytes = a.length - 2;
  if (equalBytes(a.subarray(0, ipBytes), b.subarray(0, ipBytes))) return crc32c(sortedPair(a.subarray(ipBytes), b.subarray(ipBytes)));
  const masked = (endpoint: Endpoint) => endpoint.slice(0, ipBytes);
  const [left, right] = [masked(a), masked(b)];
  // Bytes up to `clear` count whole, the rest only every second bit: 2 for IPv4 and 6 for IPv6, one more for each that they share.
  let clear = ipBytes === 4 ? 2 : 6;
  while (clear < ipBytes && equalBytes(a.subarray(0, clear), b.subarray(0, clear))) clear++;
  for (let at = clear; at < ipBytes; at++) {
    left[at] = (left[at] as number) & 0x55;
    right[at] = (right[at] as number) & 0x55;
  }
  return crc32c(sortedPair(left, right));
}

function sortedPair(a: Uint8Array, b: Uint8Array): Uint8Array {
  return concatBytes(compareBytes(a, b) <= 0 ? [a, b] : [b, a]);
}
