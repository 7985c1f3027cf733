/** "Who is there?" and "I am": PING carries at most extensions, PONG an address and how much is shared there. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Endpoint } from '../../core/host.ts';
import { type Extensions, ggepCodec, ggepSize } from './ggep.ts';
import { readU32Little, writeU32Little } from '../../wire/little-endian.ts';
import { readPortAndIp, writePortAndIp } from './little-endian.ts';

export interface Ping {
  readonly extensions: Extensions;
}

export interface Pong {
  readonly endpoint: Endpoint;
  readonly files: number;
  readonly kibibytes: number;
  readonly extensions: Extensions;
}

const PONG_BYTES = 14;

export const pingCodec: Codec<Ping> = {
  name: 'gnutella ping',
  size: ({ extensions }) => ggepSize(extensions),
  encode: ({ extensions }, into, offset) => ggepCodec.encode(extensions, into, offset),
  decode: (bytes, start, end) => ({ extensions: ggepCodec.decode(bytes, start, end) }),
};

export const pongCodec: Codec<Pong> = {
  name: 'gnutella pong',
  size: ({ extensions }) => PONG_BYTES + ggepSize(extensions),
  encode({ endpoint, files, kibibytes, extensions }, into, offset) {
    const at = writePortAndIp(into, offset, endpoint);
    writeU32Little(into, writeU32Little(into, at, files), kibibytes);
    return ggepCodec.encode(extensions, into, offset + PONG_BYTES);
  },
  decode(bytes, start, end) {
    if (end - start < PONG_BYTES) throw new MalformedMessage(`a pong of ${PONG_BYTES} bytes expected, got ${end - start}`);
    return {
      endpoint: readPortAndIp(bytes, start),
      files: readU32Little(bytes, start + 6),
      kibibytes: readU32Little(bytes, start + 10),
      extensions: ggepCodec.decode(bytes, start + PONG_BYTES, end),
    };
  },
};

const ENTRY_BYTES = 6;

/** Endpoints in one value (IPP, ALT, PUSH): four bytes of address, the port with its least significant byte first. */
export function packedEndpoints(endpoints: readonly Endpoint[]): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES * endpoints.length);
  for (const [index, endpoint] of endpoints.entries()) {
    bytes.set(endpoint.subarray(0, 4), ENTRY_BYTES * index);
    bytes[ENTRY_BYTES * index + 4] = endpoint[5] as number;
    bytes[ENTRY_BYTES * index + 5] = endpoint[4] as number;
  }
  return bytes;
}

/** What is no whole entry is left out, and so is all behind the first `countMax`. */
export function unpackedEndpoints(bytes: Uint8Array, countMax: number): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length && endpoints.length < countMax; at += ENTRY_BYTES) {
    const endpoint = bytes.slice(at, at + ENTRY_BYTES);
    endpoint[4] = bytes[at + 5] as number;
    endpoint[5] = bytes[at + 4] as number;
    endpoints.push(endpoint);
  }
  return endpoints;
}
