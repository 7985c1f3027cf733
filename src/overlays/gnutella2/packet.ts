/**
 * The packets of Gnutella2: a name, a payload, and packets inside. Readers take the children they know and skip the others, so that every client may add its own.
 * Owns no state.
 */

import { latin1 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Endpoint } from '../../core/host.ts';
import { readUtf8 } from '../../core/utf8.ts';
import { readEndpointLittle } from '../../wire/little-endian.ts';

/** All of a packet but its header. Longer ones end a connection. */
export const PACKET_BYTES_MAX = 65_536;
export const HEADER_BYTES_MAX = 12;
/** No client nests more than four deep. */
const DEPTH_MAX = 8;
/** Packets inside one packet, at all depths. */
const PARTS_MAX = 2_048;
const NAME_BYTES_MAX = 8;

const COMPOUND = 0x04;
const BIG_ENDIAN = 0x02;

export const NO_PAYLOAD = new Uint8Array(0);
const NO_CHILDREN: readonly Packet[] = [];

export class Packet {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly children: readonly Packet[];
  /** How numbers in its payload are written; ours never are so. */
  readonly isBigEndian: boolean;

  constructor(name: string, payload: Uint8Array = NO_PAYLOAD, children: readonly Packet[] = NO_CHILDREN, isBigEndian = false) {
    this.name = name;
    this.payload = payload;
    this.children = children;
    this.isBigEndian = isBigEndian;
  }

  child(name: string): Packet | null {
    for (const child of this.children) if (child.name === name) return child;
    return null;
  }

  has(name: string): boolean {
    return this.child(name) !== null;
  }

  /** A number of so many bytes, 0 where the payload is too short. */
  number(at: number, bytes: number): number {
    if (at + bytes > this.payload.length) return 0;
    let value = 0;
    for (let index = 0; index < bytes; index++) {
      value = value * 256 + (this.payload[this.isBigEndian ? at + index : at + bytes - 1 - index] as number);
    }
    return value;
  }

  /** Address and port at an offset, or null: too short, or not to be reached. */
  endpoint(at = 0): Endpoint | null {
    if (at + 6 > this.payload.length) return null;
    const endpoint = this.isBigEndian ? this.payload.slice(at, at + 6) : readEndpointLittle(this.payload, at);
    return isDialable(endpoint) ? endpoint : null;
  }

  /** UTF-8; what is behind a zero does not count. */
  text(from = 0): string {
    const zero = this.payload.indexOf(0, from);
    return readUtf8(this.payload, from, zero < 0 ? this.payload.length : zero);
  }
}

/** IPv4 that is of somebody: no group, no network, a port. */
export function isDialable(endpoint: Endpoint): boolean {
  const first = endpoint[0] as number;
  return endpoint.length === 6 && first > 0 && first < 224 && ((endpoint[4] as number) | (endpoint[5] as number)) !== 0;
}

export const packetCodec: Codec<Packet> = {
  name: 'gnutella2',
  size: (packet) => headerBytes(packet, bodyBytes(packet)) + bodyBytes(packet),
  encode: writePacket,
  decode(bytes, start, end) {
    const reader = new PacketReader(bytes);
    const packet = reader.packet(start, end, 1);
    if (reader.at !== end) throw new MalformedMessage(`${end - reader.at} bytes behind a packet`);
    return packet;
  },
};

/** How many bytes the packet at `start` has, header and all; -1 while its header has not come. */
export function packetBytes(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1;
  const control = bytes[start] as number;
  if (control === 0) throw new MalformedMessage('a packet expected, got the end of one');
  const lengthBytes = control >> 6;
  if (end - start < 1 + lengthBytes) return -1;
  const length = readLength(bytes, start + 1, lengthBytes, (control & BIG_ENDIAN) !== 0);
  if (length > PACKET_BYTES_MAX) throw new MalformedMessage(`a packet of at most ${PACKET_BYTES_MAX} bytes expected, got ${length}`);
  return 1 + lengthBytes + 1 + ((control >> 3) & 7) + length;
}

class PacketReader {
  private readonly bytes: Uint8Array;
  private parts = 0;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  packet(start: number, end: number, depth: number): Packet {
    if (depth > DEPTH_MAX) throw new MalformedMessage(`packets at most ${DEPTH_MAX} deep expected`);
    if (++this.parts > PARTS_MAX) throw new MalformedMessage(`at most ${PARTS_MAX} packets in one expected`);
    const size = packetBytes(this.bytes, start, end);
    if (size < 0 || start + size > end) throw new MalformedMessage('a packet is longer than where it is');
    const control = this.bytes[start] as number;
    const nameAt = start + 1 + (control >> 6);
    const bodyAt = nameAt + 1 + ((control >> 3) & 7);
    const name = latin1(this.bytes, nameAt, bodyAt);
    if (!/^[!-~]+$/.test(name)) throw new MalformedMessage('the name of a packet is of printable characters');
    const stop = start + size;
    this.at = bodyAt;
    const children = (control & COMPOUND) === 0 ? NO_CHILDREN : this.childrenUntil(stop, depth + 1);
    const payload = this.at < stop ? this.bytes.slice(this.at, stop) : NO_PAYLOAD;
    this.at = stop;
    return new Packet(name, payload, children, (control & BIG_ENDIAN) !== 0);
  }

  private childrenUntil(stop: number, depth: number): Packet[] {
    const children: Packet[] = [];
    while (this.at < stop) {
      if (this.bytes[this.at] === 0) {
        this.at++;
        break;
      }
      children.push(this.packet(this.at, stop, depth));
    }
    return children;
  }
}

function writePacket(packet: Packet, into: Uint8Array, offset: number): number {
  const { name, payload, children, isBigEndian } = packet;
  const length = bodyBytes(packet);
  const lengthBytes = lengthBytesOf(length);
  if (name.length < 1 || name.length > NAME_BYTES_MAX)
    throw new RangeError(`a name of 1 to ${NAME_BYTES_MAX} letters expected, got ${name}`);
  if (length > PACKET_BYTES_MAX) throw new RangeError(`a packet of at most ${PACKET_BYTES_MAX} bytes expected, got ${length}`);
  const flags = (children.length > 0 ? COMPOUND : 0) | (isBigEndian ? BIG_ENDIAN : 0);
  // Zero would be the end of the packet around it.
  const control = (lengthBytes << 6) | ((name.length - 1) << 3) | flags;
  into[offset] = control === 0 ? COMPOUND : control;
  let at = offset + 1;
  for (let index = 0; index < lengthBytes; index++) into[at++] = length >>> (8 * (isBigEndian ? lengthBytes - 1 - index : index));
  for (let index = 0; index < name.length; index++) into[at++] = name.charCodeAt(index);
  for (const child of children) at = writePacket(child, into, at);
  if (children.length > 0 && payload.length > 0) into[at++] = 0;
  into.set(payload, at);
  return at + payload.length;
}

function bodyBytes({ payload, children }: Packet): number {
  let size = payload.length + (children.length > 0 && payload.length > 0 ? 1 : 0);
  for (const child of children) size += packetCodec.size(child);
  return size;
}

function headerBytes({ name }: Packet, length: number): number {
  return 1 + lengthBytesOf(length) + name.length;
}

function lengthBytesOf(length: number): number {
  return length === 0 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
}

function readLength(bytes: Uint8Array, at: number, count: number, isBigEndian: boolean): number {
  let length = 0;
  for (let index = 0; index < count; index++) length |= (bytes[at + index] as number) << (8 * (isBigEndian ? count - 1 - index : index));
  return length;
}
