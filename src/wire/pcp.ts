/**
 * The Port Control Protocol (RFC 6887, version 2) as two codecs, of ANNOUNCE and MAP: what a router receives on port 5351, and what it
 * answers; owns no state. Lifetimes and epochs are seconds. Options that come along are passed over; none is sent.
 */

import { readU16, readU32, writeU16, writeU32 } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';

export const PCP_VERSION = 2;
/** §7: longer messages are not to be sent, nor read. */
export const PCP_BYTES_MAX = 1100;
export const PCP_NONCE_BYTES = 12;

/** IANA's numbers of transports. */
export const PcpTransport = { tcp: 6, udp: 17 } as const;

/** One mapping, as asked for or as given. */
export interface PcpMap {
  /** Ties answers, renewals and the end to who asked for it first (§11.2). */
  readonly nonce: Uint8Array;
  readonly protocol: number;
  readonly internalPort: number;
  readonly externalPort: number;
  /** 4 or 16 bytes; all zero in a request leaves it to the router. */
  readonly externalAddress: Uint8Array;
}

export interface PcpRequest {
  /** Of a mapping; 0 ends it. */
  readonly lifetimeSeconds: number;
  /** Our address as we see it, 4 or 16 bytes: the router refuses when it sees another one, for then a NAT lies between. */
  readonly clientAddress: Uint8Array;
  /** Null: ANNOUNCE, which asks for nothing but a sign of life. */
  readonly map: PcpMap | null;
}

export interface PcpResponse {
  /** 0 is success; what others mean says PCP_RESULTS. */
  readonly result: number;
  /** Of the mapping; of a failure, how long it will last. */
  readonly lifetimeSeconds: number;
  /** Seconds since the router began to remember. */
  readonly epochSeconds: number;
  readonly map: PcpMap | null;
}

/** Index = result code (§7.4). */
export const PCP_RESULTS = [
  'success',
  'this version is not supported',
  'not authorized',
  'the request was malformed',
  'this request is not supported',
  'an option is not supported',
  'an option was malformed',
  'the router has no address itself',
  'no resources are left',
  'this transport is not supported',
  'too many mappings for this machine',
  'the wanted external address or port cannot be had',
  'a NAT lies between this machine and the router',
  'too many remote peers',
] as const;

const OP_ANNOUNCE = 0;
const OP_MAP = 1;
const RESPONSE_BIT = 0x80;
const HEAD_BYTES = 24;
const MAP_BYTES = 36;
const V4_BYTES = 4;
const V6_BYTES = 16;

export const pcpRequest: Codec<PcpRequest> = {
  name: 'PCP request',

  size: sizeOf,

  encode({ lifetimeSeconds, clientAddress, map }, into, offset) {
    into.fill(0, offset, offset + HEAD_BYTES);
    into[offset] = PCP_VERSION;
    into[offset + 1] = map === null ? OP_ANNOUNCE : OP_MAP;
    writeU32(into, offset + 4, lifetimeSeconds);
    writeAddress(into, offset + 8, clientAddress);
    return map === null ? offset + HEAD_BYTES : writeMap(into, offset + HEAD_BYTES, map);
  },

  decode(bytes, start, end) {
    const opcode = readHead(bytes, start, end);
    if (opcode >= RESPONSE_BIT) throw new MalformedMessage(`a PCP request has an opcode below 128, got ${opcode}`);
    return {
      lifetimeSeconds: readU32(bytes, start + 4),
      clientAddress: readAddress(bytes, start + 8),
      map: opcode === OP_MAP ? readMap(bytes, start + HEAD_BYTES, end) : null,
    };
  },
};

export const pcpResponse: Codec<PcpResponse> = {
  name: 'PCP response',

  size: sizeOf,

  encode({ result, lifetimeSeconds, epochSeconds, map }, into, offset) {
    into.fill(0, offset, offset + HEAD_BYTES);
    into[offset] = PCP_VERSION;
    into[offset + 1] = RESPONSE_BIT | (map === null ? OP_ANNOUNCE : OP_MAP);
    into[offset + 3] = result;
    writeU32(into, offset + 4, lifetimeSeconds);
    writeU32(into, offset + 8, epochSeconds);
    return map === null ? offset + HEAD_BYTES : writeMap(into, offset + HEAD_BYTES, map);
  },

  decode(bytes, start, end) {
    const opcode = readHead(bytes, start, end) - RESPONSE_BIT;
    if (opcode < 0) throw new MalformedMessage(`a PCP response has an opcode from 128 on, got ${opcode + RESPONSE_BIT}`);
    return {
      result: bytes[start + 3] as number,
      lifetimeSeconds: readU32(bytes, start + 4),
      epochSeconds: readU32(bytes, start + 8),
      map: opcode === OP_MAP ? readMap(bytes, start + HEAD_BYTES, end) : null,
    };
  },
};

function sizeOf(message: { readonly map: PcpMap | null }): number {
  return message.map === null ? HEAD_BYTES : HEAD_BYTES + MAP_BYTES;
}

/** Returns the opcode with the response bit; the version and the bounds are right. */
function readHead(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < HEAD_BYTES || length > PCP_BYTES_MAX || length % 4 !== 0) {
    throw new MalformedMessage(`a PCP message has 24 to ${PCP_BYTES_MAX} bytes, a multiple of 4, got ${length}`);
  }
  if (bytes[start] !== PCP_VERSION) throw new MalformedMessage(`expected PCP version 2, got ${bytes[start]}`);
  const opcode = bytes[start + 1] as number;
  if ((opcode & ~RESPONSE_BIT) > OP_MAP) throw new MalformedMessage(`expected ANNOUNCE or MAP, got opcode ${opcode & ~RESPONSE_BIT}`);
  return opcode;
}

function writeMap(into: Uint8Array, at: number, map: PcpMap): number {
  into.set(map.nonce, at);
  writeU32(into, at + 12, 0);
  into[at + 12] = map.protocol;
  writeU16(into, at + 16, map.internalPort);
  writeU16(into, at + 18, map.externalPort);
  writeAddress(into, at + 20, map.externalAddress);
  return at + MAP_BYTES;
}

function readMap(bytes: Uint8Array, at: number, end: number): PcpMap {
  if (end - at < MAP_BYTES) throw new MalformedMessage(`MAP has ${MAP_BYTES} bytes, got ${end - at}`);
  return {
    nonce: bytes.slice(at, at + PCP_NONCE_BYTES),
    protocol: bytes[at + 12] as number,
    internalPort: readU16(bytes, at + 16),
    externalPort: readU16(bytes, at + 18),
    externalAddress: readAddress(bytes, at + 20),
  };
}

/** §5: every address has 16 bytes; an IPv4 one is mapped into IPv6. */
function writeAddress(into: Uint8Array, at: number, address: Uint8Array): void {
  into.fill(0, at, at + V6_BYTES);
  if (address.length === V4_BYTES) into.fill(0xff, at + 10, at + 12);
  into.set(address, at + V6_BYTES - address.length);
}

function readAddress(bytes: Uint8Array, at: number): Uint8Array {
  let isMapped = bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
  for (let index = 0; index < 10; index++) isMapped &&= bytes[at + index] === 0;
  return bytes.slice(isMapped ? at + V6_BYTES - V4_BYTES : at, at + V6_BYTES);
}
