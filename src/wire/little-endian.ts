/** Numbers and endpoints with the least significant byte first, as the Gnutella family writes them; owns no state. Offsets are the caller's to check. */

import { ENDPOINT_V4_BYTES } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';

export function readU16Little(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function readU32Little(bytes: Uint8Array, at: number): number {
  return (readU16Little(bytes, at) | (readU16Little(bytes, at + 2) << 16)) >>> 0;
}

/** Each writer returns the offset after what it wrote. */
export function writeU16Little(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  return at + 2;
}

export function writeU32Little(bytes: Uint8Array, at: number, value: number): number {
  writeU16Little(bytes, at, value);
  return writeU16Little(bytes, at + 2, value >>> 16);
}

/** Four bytes of address as ever, then the port with its low byte first. */
export function writeEndpointLittle(bytes: Uint8Array, at: number, endpoint: Endpoint): number {
  bytes.set(endpoint.subarray(0, 4), at);
  bytes[at + 4] = endpoint[5] as number;
  bytes[at + 5] = endpoint[4] as number;
  return at + ENDPOINT_V4_BYTES;
}

export function readEndpointLittle(bytes: Uint8Array, at: number): Endpoint {
  const endpoint = bytes.slice(at, at + ENDPOINT_V4_BYTES);
  [endpoint[4], endpoint[5]] = [endpoint[5] as number, endpoint[4] as number];
  return endpoint;
}
