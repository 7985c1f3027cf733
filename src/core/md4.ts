/** MD4 (RFC 1320), by which eDonkey names files and their parts; the platform's crypto has it no more. An Md4 owns its state and no byte of its input. */

import { BlockHash } from './block-hash.ts';

export const MD4_BYTES = 16;

export function md4(bytes: Uint8Array): Uint8Array {
  return new Md4().update(bytes).digest();
}

/** Any number of `update`, then one `digest`. */
export class Md4 extends BlockHash {
  private a = 0x67452301;
  private b = 0xefcdab89 | 0;
  private c = 0x98badcfe | 0;
  private d = 0x10325476;

  /** The 16 bytes; the object is spent. */
  digest(): Uint8Array {
    this.finish(true);
    const hash = new Uint8Array(MD4_BYTES);
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
    let next = 0;
    for (let step = 0; step < 48; step++) {
      const word = x[ORDER[step] as number] as number;
      if (step < 16) next = (a + (d ^ (b & (c ^ d))) + word) | 0;
      else if (step < 32) next = (a + ((b & c) | (d & (b | c))) + word + 0x5a827999) | 0;
      else next = (a + (b ^ c ^ d) + word + 0x6ed9eba1) | 0;
      const shift = SHIFTS[step] as number;
      a = d;
      d = c;
      c = b;
      b = (next << shift) | (next >>> (32 - shift));
    }
    this.a = (this.a + a) | 0;
    this.b = (this.b + b) | 0;
    this.c = (this.c + c) | 0;
    this.d = (this.d + d) | 0;
  }
}

/** Scratch of `compress`, which is done with it when it returns. */
const BLOCK = new Int32Array(16);
/** Which word each step takes, and by how much it turns the sum. */
const ORDER = Uint8Array.of(
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ...[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  ...[0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
);
const SHIFTS = Uint8Array.from({ length: 48 }, (_, step) => {
  const shifts = [
    [3, 7, 11, 19],
    [3, 5, 9, 13],
    [3, 9, 11, 15],
  ];
  return shifts[step >> 4]?.[step & 3] ?? 0;
});
