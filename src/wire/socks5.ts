/** SOCKS 5 as a client and a server speak it (RFC 1928), with its user names and passwords (RFC 1929): one codec a message. Owns no state. */

import { readU16, writeU16 } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { isUtf8, readUtf8, utf8Size, writeUtf8 } from '../core/utf8.ts';

export const SocksMethod = { none: 0, password: 2, noneAcceptable: 0xff } as const;
export const SocksCommand = { connect: 1, bind: 2, udpAssociate: 3 } as const;
/** RFC 1928 §6; what a refusal means, for people. */
export const SOCKS_REPLIES: readonly string[] = [
  'succeeded',
  'general failure',
  'not allowed by its rules',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];
/** Of a host name, a user name and a password: each has its length in one byte. */
export const SOCKS_TEXT_BYTES_MAX = 255;

const VERSION = 5;
const PASSWORD_VERSION = 1;
const AddressType = { v4: 1, name: 3, v6: 4 } as const;

/** Where to: an address, or a name that the proxy shall look up. */
export type SocksAddress = { readonly endpoint: Endpoint } | { readonly name: string; readonly port: number };

export interface SocksRequest {
  readonly command: number;
  readonly to: SocksAddress;
}

export interface SocksReply {
  /** An index of SOCKS_REPLIES; 0 is success. */
  readonly code: number;
  /** For UDP the relay; for TCP where the proxy speaks from, which is of no use to us. */
  readonly bound: SocksAddress;
}

export interface SocksCredentials {
  readonly user: string;
  readonly password: string;
}

/** The first words of a client: the methods of authentication that it has. */
export const socksGreeting: Codec<readonly number[]> = {
  name: 'SOCKS greeting',
  size: (methods) => 2 + methods.length,
  encode(methods, into, offset) {
    into[offset] = VERSION;
    into[offset + 1] = methods.length;
    into.set(methods, offset + 2);
    return offset + 2 + methods.length;
  },
  decode(bytes, start, end) {
    expectVersion(bytes, start, end, VERSION);
    if (end - start < 3 || end - start !== 2 + (bytes[start + 1] as number)) throw new MalformedMessage('expected as many methods as said');
    return [...bytes.subarray(start + 2, end)];
  },
};

/** Which of them the server takes. */
export const socksChoice: Codec<number> = {
  name: 'SOCKS choice of method',
  size: () => 2,
  encode(method, into, offset) {
    into[offset] = VERSION;
    into[offset + 1] = method;
    return offset + 2;
  },
  decode(bytes, start, end) {
    expectVersion(bytes, start, end, VERSION);
    if (end - start !== 2) throw new MalformedMessage(`expected 2 bytes, got ${end - start}`);
    return bytes[start + 1] as number;
  },
};

export const socksCredentials: Codec<SocksCredentials> = {
  name: 'SOCKS user and password',
  size: ({ user, password }) => 3 + utf8Size(user) + utf8Size(password),
  encode({ user, password }, into, offset) {
    into[offset] = PASSWORD_VERSION;
    return writeText(password, into, writeText(user, into, offset + 1));
  },
  decode(bytes, start, end) {
    expectVersion(bytes, start, end, PASSWORD_VERSION);
    const [user, afterUser] = readText(bytes, start + 1, end);
    const [password, after] = readText(bytes, afterUser, end);
    if (after !== end) throw new MalformedMessage(`expected nothing behind the password, got ${end - after} bytes`);
    return { user, password };
  },
};

/** What the server says to them: 0 is yes. */
export const socksVerdict: Codec<number> = {
  name: 'SOCKS verdict',
  size: () => 2,
  encode(status, into, offset) {
    into[offset] = PASSWORD_VERSION;
    into[offset + 1] = status;
    return offset + 2;
  },
  decode(bytes, start, end) {
    expectVersion(bytes, start, end, PASSWORD_VERSION);
    if (end - start !== 2) throw new MalformedMessage(`expected 2 bytes, got ${end - start}`);
    return bytes[start + 1] as number;
  },
};

export const socksRequest: Codec<SocksRequest> = {
  name: 'SOCKS request',
  size: ({ to }) => 3 + sizeOfAddress(to),
  encode: ({ command, to }, into, offset) => encodeHead(command, to, into, offset),
  decode(bytes, start, end) {
    const [command, to] = decodeHead(bytes, start, end);
    return { command, to };
  },
};

export const socksReply: Codec<SocksReply> = {
  name: 'SOCKS reply',
  size: ({ bound }) => 3 + sizeOfAddress(bound),
  encode: ({ code, bound }, into, offset) => encodeHead(code, bound, into, offset),
  decode(bytes, start, end) {
    const [code, bound] = decodeHead(bytes, start, end);
    return { code, bound };
  },
};

