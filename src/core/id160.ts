/**
 * A point of 160 bits as an object of its own: what the ring of Chord and the XOR metric of Kademlia are made of. Immutable and shared by all
 * who know it: five words as small integers, so that an id known to forty nodes of a world lies in memory once. Where ids lie in rows
 * instead, `IdSlab` has them.
 */

import { readU32, writeU32 } from './bytes.ts';
import type { Field } from './fields.ts';
import { hexOf } from './hex.ts';
import { ID_BYTES } from './id.ts';
import type { Random } from './random.ts';

export class Id160 {
  // Signed, because V8 keeps signed 32-bit numbers in the object itself. Highest word first.
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly w4: number;

  constructor(w0: number, w1: number, w2: number, w3: number, w4: number) {
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
    this.w4 = w4 | 0;
  }

  /** For logs, pages and tests. */
  get hex(): string {
    return hexOf(bytesOfId(this));
  }
}

/** The id in the 20 bytes at `offset`, big-endian. */
export function readId(bytes: Uint8Array, offset = 0): Id160 {
  return new Id160(
    readU32(bytes, offset),
    readU32(bytes, offset + 4),
    readU32(bytes, offset + 8),
    readU32(bytes, offset + 12),
    readU32(bytes, offset + 16),
  );
}

export function bytesOfId(id: Id160): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  writeId(id, bytes, 0);
  return bytes;
}

export function writeId(id: Id160, into: Uint8Array, offset: number): number {
  writeU32(into, offset, id.w0);
  writeU32(into, offset + 4, id.w1);
  writeU32(into, offset + 8, id.w2);
  writeU32(into, offset + 12, id.w3);
  return writeU32(into, offset + 16, id.w4);
}

export function randomId(random: Random): Id160 {
  return new Id160(random.u32(), random.u32(), random.u32(), random.u32(), random.u32());
}

/** An id as a key of a Map: ten characters, not for people. */
export function mapKeyOf(id: Id160): string {
  const { w0, w1, w2, w3, w4 } = id;
  return String.fromCharCode(w0 >>> 16, w0, w1 >>> 16, w1, w2 >>> 16, w2, w3 >>> 16, w3, w4 >>> 16, w4);
}

export function equalIds(a: Id160, b: Id160): boolean {
  return a === b || (a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3 && a.w4 === b.w4);
}

/** 20 bytes in a message. */
export const id160: Field<Id160> = {
  fixedBytes: ID_BYTES,
  size: () => ID_BYTES,
  encode: (value, into, offset) => writeId(value, into, offset),
  decode: (reader) => readId(reader.bytes, reader.take(ID_BYTES)),
  random: randomId,
};
