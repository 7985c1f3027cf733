/** The packets of µTP (BEP 29, "header format") as one codec; owns the memory that payloads are copied to. */

import { readU16, readU32, writeU16, writeU32 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';

export const PacketType = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 } as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

export interface UtpPacket {
  readonly type: PacketType;
  readonly connection: number;
  /** The sender's clock in µs when it sent the packet, modulo 2^32; and how long the last one it got was under way, by both clocks. */
  readonly timestampUs: number;
  readonly delayUs: number;
  /** Bytes that the sender of this packet has room for. */
  readonly windowBytes: number;
  readonly sequence: number;
  readonly ack: number;
  /** Selective ack: a bit for each packet from ack + 2 on, the lowest bit of each byte first; or null. */
  readonly selective: Uint8Array | null;
  /** Bytes of extensions that say nothing: they make a packet as large as the path is to be tried with (`packet-size.ts`). */
  readonly padding: number;
  readonly payload: Uint8Array;
}

export const HEADER_BYTES = 20;
export const NO_PAYLOAD = new Uint8Array(0);
/** What a selective ack takes besides its bits. */
export const SELECTIVE_HEAD_BYTES = 2;
/** Of a selective ack: the largest multiple of four that its length byte can say. */
export const SELECTIVE_BYTES_MAX = 252;
/** An extension is a byte for the next one's kind, a byte of length, and so many bytes. */
const EXTENSION_HEAD_BYTES = 2;
const EXTENSION_BYTES_MAX = 255;
/** Least padding that can be asked for. */
export const PADDING_BYTES_MIN = EXTENSION_HEAD_BYTES;

const VERSION = 1;
const Extension = { none: 0, selective: 1, padding: 0x70 } as const;

export const utpPacket: Codec<UtpPacket> = {
  name: 'utp packet',

  size(packet) {
    const selective = packet.selective === null ? 0 : EXTENSION_HEAD_BYTES + packet.selective.length;
    return HEADER_BYTES + selective + packet.padding + packet.payload.length;
  },

  encode(packet, into, offset) {
    const { selective, padding, payload } = packet;
    into[offset] = (packet.type << 4) | VERSION;
    into[offset + 1] = selective !== null ? Extension.selective : padding > 0 ? Extension.padding : Extension.none;
    writeU16(into, offset + 2, packet.connection);
    writeU32(into, offset + 4, packet.timestampUs);
    writeU32(into, offset + 8, packet.delayUs);
    writeU32(into, offset + 12, packet.windowBytes);
    writeU16(into, offset + 16, packet.sequence);
    let at = writeU16(into, offset + 18, packet.ack);
    if (selective !== null) {
      into[at] = padding > 0 ? Extension.padding : Extension.none;
      into[at + 1] = selective.length;
      into.set(selective, at + EXTENSION_HEAD_BYTES);
      at += EXTENSION_HEAD_BYTES + selective.length;
    }
    if (padding > 0) at = encodePadding(padding, into, at);
    into.set(payload, at);
    return at + payload.length;
  },

  decode(bytes, start, end) {
    if (end - start < HEADER_BYTES) throw new MalformedMessage(`a µTP packet has at least ${HEADER_BYTES} bytes, got ${end - start}`);
    const first = bytes[start] as number;
    if ((first & 0x0f) !== VERSION) throw new MalformedMessage(`µTP version ${VERSION} expected, got ${first & 0x0f}`);
    const type = first >> 4;
    if (!isPacketType(type)) throw new MalformedMessage(`a µTP packet is of type 0 to 4, got ${type}`);
    let selective: Uint8Array | null = null;
    let padding = 0;
    let at = start + HEADER_BYTES;
    let kind = bytes[start + 1] as number;
    while (kind !== Extension.none) {
      const length = end - at < EXTENSION_HEAD_BYTES ? EXTENSION_BYTES_MAX : (bytes[at + 1] as number);
      const next = at + EXTENSION_HEAD_BYTES + length;
      if (next > end) throw new MalformedMessage(`extension ${kind} of ${length} bytes runs over the end of the packet`);
      if (kind === Extension.selective && selective === null) {
        // BEP 29 says four bytes or a multiple of them; libtorrent sends as few as it needs.
        if (length === 0) throw new MalformedMessage('a selective ack without a byte');
        selective = bytes.slice(at + EXTENSION_HEAD_BYTES, next);
      } else if (kind === Extension.padding) padding += next - at;
      kind = bytes[at] as number;
      at = next;
    }
    return {
      type,
      connection: readU16(bytes, start + 2),
      timestampUs: readU32(bytes, start + 4),
      delayUs: readU32(bytes, start + 8),
      windowBytes: readU32(bytes, start + 12),
      sequence: readU16(bytes, start + 16),
      ack: readU16(bytes, start + 18),
      selective,
      padding,
      payload: at === end ? NO_PAYLOAD : copied(bytes, at, end),
    };
  },

  recognizes(bytes, start, end) {
    if (end - start < HEADER_BYTES) return false;
    const first = bytes[start] as number;
    return (first & 0x0f) === VERSION && isPacketType(first >> 4);
  },
};

/** As many extensions as it takes; whoever knows BEP 29 passes over what it does not know. */
function encodePadding(bytes: number, into: Uint8Array, offset: number): number {
  let at = offset;
  let left = bytes;
  while (left > 0) {
    let take = Math.min(left, EXTENSION_HEAD_BYTES + EXTENSION_BYTES_MAX);
    // One byte alone could not be said by another extension.
    if (left - take === 1) take--;
    left -= take;
    into[at] = left > 0 ? Extension.padding : Extension.none;
    into[at + 1] = take - EXTENSION_HEAD_BYTES;
    into.fill(0, at + EXTENSION_HEAD_BYTES, at + take);
    at += take;
  }
  return at;
}

/** Payloads share arrays of this size: an array for each costs 0.7 µs instead of 0.15, and twice as much again when it is collected. */
const COPIES_BYTES = 16 << 10;
const COPIED_BYTES_MAX = COPIES_BYTES >> 2;
let copies = new Uint8Array(0);
let copiesUsed = 0;

function copied(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > COPIED_BYTES_MAX) return bytes.slice(start, end);
  if (copiesUsed + length > copies.length) {
    copies = new Uint8Array(COPIES_BYTES);
    copiesUsed = 0;
  }
  const copy = copies.subarray(copiesUsed, copiesUsed + length);
  copy.set(bytes.subarray(start, end));
  copiesUsed += length;
  return copy;
}

function isPacketType(type: number): type is PacketType {
  return type <= PacketType.syn;
}
