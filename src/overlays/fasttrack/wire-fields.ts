/** The kinds of fields that FastTrack's messages are made of beside plain numbers: packed numbers, lengths before and marks behind. Owns no state. */

import { latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Field, FieldReader } from '../../core/fields.ts';
import type { Random } from '../../core/random.ts';
import { isUtf8, readUtf8, utf8Size, writeUtf8 } from '../../core/utf8.ts';

/** Groups of seven bits that a number below 2^53 has. */
const GROUPS_MAX = 8;
const GROUP = 0x80;

/** A whole number in groups of seven bits, the highest first; each but the last has its high bit set (BER). */
export const packed: Field<number> = {
  fixedBytes: -1,
  size(value) {
    let groups = 1;
    for (let rest = Math.floor(value / GROUP); rest > 0; rest = Math.floor(rest / GROUP)) groups++;
    return groups;
  },
  encode(value, into, offset) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`expected a whole number up to 2^53 - 1, got ${value}`);
    const end = offset + packed.size(value);
    let rest = value;
    for (let at = end - 1; at >= offset; at--) {
      into[at] = (rest % GROUP) | (at === end - 1 ? 0 : GROUP);
      rest = Math.floor(rest / GROUP);
    }
    return end;
  },
  decode(reader) {
    let value = 0;
    for (let groups = 0; groups < GROUPS_MAX; groups++) {
      const byte = reader.bytes[reader.take(1)] as number;
      value = value * GROUP + (byte & 0x7f);
      if (byte < GROUP) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new MalformedMessage('a packed number beyond 2^53 - 1');
  },
  random: (random) => Math.floor(random.u32() / 2 ** random.below(32)) * (random.chance(0.1) ? 2 ** 20 : 1),
};

/** Bytes behind their packed length. */
export function packedBytes(max: number): Field<Uint8Array> {
  return {
    fixedBytes: -1,
    size: (value) => packed.size(value.length) + value.length,
    encode(value, into, offset) {
      if (value.length > max) throw new RangeError(`expected at most ${max} bytes, got ${value.length}`);
      const at = packed.encode(value.length, into, offset);
      into.set(value, at);
      return at + value.length;
    },
    decode(reader) {
      const length = packed.decode(reader);
      if (length > max) throw new MalformedMessage(`expected at most ${max} bytes, got ${length}`);
      const at = reader.take(length);
      return reader.bytes.slice(at, reader.at);
    },
    random: (random) => random.fill(new Uint8Array(random.below(Math.min(max, 20) + 1))),
  };
}

/** 0 to `max` values behind their packed number. */
export function packedList<T>(of: Field<T>, max: number): Field<readonly T[]> {
  return {
    fixedBytes: -1,
    size: (values) => values.reduce((sum, value) => sum + of.size(value), packed.size(values.length)),
    encode(values, into, offset) {
      if (values.length > max) throw new RangeError(`expected at most ${max}, got ${values.length}`);
      let at = packed.encode(values.length, into, offset);
      for (const value of values) at = of.encode(value, into, at);
      return at;
    },
    decode(reader) {
      const count = packed.decode(reader);
      if (count > max) throw new MalformedMessage(`expected at most ${max}, got ${count}`);
      const values: T[] = [];
      while (values.length < count) values.push(of.decode(reader));
      return values;
    },
    random: (random) => Array.from({ length: random.below(Math.min(max, 4) + 1) }, () => of.random(random)),
  };
}

/** As many values as the rest of the message holds; what is left over is passed over. */
export function restList<T>(of: Field<T>, bytesMin: number): Field<readonly T[]> {
  return {
    fixedBytes: -1,
    size: (values) => values.reduce((sum, value) => sum + of.size(value), 0),
    encode: (values, into, offset) => values.reduce((at, value) => of.encode(value, into, at), offset),
    decode(reader) {
      const values: T[] = [];
      while (reader.end - reader.at >= bytesMin) values.push(of.decode(reader));
      return values;
    },
    random: (random) => Array.from({ length: random.below(5) }, () => of.random(random)),
  };
}

/** All that is left. */
export const restBytes: Field<Uint8Array> = {
  fixedBytes: -1,
  size: (value) => value.length,
  encode(value, into, offset) {
    into.set(value, offset);
    return offset + value.length;
  },
  decode(reader) {
    const at = reader.take(reader.end - reader.at);
    return reader.bytes.slice(at, reader.end);
  },
  random: (random) => random.fill(new Uint8Array(random.below(40))),
};

/** Text that fills the rest: at most `max` bytes of it are read. */
export function restText(max: number): Field<string> {
  return {
    fixedBytes: -1,
    size: (value) => utf8Size(value),
    encode: (value, into, offset) => writeUtf8(value, into, offset),
    decode(reader) {
      const length = reader.end - reader.at;
      if (length > max) throw new MalformedMessage(`expected a text of at most ${max} bytes, got ${length}`);
      return textOf(reader, reader.take(length), reader.end, max);
    },
    random: randomText,
  };
}

/** Text of at most `max` bytes up to a mark, which cannot be in it. */
export function markedText(mark: number, max: number): Field<string> {
  return {
    fixedBytes: -1,
    size: (value) => utf8Size(value) + 1,
    encode(value, into, offset) {
      const end = writeUtf8(value, into, offset);
      into[end] = mark;
      return end + 1;
    },
    decode(reader) {
      const from = reader.at;
      while (reader.bytes[reader.take(1)] !== mark)
        if (reader.at - from > max) throw new MalformedMessage(`a text of more than ${max} bytes`);
      return textOf(reader, from, reader.at - 1, max);
    },
    random: randomText,
  };
}

/** What is valid UTF-8 is read as that, all else as the Latin-1 of its time. */
export function readText(bytes: Uint8Array): string {
  return isUtf8(bytes) ? readUtf8(bytes) : latin1(bytes);
}

/** Latin-1 takes more bytes as UTF-8: what would be more than `max` then is cut. */
function textOf(reader: FieldReader, from: number, to: number, max: number): string {
  return cutText(readText(reader.bytes.subarray(from, to)), max);
}

/** As much of a text as `max` bytes of UTF-8 hold. */
export function cutText(text: string, max: number): string {
  let bytes = 0;
  let end = 0;
  for (const point of text) {
    bytes += utf8Size(point);
    if (bytes > max) break;
    end += point.length;
  }
  return text.slice(0, end);
}

function randomText(random: Random): string {
  return Array.from({ length: random.below(12) }, () => ['a', 'Z', '7', ' ', 'é', '片'][random.below(6)]).join('');
}
