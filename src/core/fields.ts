/** The kinds of fields that a declared message can have (`message.ts`): each says how its value is sized, written, read and made up. */

import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { MalformedMessage } from './codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from './endpoint.ts';
import type { Endpoint } from './host.ts';
import type { Random } from './random.ts';
import { isUtf8, readUtf8, utf8Size, writeUtf8 } from './utf8.ts';

export interface Field<T> {
  /** Bytes of every value, or -1 when they differ. */
  readonly fixedBytes: number;
  size(value: T): number;
  /** Throws RangeError for a value that the field cannot hold: only a bug puts one there. */
  encode(value: T, into: Uint8Array, offset: number): number;
  /** Throws MalformedMessage; copies what the value keeps. */
  decode(reader: FieldReader): T;
  /** A value for the codec laws, extremes included. */
  random(random: Random): T;
}

export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** Where decoding stands; `take` is the only way on, so that nothing is read beyond the end. */
export class FieldReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  /** The offset of the next `length` bytes, which are passed over. */
  take(length: number): number {
    const at = this.at;
    if (length > this.end - at) throw new MalformedMessage(`a field of ${length} bytes where ${this.end - at} are left`);
    this.at = at + length;
    return at;
  }
}

const RANDOM_LENGTH_MAX = 40;

export const u8: Field<number> = integer(
  1,
  0xff,
  (into, at, value) => void (into[at] = value),
  (from, at) => from[at] as number,
);
export const u16: Field<number> = integer(2, 0xffff, writeU16, readU16);
export const u32: Field<number> = integer(4, 0xffff_ffff, writeU32, readU32);

/** Whole numbers up to 2^53 - 1 in 8 bytes. */
export const u64: Field<number> = {
  fixedBytes: 8,
  size: () => 8,
  encode(value, into, offset) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`expected a whole number up to 2^53 - 1, got ${value}`);
    return writeU32(into, writeU32(into, offset, Math.floor(value / 0x1_0000_0000)), value % 0x1_0000_0000);
  },
  decode(reader) {
    const at = reader.take(8);
    const high = readU32(reader.bytes, at);
    if (high > 0x1f_ffff) throw new MalformedMessage('a number beyond 2^53 - 1');
    return high * 0x1_0000_0000 + readU32(reader.bytes, at + 4);
  },
  random: (random) => (random.u32() >>> (11 + random.below(21))) * 0x1_0000_0000 + random.u32(),
};

export const i32: Field<number> = {
  fixedBytes: 4,
  size: () => 4,
  encode(value, into, offset) {
    if ((value | 0) !== value) throw new RangeError(`expected a whole number from -2^31 to 2^31 - 1, got ${value}`);
    return writeU32(into, offset, value);
  },
  decode: (reader) => readU32(reader.bytes, reader.take(4)) | 0,
  // `| 0` also turns -0, which has no encoding, into 0.
  random: (random) => (random.u32() | 0) >> random.below(32),
};

export const f64: Field<number> = {
  fixedBytes: 8,
  size: () => 8,
  encode(value, into, offset) {
    DOUBLE.setFloat64(0, value);
    into.set(DOUBLE_BYTES, offset);
    return offset + 8;
  },
  decode(reader) {
    const at = reader.take(8);
    DOUBLE_BYTES.set(reader.bytes.subarray(at, at + 8));
    return DOUBLE.getFloat64(0);
  },
  random: (random) => [0, -0, Number.POSITIVE_INFINITY, Number.MIN_VALUE, random.unit(), -random.unit() * 1e300][random.below(6)] as number,
};

export const bool: Field<boolean> = {
  fixedBytes: 1,
  size: () => 1,
  encode(value, into, offset) {
    into[offset] = value ? 1 : 0;
    return offset + 1;
  },
  decode(reader) {
    const byte = reader.bytes[reader.take(1)] as number;
    if (byte > 1) throw new MalformedMessage(`a boolean is 0 or 1, got ${byte}`);
    return byte === 1;
  },
  random: (random) => random.chance(0.5),
};

/** Exactly `length` bytes. */
export function fixed(length: number): Field<Uint8Array> {
  return {
    fixedBytes: length,
    size: () => length,
    encode(value, into, offset) {
      if (value.length !== length) throw new RangeError(`expected ${length} bytes, got ${value.length}`);
      into.set(value, offset);
      return offset + length;
    },
    decode(reader) {
      const at = reader.take(length);
      return reader.bytes.slice(at, at + length);
    },
    random: (random) => random.fill(new Uint8Array(length)),
  };
}

/** A 160-bit id. */
export const id: Field<Uint8Array> = fixed(20);

/** 0 to `max` bytes. */
export function bytes(max: number): Field<Uint8Array> {
  const prefix = lengthOf(max);
  return {
    fixedBytes: -1,
    size: (value) => prefix.fixedBytes + value.length,
    encode(value, into, offset) {
      const at = encodeLength(value.length, max, prefix, into, offset);
      into.set(value, at);
      return at + value.length;
    },
    decode(reader) {
      const at = reader.take(decodeLength(reader, max, prefix));
      return reader.bytes.slice(at, reader.at);
    },
    random: (random) => random.fill(new Uint8Array(random.below(Math.min(max, RANDOM_LENGTH_MAX) + 1))),
  };
}

