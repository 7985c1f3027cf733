/**
 * Extensions of messages (GGEP 0.51): a list of named values behind the byte 0xC3. Where no zero may occur a value is stuffed (COBS), and it may be
 * deflated. What is read is kept as it came, and opened when somebody asks for it. Owns no state.
 */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Compression } from '../../core/compression.ts';

export const GGEP_MAGIC = 0xc3;
export const EXTENSIONS_MAX = 64;
const LAST = 0x80;
const STUFFED = 0x40;
const DEFLATED = 0x20;
const RESERVED = 0x10;
const ID_BYTES_MAX = 15;
/** Three groups of six bits. */
const VALUE_BYTES_MAX = 0x3ffff;
/** What a deflated value may hold. */
const INFLATED_BYTES_MAX = 65_536;

export interface Extension {
  readonly id: string;
  /** As it is on the wire. */
  readonly data: Uint8Array;
  readonly isStuffed: boolean;
  readonly isDeflated: boolean;
}

export type Extensions = readonly Extension[];
export const NO_EXTENSIONS: Extensions = [];
const NO_DATA = new Uint8Array(0);

export function extension(id: string, data: Uint8Array = NO_DATA): Extension {
  return { id, data, isStuffed: false, isDeflated: false };
}

/** An extension for a place where no byte may be zero. */
export function extensionWithoutZeros(id: string, data: Uint8Array): Extension {
  return data.includes(0) ? { id, data: stuffed(data), isStuffed: true, isDeflated: false } : extension(id, data);
}

/** The value of the first extension of that name; null when there is none, or when it is damaged. */
export function valueOf(extensions: Extensions, id: string, compression: Compression | null = null): Uint8Array | null {
  const found = extensions.find((extension) => extension.id === id);
  if (found === undefined) return null;
  const plain = found.isStuffed ? unstuffed(found.data) : found.data;
  if (plain === null || !found.isDeflated) return plain;
  return compression?.inflate(plain, INFLATED_BYTES_MAX) ?? null;
}

/** A whole block, with its magic byte; an empty list is no block at all. */
export const ggepCodec: Codec<Extensions> = {
  name: 'ggep',
  size: (extensions) => ggepSize(extensions),
  encode(extensions, into, offset) {
    if (extensions.length === 0) return offset;
    into[offset] = GGEP_MAGIC;
    let at = offset + 1;
    for (const [index, extension] of extensions.entries()) at = encodeOne(extension, index === extensions.length - 1, into, at);
    return at;
  },
  decode(bytes, start, end) {
    if (start === end) return NO_EXTENSIONS;
    const { extensions, next } = readGgep(bytes, start, end);
    if (next !== end) throw new MalformedMessage(`${end - next} bytes behind the last extension`);
    return extensions;
  },
};

export function ggepSize(extensions: Extensions): number {
  if (extensions.length === 0) return 0;
  let size = 1;
  for (const { id, data } of extensions) size += 1 + id.length + lengthSize(data.length) + data.length;
  return size;
}

/** Reads a block that begins at `start`; what follows it is the caller's. */
export function readGgep(bytes: Uint8Array, start: number, end: number): { readonly extensions: Extensions; readonly next: number } {
  if (start >= end || bytes[start] !== GGEP_MAGIC) throw new MalformedMessage('extensions begin with 0xc3');
  const extensions: Extension[] = [];
  let at = start + 1;
  for (;;) {
    if (at >= end) throw new MalformedMessage('another extension expected, got the end');
    if (extensions.length >= EXTENSIONS_MAX) throw new MalformedMessage(`at most ${EXTENSIONS_MAX} extensions are taken`);
    const flags = bytes[at++] as number;
    const idBytes = flags & ID_BYTES_MAX;
    if ((flags & RESERVED) !== 0 || idBytes === 0 || at + idBytes > end)
      throw new MalformedMessage('the name of an extension has 1 to 15 bytes');
    const id = latin1(bytes, at, at + idBytes);
    at += idBytes;
    let length = 0;
    for (let group = 0; ; group++) {
      if (group === 3 || at >= end) throw new MalformedMessage('the length of an extension has one to three bytes');
      const byte = bytes[at++] as number;
      const isLast = (byte & 0x40) !== 0;
      if (isLast === ((byte & 0x80) !== 0)) throw new MalformedMessage('a byte of a length is the last one or not');
      length = (length << 6) | (byte & 0x3f);
      if (isLast) break;
    }
    if (at + length > end) throw new MalformedMessage(`an extension of ${length} bytes expected, got ${end - at}`);
    extensions.push({
      id,
      data: bytes.slice(at, at + length),
      isStuffed: (flags & STUFFED) !== 0,
      isDeflated: (flags & DEFLATED) !== 0,
    });
    at += length;
    if ((flags & LAST) !== 0) return { extensions, next: at };
  }
}

function encodeOne({ id, data, isStuffed, isDeflated }: Extension, isLast: boolean, into: Uint8Array, offset: number): number {
  if (id.length === 0 || id.length > ID_BYTES_MAX) throw new RangeError(`a name of 1 to ${ID_BYTES_MAX} characters expected, got ${id}`);
  if (data.length > VALUE_BYTES_MAX) throw new RangeError(`a value of at most ${VALUE_BYTES_MAX} bytes expected, got ${data.length}`);
  into[offset] = (isLast ? LAST : 0) | (isStuffed ? STUFFED : 0) | (isDeflated ? DEFLATED : 0) | id.length;
  into.set(latin1Bytes(id), offset + 1);
  let at = offset + 1 + id.length;
  for (let group = lengthSize(data.length) - 1; group >= 0; group--)
    into[at++] = (group === 0 ? 0x40 : 0x80) | ((data.length >> (6 * group)) & 0x3f);
  into.set(data, at);
  return at + data.length;
}

function lengthSize(length: number): number {
  return length < 0x40 ? 1 : length < 0x1000 ? 2 : 3;
}

/** Consistent overhead byte stuffing: each zero becomes the distance to the next one. */
export function stuffed(bytes: Uint8Array): Uint8Array {
  const into = new Uint8Array(bytes.length + Math.floor(bytes.length / 254) + 1);
  let codeAt = 0;
  let at = 1;
  let code = 1;
  for (const [index, byte] of bytes.entries()) {
    if (byte !== 0) {
      into[at++] = byte;
      code++;
    }
    // A full run needs no zero behind it, and no further code when it ends the value.
    if (byte !== 0 && (code < 0xff || index === bytes.length - 1)) continue;
    into[codeAt] = code;
    codeAt = at++;
    code = 1;
  }
  into[codeAt] = code;
  return into.slice(0, at);
}

/** Null when it is not stuffed. */
export function unstuffed(bytes: Uint8Array): Uint8Array | null {
  const into = new Uint8Array(bytes.length);
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at++] as number;
    if (code === 0 || at + code - 1 > bytes.length) return null;
    for (let count = 1; count < code; count++) {
      const byte = bytes[at++] as number;
      if (byte === 0) return null;
      into[to++] = byte;
    }
    if (code < 0xff && at < bytes.length) into[to++] = 0;
  }
  return into.slice(0, to);
}

export function encodedGgep(extensions: Extensions): Uint8Array {
  const bytes = new Uint8Array(ggepSize(extensions));
  ggepCodec.encode(extensions, bytes, 0);
  return bytes;
}
