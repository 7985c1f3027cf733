/**
 * SHA-1 (FIPS 180-4) of small inputs: info-hashes, node ids, tokens. Pieces are hashed by the store, with the platform's own.
 * A Sha1 owns its state and no byte of its input.
 */

import { BlockHash } from './block-hash.ts';

export const SHA1_BYTES = 20;

export function sha1(bytes: Uint8Array): Uint8Array {
  return new Sha1().update(bytes).digest();
}

/** The incremental form: any number of `update`, then one `digest`. */
export class Sha1 extends BlockHash {
  private h0 = 0x67452301;
  private h1 = 0xefcdab89 | 0;
  private h2 = 0x98badcfe | 0;
  private h3 = 0x10325476;
  private h4 = 0xc3d2e1f0 | 0;

  /** The 20 bytes; the object is spent. */
  digest(): Uint8Array {
    this.finish(false);
    const hash = new Uint8Array(SHA1_BYTES);
    const words = new DataView(hash.buffer);
    for (const [index, word] of [this.h0, this.h1, this.h2, this.h3, this.h4].entries()) words.setInt32(4 * index, word);
    return hash;
  }

  protected compress(bytes: Uint8Array, from: number): void {
    const w = SCHEDULE;
    for (let index = 0, at = from; index < 16; index++, at += 4) {
      w[index] =
        ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    }
    for (let index = 16; index < 80; index++) {
      const mixed = (w[index - 3] as number) ^ (w[index - 8] as number) ^ (w[index - 14] as number) ^ (w[index - 16] as number);
      w[index] = (mixed << 1) | (mixed >>> 31);
    }
    let a = this.h0;
    let b = this.h1;
    let c = this.h2;
    let d = this.h3;
    let e = this.h4;
    let round = 0;
    for (; round < 20; round++) {
      const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + 0x5a827999 + (w[round] as number)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    for (; round < 40; round++) {
      const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + (w[round] as number)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    for (; round < 60; round++) {
      const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + 0x8f1bbcdc + (w[round] as number)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    for (; round < 80; round++) {
      const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + (w[round] as number)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    this.h0 = (this.h0 + a) | 0;
    this.h1 = (this.h1 + b) | 0;
    this.h2 = (this.h2 + c) | 0;
    this.h3 = (this.h3 + d) | 0;
    this.h4 = (this.h4 + e) | 0;
  }
}

/** Scratch of `compress`, which is done with it when it returns. */
const SCHEDULE = new Int32Array(80);