/** Text of 0 to `max` bytes of UTF-8. A lone surrogate cannot be sent. */
export function text(max: number): Field<string> {
  const prefix = lengthOf(max);
  return {
    fixedBytes: -1,
    size: (value) => prefix.fixedBytes + utf8Size(value),
    encode: (value, into, offset) => writeUtf8(value, into, encodeLength(utf8Size(value), max, prefix, into, offset)),
    decode(reader) {
      const at = reader.take(decodeLength(reader, max, prefix));
      if (!isUtf8(reader.bytes.subarray(at, reader.at))) throw new MalformedMessage('a text that is no UTF-8');
      return readUtf8(reader.bytes, at, reader.at);
    },
    random: (random) =>
      Array.from(
        { length: random.below(Math.floor(Math.min(max, RANDOM_LENGTH_MAX) / 4) + 1) },
        () => ['a', 'é', '片', '🜁'][random.below(4)],
      ).join(''),
  };
}

/** 0 to `max` values of one kind. */
export function list<T>(of: Field<T>, max: number): Field<readonly T[]> {
  const prefix = lengthOf(max);
  return {
    fixedBytes: -1,
    size(values) {
      if (of.fixedBytes >= 0) return prefix.fixedBytes + values.length * of.fixedBytes;
      let size = prefix.fixedBytes;
      for (const value of values) size += of.size(value);
      return size;
    },
    encode(values, into, offset) {
      let at = encodeLength(values.length, max, prefix, into, offset);
      for (const value of values) at = of.encode(value, into, at);
      return at;
    },
    decode(reader) {
      const values: T[] = [];
      // The array grows with what is there, not with what the length promises.
      for (let left = decodeLength(reader, max, prefix); left > 0; left--) values.push(of.decode(reader));
      return values;
    },
    random: (random) => Array.from({ length: random.below(Math.min(max, 5) + 1) }, () => of.random(random)),
  };
}

/** IPv4 or IPv6 with its port, in compact form. */
export const endpoint: Field<Endpoint> = {
  fixedBytes: -1,
  size: (value) => 1 + value.length,
  encode(value, into, offset) {
    checkEndpointBytes(value.length, RangeError);
    into[offset] = value.length;
    into.set(value, offset + 1);
    return offset + 1 + value.length;
  },
  decode(reader) {
    const length = reader.bytes[reader.take(1)] as number;
    checkEndpointBytes(length, MalformedMessage);
    const at = reader.take(length);
    return reader.bytes.slice(at, reader.at);
  },
  random: (random) => random.fill(new Uint8Array(random.chance(0.7) ? ENDPOINT_V4_BYTES : ENDPOINT_V6_BYTES)),
};

/** A value or null. */
export function optional<T>(of: Field<T>): Field<T | null> {
  return {
    fixedBytes: -1,
    size: (value) => (value === null ? 1 : 1 + of.size(value)),
    encode(value, into, offset) {
      const at = bool.encode(value !== null, into, offset);
      return value === null ? at : of.encode(value, into, at);
    },
    decode: (reader) => (bool.decode(reader) ? of.decode(reader) : null),
    random: (random) => (random.chance(0.5) ? of.random(random) : null),
  };
}

const DOUBLE = new DataView(new ArrayBuffer(8));
const DOUBLE_BYTES = new Uint8Array(DOUBLE.buffer);

function integer(
  length: number,
  max: number,
  write: (into: Uint8Array, at: number, value: number) => unknown,
  read: (bytes: Uint8Array, at: number) => number,
): Field<number> {
  return {
    fixedBytes: length,
    size: () => length,
    encode(value, into, offset) {
      if (value >>> 0 !== value || value > max) throw new RangeError(`expected a whole number from 0 to ${max}, got ${value}`);
      write(into, offset, value);
      return offset + length;
    },
    decode: (reader) => read(reader.bytes, reader.take(length)),
    random: (random) => (random.chance(0.1) ? max : (random.u32() & max) >>> random.below(8 * length)),
  };
}

/** How a length of up to `max` is written. */
function lengthOf(max: number): Field<number> {
  return max <= 0xff ? u8 : max <= 0xffff ? u16 : u32;
}

function encodeLength(length: number, max: number, prefix: Field<number>, into: Uint8Array, offset: number): number {
  if (length > max) throw new RangeError(`expected at most ${max}, got ${length}`);
  return prefix.encode(length, into, offset);
}

function decodeLength(reader: FieldReader, max: number, prefix: Field<number>): number {
  const length = prefix.decode(reader);
  if (length > max) throw new MalformedMessage(`expected at most ${max}, got ${length}`);
  return length;
}

function checkEndpointBytes(length: number, Problem: new (message: string) => Error): void {
  if (length !== ENDPOINT_V4_BYTES && length !== ENDPOINT_V6_BYTES) throw new Problem(`an endpoint has 6 or 18 bytes, got ${length}`);
}
