/**
 * NAT-PMP (RFC 6886) as two codecs: what a router receives on its port 5351, and what it answers; owns no state. Lifetimes and epochs are
 * seconds. A router that knows PCP tells the two apart by the first byte.
 */

import { readU16, readU32, writeU16, writeU32 } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';

/** The version that NAT-PMP is, among those of PCP. */
export const NAT_PMP_VERSION = 0;
/** Where routers listen, for PCP as well. */
export const PORT_CONTROL_PORT = 5351;
/** Where they say, to all hosts of their network (224.0.0.1), that they have restarted (RFC 6886 §3.2.1, RFC 6887 §14.1.3). */
export const PORT_CONTROL_NEWS_PORT = 5350;

export type NatPmpTransport = 'udp' | 'tcp';

export interface NatPmpAddressRequest {
  readonly op: 'address';
}

export interface NatPmpMapRequest {
  readonly op: NatPmpTransport;
  readonly internalPort: number;
  /** Wanted; 0 leaves it to the router, and must be 0 where the lifetime is. */
  readonly externalPort: number;
  /** 0 ends the mapping. */
  readonly lifetimeSeconds: number;
}

export type NatPmpRequest = NatPmpAddressRequest | NatPmpMapRequest;

interface Answer {
  /** Seconds since the router began to remember. */
  readonly epochSeconds: number;
}

export interface NatPmpAddressResponse extends Answer {
  readonly op: 'address';
  readonly result: 0;
  /** 4 bytes. */
  readonly address: Uint8Array;
}

export interface NatPmpMapResponse extends Answer {
  readonly op: NatPmpTransport;
  readonly result: 0;
  readonly internalPort: number;
  readonly externalPort: number;
  readonly lifetimeSeconds: number;
}

export interface NatPmpFailure extends Answer {
  readonly op: 'address' | NatPmpTransport;
  /** Not 0; what it means says NAT_PMP_RESULTS. */
  readonly result: number;
}

export type NatPmpResponse = NatPmpAddressResponse | NatPmpMapResponse | NatPmpFailure;

/** Index = result code (RFC 6886 §3.5). */
export const NAT_PMP_RESULTS = [
  'success',
  'this version is not supported',
  'not authorized',
  'the router has no address itself',
  'no ports are left',
  'this request is not supported',
] as const;

const OPS = ['address', 'udp', 'tcp'] as const;
const RESPONSE_BIT = 0x80;
const MAP_REQUEST_BYTES = 12;
const ADDRESS_REQUEST_BYTES = 2;
const HEAD_BYTES = 8;
const ADDRESS_RESPONSE_BYTES = 12;
const MAP_RESPONSE_BYTES = 16;

export const natPmpRequest: Codec<NatPmpRequest> = {
  name: 'NAT-PMP request',

  size: (message) => (message.op === 'address' ? ADDRESS_REQUEST_BYTES : MAP_REQUEST_BYTES),

  encode(message, into, offset) {
    into[offset] = NAT_PMP_VERSION;
    into[offset + 1] = OPS.indexOf(message.op);
    if (message.op === 'address') return offset + ADDRESS_REQUEST_BYTES;
    writeU16(into, offset + 2, 0);
    writeU16(into, offset + 4, message.internalPort);
    writeU16(into, offset + 6, message.externalPort);
    return writeU32(into, offset + 8, message.lifetimeSeconds);
  },

  decode(bytes, start, end) {
    need(start, end, ADDRESS_REQUEST_BYTES);
    needVersion(bytes[start] as number);
    const op = opOf(bytes[start + 1] as number);
    if (op === 'address') return { op };
    need(start, end, MAP_REQUEST_BYTES);
    return {
      op,
      internalPort: readU16(bytes, start + 4),
      externalPort: readU16(bytes, start + 6),
      lifetimeSeconds: readU32(bytes, start + 8),
    };
  },
};

/** Of a failure nothing is read beyond the epoch: "the value of all subsequent fields is undefined" (§3.5). */
export const natPmpResponse: Codec<NatPmpResponse> = {
  name: 'NAT-PMP response',

  size: (message) => ('address' in message ? ADDRESS_RESPONSE_BYTES : 'internalPort' in message ? MAP_RESPONSE_BYTES : HEAD_BYTES),

  encode(message, into, offset) {
    into[offset] = NAT_PMP_VERSION;
    into[offset + 1] = OPS.indexOf(message.op) | RESPONSE_BIT;
    writeU16(into, offset + 2, message.result);
    writeU32(into, offset + 4, message.epochSeconds);
    if ('address' in message) {
      into.set(message.address, offset + 8);
      return offset + ADDRESS_RESPONSE_BYTES;
    }
    if (!('internalPort' in message)) return offset + HEAD_BYTES;
    writeU16(into, offset + 8, message.internalPort);
    writeU16(into, offset + 10, message.externalPort);
    return writeU32(into, offset + 12, message.lifetimeSeconds);
  },

  decode(bytes, start, end) {
    need(start, end, HEAD_BYTES);
    needVersion(bytes[start] as number);
    const number = bytes[start + 1] as number;
    if (number < RESPONSE_BIT) throw new MalformedMessage(`a NAT-PMP response has an opcode from 128 on, got ${number}`);
    const op = opOf(number - RESPONSE_BIT);
    const result = readU16(bytes, start + 2);
    const epochSeconds = readU32(bytes, start + 4);
    if (result !== 0) return { op, result, epochSeconds };
    if (op === 'address') {
      need(start, end, ADDRESS_RESPONSE_BYTES);
      return { op, result, epochSeconds, address: bytes.slice(start + 8, start + 12) };
    }
    need(start, end, MAP_RESPONSE_BYTES);
    return {
      op,
      result,
      epochSeconds,
      internalPort: readU16(bytes, start + 8),
      externalPort: readU16(bytes, start + 10),
      lifetimeSeconds: readU32(bytes, start + 12),
    };
  },
};

function need(start: number, end: number, bytes: number): void {
  if (end - start < bytes) throw new MalformedMessage(`expected ${bytes} bytes of NAT-PMP, got ${end - start}`);
}

function needVersion(version: number): void {
  if (version !== NAT_PMP_VERSION) throw new MalformedMessage(`expected NAT-PMP, which is version 0, got version ${version}`);
}

function opOf(number: number): (typeof OPS)[number] {
  const op = OPS[number];
  if (op === undefined) throw new MalformedMessage(`expected a NAT-PMP opcode from 0 to 2, got ${number}`);
  return op;
}
