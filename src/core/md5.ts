/** MD5 (RFC 1321), in which Napster and FastTrack name the beginnings of files. No proof of anything any more. An Md5 owns its state. */

import { BlockHash } from './block-hash.ts';

export const MD5_BYTES = 16;

/** Any number of `update`, then one `digest`. */
export class Md5 extends BlockHash {
  private a = 0x67452301;
  private b = 0xefcdab89 | 0;
  private c = 0x98badcfe | 0;
  private d = 0x10325476;

  /** The 16 bytes; the object is spent. */
  digest(): Uint8Array {
    this.finish(true);
    const hash = new Uint8Array(MD5_BYTES);
    const words = new DataView(hash.buffer);
    for (const [index, word] of [this.a, this.b, this.c, this.d].entries()) words.setInt32(4 * index, word, true);
    return hash;
  }

  protected compress(bytes: Uint8Array, from: number): void {
    const x = BLOCK;
    for (let index = 0, at = from; index < 16; index++, at += 4) {
      x[index] =
        (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    }
    let { a, b, c, d } = this;
    let mixed = 0;
    let word = 0;
    for (let step = 0; step < 64; step++) {
      if (step < 16) {
        mixed = d ^ (b & (c ^ d));
        word = step;
      } else if (step < 32) {
        mixed = c ^ (d & (b ^ c));
        word = (5 * step + 1) & 15;
      } else if (step < 48) {
        mixed = b ^ c ^ d;
        word = (3 * step + 5) & 15;
      } else {
        mixed = c ^ (b | ~d);
        word = (7 * step) & 15;
      }
      const sum = (a + mixed + (x[word] as number) + (CONSTANTS[step] as number)) | 0;
      const shift = SHIFTS[((step >> 4) << 2) | (step & 3)] as number;
      a = d;
      d = c;
      c = b;
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    this.a = (this.a + a) | 0;
    this.b = (this.b + b) | 0;
    this.c = (this.c + c) | 0;
    this.d = (this.d + d) | 0;
  }
}

/** Scratch of `compress`, which is done with it when it returns. */
const BLOCK = new Int32Array(16);
/** By how much the four steps of each round turn the sum. */
const SHIFTS = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);
/** The first 32 bits of the fraction of |sin n|, n from 1 to 64. */
const CONSTANTS = Int32Array.from(
  (
    'd76aa478 e8c7b756 242070db c1bdceee f57c0faf 4787c62a a8304613 fd469501 698098d8 8b44f7af ffff5bb1 895cd7be 6b901122 fd987193 ' +
    'a679438e 49b40821 f61e2562 c040b340 265e5a51 e9b6c7aa d62f105d 02441453 d8a1e681 e7d3fbc8 21e1cde6 c33707d6 f4d50d87 455a14ed ' +
    'a9e3e905 fcefa3f8 676f02d9 8d2a4c8a fffa3942 8771f681 6d9d6122 fde5380c a4beea44 4bdecfa9 f6bb4b60 bebfbc70 289b7ec6 eaa127fa ' +
    'd4ef3085 04881d05 d9d4d039 e6db99e5 1fa27cf8 c4ac5665 f4292244 432aff97 ab9423a7 fc93a039 655b59c3 8f0ccc92 ffeff47d 85845dd1 ' +
    '6fa87e4f fe2ce6e0 a3014314 4e0811a1 f7537e82 bd3af235 2ad7d2bb eb86d391'
  )
    .split(' ')
    .map((word) => Number.parseInt(word, 16) | 0),
);
