/**
 * Ids of nodes and keys: points of 160 bits whose distance is their XOR (Kademlia, section 2.1). A NodeId is immutable and shared by all
 * who know it: five words as small integers, so that what forty nodes of a world know lies in memory once.
 */

import { readU32, writeU32 } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import { ID_BITS, ID_BYTES } from '../../core/id.ts';
import type { Random } from '../../core/random.ts';

export class NodeId {
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
export function readId(bytes: Uint8Array, offset = 0): NodeId {
  return new NodeId(
    readU32(bytes, offset),
    readU32(bytes, offset + 4),
    readU32(bytes, offset + 8),
    readU32(bytes, offset + 12),
    readU32(bytes, offset + 16),
  );
}

export function bytesOfId(id: NodeId): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  writeId(id, bytes, 0);
  return bytes;
}

export function writeId(id: NodeId, into: Uint8Array, offset: number): number {
  writeU32(into, offset, id.w0);
  writeU32(into, offset + 4, id.w1);
  writeU32(into, offset + 8, id.w2);
  writeU32(into, offset + 12, id.w3);
  return writeU32(into, offset + 16, id.w4);
}

export function randomId(random: Random): NodeId {
  return new NodeId(random.u32(), random.u32(), random.u32(), random.u32(), random.u32());
}

/** An id as a key of a Map: ten characters, not for people. */
export function mapKeyOf(id: NodeId): string {
  const { w0, w1, w2, w3, w4 } = id;
  return String.fromCharCode(
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
    w4 >>> 16,
    w4 & 0xffff,
  );
}

export function equalIds(a: NodeId, b: NodeId): boolean {
  return a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3 && a.w4 === b.w4;
}

/** Negative when `a` is nearer to the target, positive when `b` is, 0 when they are equal. */
export function compareXor(target: NodeId, a: NodeId, b: NodeId): number {
  if (a.w0 !== b.w0) return order(target.w0 ^ a.w0, target.w0 ^ b.w0);
  if (a.w1 !== b.w1) return order(target.w1 ^ a.w1, target.w1 ^ b.w1);
  if (a.w2 !== b.w2) return order(target.w2 ^ a.w2, target.w2 ^ b.w2);
  if (a.w3 !== b.w3) return order(target.w3 ^ a.w3, target.w3 ^ b.w3);
  return order(target.w4 ^ a.w4, target.w4 ^ b.w4);
}

/** How many leading bits two ids share, 0 to 160. */
export function prefixBits(a: NodeId, b: NodeId): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  if (a.w3 !== b.w3) return 96 + Math.clz32(a.w3 ^ b.w3);
  return a.w4 === b.w4 ? ID_BITS : 128 + Math.clz32(a.w4 ^ b.w4);
}

/** A bit of the id, 0 being the highest. */
export function bitOf({ w0, w1, w2, w3, w4 }: NodeId, bit: number): number {
  const word = [w0, w1, w2, w3, w4][bit >> 5] as number;
  return (word >>> (31 - (bit & 31))) & 1;
}

/** A random id that shares its first `bits` bits with `near`, and not the next one: an id of that bucket's range. */
export function randomSharing(near: NodeId, bits: number, random: Random): NodeId {
  const word = (own: number, index: number): number => {
    const kept = Math.min(32, Math.max(0, bits - 32 * index));
    const mask = kept === 0 ? 0 : -1 << (32 - kept);
    const drawn = (own & mask) | (random.u32() & ~mask);
    if (bits >> 5 !== index) return drawn;
    const bit = 1 << (31 - (bits & 31));
    return (drawn & ~bit) | (~own & bit);
  };
  return new NodeId(word(near.w0, 0), word(near.w1, 1), word(near.w2, 2), word(near.w3, 3), word(near.w4, 4));
}

/** Order of two words as unsigned numbers. */
function order(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? -1 : a === b ? 0 : 1;
}
