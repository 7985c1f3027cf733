/**
 * Writes zlib streams (RFC 1950, 1951): matches of the last 32 KiB in the fixed code, which suits bit tables and short packets, in plain arithmetic, so
 * that a simulated run comes out the same on every machine. Owns the window of one stream.
 */

import { adler32 } from './adler32.ts';
import {
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  FIXED_LENGTHS,
  LENGTH_BASE,
  LENGTH_EXTRA,
  MATCH_BYTES_MAX,
  MATCH_BYTES_MIN,
  WINDOW_BYTES,
} from './deflate-codes.ts';

const HASH_BITS = 12;
/** Header, end of block, sync mark and checksum, and what is left of bits. */
const FRAME_BYTES = 24;
const END_OF_BLOCK = 256;
/** Nothing with that hash has been seen. */
const NOWHERE = -WINDOW_BYTES - 1;

/** One whole stream. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return new Deflater().end(bytes);
}

export class Deflater {
  /** The last bytes before those in hand, and those. */
  private window = new Uint8Array(0);
  /** Where in the whole stream the window begins. */
  private windowAt = 0;
  private readonly heads = new Int32Array(1 << HASH_BITS).fill(NOWHERE);
  private output = new Uint8Array(0);
  private to = 0;
  private hold = 0;
  private bits = 0;
  private isBegun = false;
  private sum = 1;

  /** What stands for these bytes, up to a boundary at which the other side has all of them (Z_SYNC_FLUSH). */
  push(bytes: Uint8Array): Uint8Array {
    this.begin(bytes);
    this.block(bytes, 0);
    this.put(0, 3);
    this.toByte();
    for (const byte of [0, 0, 0xff, 0xff]) this.output[this.to++] = byte;
    return this.output.slice(0, this.to);
  }

  /** The same for the last ones. */
  end(bytes: Uint8Array): Uint8Array {
    this.begin(bytes);
    this.block(bytes, 1);
    this.toByte();
    for (const shift of [24, 16, 8, 0]) this.output[this.to++] = this.sum >>> shift;
    return this.output.slice(0, this.to);
  }

  private begin(bytes: Uint8Array): void {
    // A literal has at most nine bits.
    this.output = new Uint8Array(bytes.length + (bytes.length >> 3) + FRAME_BYTES);
    this.to = 0;
    if (this.isBegun) return;
    this.isBegun = true;
    this.output[this.to++] = 0x78;
    this.output[this.to++] = 0x9c;
  }

  private block(bytes: Uint8Array, isFinal: 0 | 1): void {
    const before = this.window.subarray(Math.max(0, this.window.length - WINDOW_BYTES));
    this.windowAt += this.window.length - before.length;
    const all = new Uint8Array(before.length + bytes.length);
    all.set(before);
    all.set(bytes, before.length);
    this.window = all;
    this.sum = adler32(bytes, this.sum);
    this.put(isFinal | 2, 3);
    for (let at = before.length; at < all.length; ) at += this.next(at);
    this.symbol(END_OF_BLOCK);
  }

  /** Writes a match or a literal; how many bytes it stands for. */
  private next(at: number): number {
    const { window, windowAt } = this;
    if (at + MATCH_BYTES_MIN <= window.length) {
      const hash = this.hashAt(at);
      const earlier = (this.heads[hash] as number) - windowAt;
      this.heads[hash] = at + windowAt;
      if (earlier >= 0 && at - earlier <= WINDOW_BYTES) {
        const longest = Math.min(MATCH_BYTES_MAX, window.length - at);
        let length = 0;
        while (length < longest && window[earlier + length] === window[at + length]) length++;
        if (length >= MATCH_BYTES_MIN) {
          this.match(length, at - earlier);
          return length;
        }
      }
    }
    this.symbol(window[at] as number);
    return 1;
  }

  private hashAt(at: number): number {
    const { window } = this;
    const three = ((window[at] as number) << 16) | ((window[at + 1] as number) << 8) | (window[at + 2] as number);
    return Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
  }

  private match(length: number, distance: number): void {
    const lengthIndex = LENGTH_INDEX[length] as number;
    this.symbol(END_OF_BLOCK + 1 + lengthIndex);
    this.put(length - (LENGTH_BASE[lengthIndex] as number), LENGTH_EXTRA[lengthIndex] as number);
    const distanceIndex = distanceIndexOf(distance);
    this.put(reversed(distanceIndex, 5), 5);
    this.put(distance - (DISTANCE_BASE[distanceIndex] as number), DISTANCE_EXTRA[distanceIndex] as number);
  }

  private symbol(symbol: number): void {
    this.put(FIXED_CODES[symbol] as number, FIXED_LENGTHS[symbol] as number);
  }

  private put(value: number, count: number): void {
    this.hold |= value << this.bits;
    this.bits += count;
    while (this.bits >= 8) {
      this.output[this.to++] = this.hold;
      this.hold >>>= 8;
      this.bits -= 8;
    }
  }

  private toByte(): void {
    if (this.bits > 0) this.put(0, 8 - this.bits);
  }
}

/** Codes are written with their first bit lowest. */
function reversed(code: number, count: number): number {
  let result = 0;
  for (let bit = 0; bit < count; bit++) if ((code & (1 << bit)) !== 0) result |= 1 << (count - 1 - bit);
  return result;
}

function distanceIndexOf(distance: number): number {
  let low = 0;
  for (let high = DISTANCE_BASE.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if ((DISTANCE_BASE[middle] as number) <= distance) low = middle;
    else high = middle;
  }
  return low;
}

const LENGTH_INDEX = Uint8Array.from({ length: MATCH_BYTES_MAX + 1 }, (_, length) =>
  Math.max(
    0,
    LENGTH_BASE.findLastIndex((base) => base <= length),
  ),
);

const FIXED_CODES = Uint16Array.from(FIXED_LENGTHS, (length, symbol) => {
  if (symbol < 144) return reversed(0x30 + symbol, length);
  if (symbol < 256) return reversed(0x190 + symbol - 144, length);
  return symbol < 280 ? reversed(symbol - 256, length) : reversed(0xc0 + symbol - 280, length);
});
