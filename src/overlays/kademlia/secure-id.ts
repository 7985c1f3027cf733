/** Ids that follow from the address of their node (BEP 42), so that nobody can choose where in the network to stand; owns no state. */

import { isLocal } from '../../core/address-scope.ts';
import { crc32c } from '../../core/crc32c.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { NodeId } from './node-id.ts';

const MASK_V4 = Uint8Array.of(0x03, 0x0f, 0x3f, 0xff);
const MASK_V6 = Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff);
/** The first 21 bits follow from the address. */
const PREFIX_MASK = -1 << 11;

/** An id that belongs to the address, and is random otherwise. `choice` is its last byte, of which three bits count. */
export function secureId(endpoint: Endpoint, random: Random, choice = random.below(256)): NodeId {
  const prefix = prefixOf(endpoint, choice & 7);
  const w0 = (prefix & PREFIX_MASK) | (random.u32() & ~PREFIX_MASK);
  return new NodeId(w0, random.u32(), random.u32(), random.u32(), (random.u32() & ~0xff) | choice);
}

/** Whether the id may belong to that address. Local addresses are exempt. */
export function conforms(id: NodeId, endpoint: Endpoint): boolean {
  return isLocal(endpoint) || ((id.w0 ^ prefixOf(endpoint, id.w4 & 7)) & PREFIX_MASK) === 0;
}

function prefixOf(endpoint: Endpoint, r: number): number {
  const mask = endpoint.length === ENDPOINT_V4_BYTES ? MASK_V4 : MASK_V6;
  const masked = mask.map((bits, at) => bits & (endpoint[at] as number));
  masked[0] = (masked[0] as number) | (r << 5);
  return crc32c(masked) | 0;
}
