/** Points of keys: `k` hash functions give a key as many places (SIGCOMM 2001, section 3.3). Owns no state. */

import { readU32 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { type Field, u32, u8 } from '../../core/fields.ts';
import { ID_BYTES } from '../../core/id.ts';
import { type Id160, writeId } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';
import { SHA1_BYTES, sha1 } from '../../core/sha1.ts';
import { DIMENSIONS_MAX, DIMENSIONS_MIN, type Point, SIDE } from './zone.ts';

const WORDS_PER_HASH = SHA1_BYTES / 4;

/** The place of a key by the hash function of that number: words of SHA-1 of key, number and how many hashes went before. */
export function pointOf(key: Id160, hash: number, dims: number): Point {
  const named = new Uint8Array(ID_BYTES + 2);
  writeId(key, named, 0);
  named[ID_BYTES] = hash;
  const point: number[] = [];
  for (let part = 0; point.length < dims; part++) {
    named[ID_BYTES + 1] = part;
    const words = sha1(named);
    for (let word = 0; word < WORDS_PER_HASH && point.length < dims; word++) point.push(readU32(words, 4 * word) & (SIDE - 1));
  }
  return point;
}

export function randomPoint(random: Random, dims: number): Point {
  return Array.from({ length: dims }, () => random.below(SIDE));
}

/** How many coordinates, then each in four bytes. */
export const point: Field<Point> = {
  fixedBytes: -1,
  size: (value) => 1 + 4 * value.length,
  encode(value, into, offset) {
    let at = u8.encode(value.length, into, offset);
    for (const coordinate of value) at = u32.encode(coordinate, into, at);
    return at;
  },
  decode(reader) {
    const dims = u8.decode(reader);
    if (dims < DIMENSIONS_MIN || dims > DIMENSIONS_MAX) throw new MalformedMessage(`a point of ${dims} dimensions`);
    const value: number[] = [];
    for (let dim = 0; dim < dims; dim++) {
      const coordinate = u32.decode(reader);
      if (coordinate >= SIDE) throw new MalformedMessage(`a coordinate of at most ${SIDE - 1} expected, got ${coordinate}`);
      value.push(coordinate);
    }
    return value;
  },
  random: (random) => randomPoint(random, DIMENSIONS_MIN + random.below(DIMENSIONS_MAX - DIMENSIONS_MIN + 1)),
};
