/**
 * The header that all messages have, and what is common to them: a name, a type, how far it may still go and has come. A payload stays bytes until
 * somebody has to know what is in it: most of what a servent gets it passes on. Owns no state.
 */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { GUID_BYTES, type Guid, readGuid, writeGuid } from './guid.ts';
import { readU32Little, writeU32Little } from '../../wire/little-endian.ts';

export const HEAD_BYTES = 23;
/** A longer one ends the connection. */
export const PAYLOAD_BYTES_MAX = 65_536;
export const NO_PAYLOAD = new Uint8Array(0);

export const PacketType = {
  ping: 0x00,
  pong: 0x01,
  bye: 0x02,
  routeTable: 0x30,
  vendor: 0x31,
  standardVendor: 0x32,
  push: 0x40,
  query: 0x80,
  hit: 0x81,
  horizon: 0xcd,
} as const;

export class Packet {
  readonly guid: Guid;
  readonly type: number;
  readonly ttl: number;
  readonly hops: number;
  readonly payload: Uint8Array;
  /** What the payload says, once somebody has read it, so that the same bytes are not read again; undefined before, null when it is malformed. */
  parsed: unknown;

  constructor(guid: Guid, type: number, ttl: number, hops: number, payload: Uint8Array, parsed?: unknown) {
    this.guid = guid;
    this.type = type;
    this.ttl = ttl;
    this.hops = hops;
    this.payload = payload;
    this.parsed = parsed;
  }
}

export const packetCodec: Codec<Packet> = {
  name: 'gnutella',
  size: ({ payload }) => HEAD_BYTES + payload.length,
  encode({ guid, type, ttl, hops, payload }, into, offset) {
    writeGuid(guid, into, offset);
    into[offset + 16] = type;
    into[offset + 17] = ttl;
    into[offset + 18] = hops;
    writeU32Little(into, offset + 19, payload.length);
    into.set(payload, offset + HEAD_BYTES);
    return offset + HEAD_BYTES + payload.length;
  },
  decode(bytes, start, end) {
    if (end - start < HEAD_BYTES) throw new MalformedMessage(`a header of ${HEAD_BYTES} bytes expected, got ${end - start}`);
    const length = payloadBytes(bytes, start);
    if (end - start !== HEAD_BYTES + length)
      throw new MalformedMessage(`a payload of ${length} bytes expected, got ${end - start - HEAD_BYTES}`);
    return packetAt(bytes, start, length);
  },
  /** By the length, which other formats do not have there. */
  recognizes: (bytes, start, end) => end - start >= HEAD_BYTES && readU32Little(bytes, start + 19) === end - start - HEAD_BYTES,
};

/** Throws MalformedMessage when it is longer than any. */
export function payloadBytes(bytes: Uint8Array, at: number): number {
  const length = readU32Little(bytes, at + 19);
  if (length > PAYLOAD_BYTES_MAX) throw new MalformedMessage(`a payload of at most ${PAYLOAD_BYTES_MAX} bytes expected, got ${length}`);
  return length;
}

export function packetAt(bytes: Uint8Array, at: number, length: number): Packet {
  const payload = length === 0 ? NO_PAYLOAD : bytes.slice(at + HEAD_BYTES, at + HEAD_BYTES + length);
  const type = bytes[at + GUID_BYTES] as number;
  return new Packet(readGuid(bytes, at), type, bytes[at + 17] as number, bytes[at + 18] as number, payload);
}

/** What a payload says; null when it says nothing that its codec understands. Each payload is read once. */
export function read<M>(packet: Packet, codec: Codec<M>): M | null {
  // A packet has one type, and each type one codec, so that what was read before is of that kind.
  if (packet.parsed !== undefined) return packet.parsed as M | null;
  try {
    packet.parsed = codec.decode(packet.payload, 0, packet.payload.length);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    packet.parsed = null;
  }
  return packet.parsed as M | null;
}

/** One step further: what the next one gets. */
export function onward(packet: Packet, ttl = packet.ttl): Packet {
  return new Packet(packet.guid, packet.type, ttl, packet.hops, packet.payload, packet.parsed);
}
