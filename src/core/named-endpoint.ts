/**
 * Endpoints that stand for a name which only somebody else can look up: a host behind a proxy gives them out, since looking names up itself
 * would tell everybody on the way what it is about to do. They lie in 240.0.0.0/4, where nobody is (RFC 1112 §4). Owns no state.
 */

import { readU32, writeU16, writeU32 } from './bytes.ts';
import { ENDPOINT_V4_BYTES } from './endpoint.ts';
import type { Endpoint } from './host.ts';

/** Names that one host can tell apart. */
export const NAMES_MAX = 1 << 16;

const FIRST = 0xf0000000;

/** The endpoint of the name with that number, below NAMES_MAX. */
export function namedEndpoint(number: number, port: number): Endpoint {
  const endpoint = new Uint8Array(ENDPOINT_V4_BYTES);
  writeU16(endpoint, writeU32(endpoint, 0, FIRST + number), port);
  return endpoint;
}

/** The number of its name; null for an address. */
export function nameNumberOf(endpoint: Endpoint): number | null {
  if (endpoint.length !== ENDPOINT_V4_BYTES) return null;
  const number = readU32(endpoint, 0) - FIRST;
  return number >= 0 && number < NAMES_MAX ? number : null;
}

/** Who answers from there has an address, which we do not know beforehand. */
export function isNamed(endpoint: Endpoint): boolean {
  return nameNumberOf(endpoint) !== null;
}
