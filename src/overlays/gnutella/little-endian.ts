/** What Gnutella alone writes with the least significant byte first. Owns no state; offsets are the caller's to check. */

import { readU32 } from '../../core/bytes.ts';
import { endpointFrom } from '../../wire/endpoint-key.ts';
import { readU16Little } from '../../wire/little-endian.ts';

/** As many bytes as the number has, at least one: how extensions write numbers. */
export function numberBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  return Uint8Array.from(bytes);
}

/** Null for more than 2^53 or more than eight bytes. */
export function numberOfBytes(bytes: Uint8Array): number | null {
  if (bytes.length > 8) return null;
  let value = 0;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + (bytes[at] as number);
  return Number.isSafeInteger(value) ? value : null;
}

/** An endpoint (address, then port, most significant byte first) as Gnutella has it: the port first, least significant byte first. */
export function writePortAndIp(into: Uint8Array, at: number, endpoint: Uint8Array): number {
  into[at] = endpoint[5] as number;
  into[at + 1] = endpoint[4] as number;
  for (let index = 0; index < 4; index++) into[at + 2 + index] = endpoint[index] as number;
  return at + 6;
}

export function readPortAndIp(bytes: Uint8Array, at: number): Uint8Array {
  return endpointFrom(readU32(bytes, at + 2), readU16Little(bytes, at));
}
