/** The small payloads of which packets are made: endpoints, numbers, texts. Owns no state. */

import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { writeEndpointLittle, writeU16Little, writeU32Little } from '../../wire/little-endian.ts';
import { Packet } from './packet.ts';

export const GUID_BYTES = 16;
/** Ours, as others tell clients apart. */
export const VENDOR = 'KITH';

export function endpointBytes(endpoint: Endpoint): Uint8Array {
  const bytes = new Uint8Array(ENDPOINT_V4_BYTES);
  writeEndpointLittle(bytes, 0, endpoint);
  return bytes;
}

/** An endpoint and a number of so many bytes behind it. */
export function endpointAndNumber(endpoint: Endpoint, value: number, bytes: 2 | 4): Uint8Array {
  const payload = new Uint8Array(ENDPOINT_V4_BYTES + bytes);
  writeEndpointLittle(payload, 0, endpoint);
  if (bytes === 2) writeU16Little(payload, ENDPOINT_V4_BYTES, Math.min(value, 0xffff));
  else writeU32Little(payload, ENDPOINT_V4_BYTES, value);
  return payload;
}

export function u16Bytes(...values: number[]): Uint8Array {
  const payload = new Uint8Array(2 * values.length);
  for (const [index, value] of values.entries()) writeU16Little(payload, 2 * index, Math.min(value, 0xffff));
  return payload;
}

export function u32Bytes(...values: number[]): Uint8Array {
  const payload = new Uint8Array(4 * values.length);
  for (const [index, value] of values.entries()) writeU32Little(payload, 4 * index, Math.min(value, 0xffff_ffff));
  return payload;
}

/** Eight bytes each. */
export function u64Bytes(...values: number[]): Uint8Array {
  return u32Bytes(...values.flatMap((value) => [value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000)]));
}

export function textPart(name: string, text: string): Packet {
  return new Packet(name, utf8Bytes(text));
}