/** The bytes that a reply, or a request, which begins like this has in all; null while too few of them are there to tell. */
export function socksHeadBytes(bytes: Uint8Array, start: number, end: number): number | null {
  if (end - start < 5) return null;
  switch (bytes[start + 3]) {
    case AddressType.v4:
      return 4 + ENDPOINT_V4_BYTES;
    case AddressType.v6:
      return 4 + ENDPOINT_V6_BYTES;
    case AddressType.name:
      return 4 + 1 + (bytes[start + 4] as number) + 2;
    default:
      throw new MalformedMessage(`expected an address of type 1, 3 or 4, got ${bytes[start + 3]}`);
  }
}

// ---- datagrams (RFC 1928 §7) -----------------------------------------------------------------------------------------------

/** Before every datagram to the relay and from it. */
export function socksDatagramHeadBytes(address: SocksAddress): number {
  return 3 + sizeOfAddress(address);
}

/** Writes it at `offset` and returns the offset after it. */
export function writeSocksDatagramHead(address: SocksAddress, into: Uint8Array, offset: number): number {
  into.fill(0, offset, offset + 3);
  return writeAddress(address, into, offset + 3);
}

/** The head of a datagram, and how many bytes it has. Fragments are refused, as the RFC lets us. */
export function readSocksDatagramHead(bytes: Uint8Array, start: number, end: number): readonly [from: SocksAddress, headBytes: number] {
  if (end - start < 4) throw new MalformedMessage(`expected at least 4 bytes, got ${end - start}`);
  if (bytes[start + 2] !== 0) throw new MalformedMessage('expected a whole datagram, got a fragment');
  const [from, after] = readAddress(bytes, start + 3, end);
  return [from, after - start];
}

// ---- parts -----------------------------------------------------------------------------------------------------------------

function encodeHead(word: number, address: SocksAddress, into: Uint8Array, offset: number): number {
  into[offset] = VERSION;
  into[offset + 1] = word;
  into[offset + 2] = 0;
  return writeAddress(address, into, offset + 3);
}

function decodeHead(bytes: Uint8Array, start: number, end: number): readonly [number, SocksAddress] {
  expectVersion(bytes, start, end, VERSION);
  const [address, after] = readAddress(bytes, start + 3, end);
  if (after !== end) throw new MalformedMessage(`expected nothing behind the port, got ${end - after} bytes`);
  return [bytes[start + 1] as number, address];
}

function sizeOfAddress(address: SocksAddress): number {
  return 'endpoint' in address ? 1 + address.endpoint.length : 4 + utf8Size(address.name);
}

function writeAddress(address: SocksAddress, into: Uint8Array, offset: number): number {
  if ('endpoint' in address) {
    into[offset] = address.endpoint.length === ENDPOINT_V4_BYTES ? AddressType.v4 : AddressType.v6;
    into.set(address.endpoint, offset + 1);
    return offset + 1 + address.endpoint.length;
  }
  into[offset] = AddressType.name;
  return writeU16(into, writeText(address.name, into, offset + 1), address.port);
}

function readAddress(bytes: Uint8Array, at: number, end: number): readonly [SocksAddress, number] {
  const type = at < end ? bytes[at] : -1;
  if (type === AddressType.name) {
    const [name, after] = readText(bytes, at + 1, end);
    if (name === '' || after + 2 > end) throw new MalformedMessage('expected a name and a port');
    return [{ name, port: readU16(bytes, after) }, after + 2];
  }
  if (type !== AddressType.v4 && type !== AddressType.v6) throw new MalformedMessage(`expected an address of type 1, 3 or 4, got ${type}`);
  const after = at + 1 + (type === AddressType.v4 ? ENDPOINT_V4_BYTES : ENDPOINT_V6_BYTES);
  if (after > end) throw new MalformedMessage(`expected an address of ${after - at} bytes, got ${end - at}`);
  return [{ endpoint: bytes.slice(at + 1, after) }, after];
}

function writeText(text: string, into: Uint8Array, offset: number): number {
  const after = writeUtf8(text, into, offset + 1);
  into[offset] = after - offset - 1;
  return after;
}

function readText(bytes: Uint8Array, at: number, end: number): readonly [string, number] {
  const after = at + 1 + (bytes[at] as number);
  if (at >= end || after > end) throw new MalformedMessage('expected a text as long as said');
  const text = bytes.subarray(at + 1, after);
  if (!isUtf8(text)) throw new MalformedMessage('expected UTF-8');
  return [readUtf8(text), after];
}

function expectVersion(bytes: Uint8Array, start: number, end: number, version: number): void {
  const got = start < end ? bytes[start] : -1;
  if (got !== version) throw new MalformedMessage(`expected version ${version}, got ${got}`);
}
