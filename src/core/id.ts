/**
 * 160-bit ids (Kademlia, Chord, Pastry) as five u32 words in one slab: an Id is an index into it, and means nothing in another.
 * The slab owns the words; comparing two ids allocates nothing and touches two cache lines.
 */

import { readU32, writeU32 } from './bytes.ts';
import { hexOf } from './hex.ts';
import type { Random } from './random.ts';

declare const idBrand: unique symbol;
export type Id = number & { readonly [idBrand]: true };

export const ID_BITS = 160;
export const ID_BYTES = 20;
const WORDS = 5;

export class IdSlab {
  private words: Uint32Array;
  private used = 0;
  /** Freed rows, used again first. */
  private readonly freed: Id[] = [];

  constructor(capacity = 64) {
    this.words = new Uint32Array(capacity * WORDS);
  }

  /** Ids in use. */
  get size(): number {
    return this.used - this.freed.length;
  }

  /** A new id, zero. */
  alloc(): Id {
    const again = this.freed.pop();
    if (again !== undefined) {
      this.words.fill(0, again * WORDS, again * WORDS + WORDS);
      return again;
    }
    if ((this.used + 1) * WORDS > this.words.length) {
      const grown = new Uint32Array(Math.max(this.words.length * 2, WORDS));
      grown.set(this.words);
      this.words = grown;
    }
    return this.used++ as Id;
  }

  /** The id must not be used again, nor freed twice. */
  free(id: Id): void {
    this.freed.push(id);
  }

  /** A new id with the 20 bytes at `offset`, big-endian. */
  fromBytes(bytes: Uint8Array, offset = 0): Id {
    const id = this.alloc();
    this.set(id, bytes, offset);
    return id;
  }

  random(random: Random): Id {
    const id = this.alloc();
    for (let word = 0; word < WORDS; word++) this.words[id * WORDS + word] = random.u32();
    return id;
  }

  set(id: Id, bytes: Uint8Array, offset = 0): void {
    for (let word = 0; word < WORDS; word++) this.words[id * WORDS + word] = readU32(bytes, offset + 4 * word);
  }

  copy(from: Id, into: Id): void {
    this.words.copyWithin(into * WORDS, from * WORDS, from * WORDS + WORDS);
  }

  write(id: Id, into: Uint8Array, offset = 0): number {
    let at = offset;
    for (let word = 0; word < WORDS; word++) at = writeU32(into, at, this.words[id * WORDS + word] as number);
    return at;
  }

  toBytes(id: Id): Uint8Array {
    const bytes = new Uint8Array(ID_BYTES);
    this.write(id, bytes);
    return bytes;
  }

  /** For logs and pages only. */
  hex(id: Id): string {
    return hexOf(this.toBytes(id));
  }

  equal(a: Id, b: Id): boolean {
    return this.compare(a, b) === 0;
  }

  /** Order as numbers: negative, 0 or positive. */
  compare(a: Id, b: Id): number {
    const { words } = this;
    for (let word = 0; word < WORDS; word++) {
      const wa = words[a * WORDS + word] as number;
      const wb = words[b * WORDS + word] as number;
      if (wa !== wb) return wa < wb ? -1 : 1;
    }
    return 0;
  }

  /** Negative when `a` is nearer to the target by XOR (Kademlia, section 2.1), positive when `b` is, 0 when they are equal. */
  compareXor(target: Id, a: Id, b: Id): number {
    const { words } = this;
    for (let word = 0; word < WORDS; word++) {
      const wa = words[a * WORDS + word] as number;
      const wb = words[b * WORDS + word] as number;
      if (wa === wb) continue;
      const wt = words[target * WORDS + word] as number;
      return (wa ^ wt) >>> 0 < (wb ^ wt) >>> 0 ? -1 : 1;
    }
    return 0;
  }

  /** How many leading bits two ids share, 0 to 160. The Kademlia bucket of `b` at node `a` is 159 minus this. */
  prefixBits(a: Id, b: Id): number {
    for (let word = 0; word < WORDS; word++) {
      const difference = (this.words[a * WORDS + word] as number) ^ (this.words[b * WORDS + word] as number);
      if (difference !== 0) return 32 * word + Math.clz32(difference);
    }
    return ID_BITS;
  }

  /** Bit `index`, 0 the highest. */
  bit(id: Id, index: number): number {
    return ((this.words[id * WORDS + (index >> 5)] as number) >>> (31 - (index & 31))) & 1;
  }

  /** x in the open ring interval (a, b), clockwise; (a, a) is the whole ring but a (Chord, figure 4). */
  inOO(x: Id, a: Id, b: Id): boolean {
    const order = this.compare(a, b);
    if (order < 0) return this.compare(a, x) < 0 && this.compare(x, b) < 0;
    if (order > 0) return this.compare(a, x) < 0 || this.compare(x, b) < 0;
    return !this.equal(x, a);
  }

  /** x in the half-open ring interval (a, b], clockwise; (a, a] is the whole ring. */
  inOC(x: Id, a: Id, b: Id): boolean {
    return this.equal(x, b) || this.inOO(x, a, b);
  }

  /** into = a + 2^exponent modulo 2^160: where a Chord finger begins (figure 4). */
  addPowerOfTwo(a: Id, exponent: number, into: Id): void {
    this.copy(a, into);
    let word = WORDS - 1 - (exponent >> 5);
    for (let addend = 2 ** (exponent & 31); word >= 0 && addend > 0; word--) {
      const sum = (this.words[into * WORDS + word] as number) + addend;
      this.words[into * WORDS + word] = sum;
      addend = sum > 0xffff_ffff ? 1 : 0;
    }
  }
}
