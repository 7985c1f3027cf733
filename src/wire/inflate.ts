/**
 * Reads zlib streams (RFC 1950, 1951), whole or as they come, within bounds that its caller sets: what is inflated comes from strangers. In plain
 * arithmetic, so that protocols which deflate run the same in the simulator and on every machine. Owns the window and the state of one stream.
 */

import { concatBytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { adler32 } from './adler32.ts';
import { DISTANCE_BASE, DISTANCE_EXTRA, FIXED_LENGTHS, LENGTH_BASE, LENGTH_EXTRA, WINDOW_BYTES } from './deflate-codes.ts';
import { HuffmanCode } from './huffman-code.ts';

/** What one call of `run` gives at most. */
const OUTPUT_BYTES = 16_384;
const METHOD_DEFLATE = 8;
const BITS_LONGEST = 15;
const END_OF_BLOCK = 256;
const LITERALS_MAX = 286;
const DISTANCES_MAX = 30;
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const FIXED_LITERALS = new HuffmanCode(FIXED_LENGTHS);
const FIXED_DISTANCES = new HuffmanCode(new Uint8Array(32).fill(5));

const State = {
  head: 0,
  block: 1,
  storedLength: 2,
  storedCheck: 3,
  stored: 4,
  counts: 5,
  lengthLengths: 6,
  lengths: 7,
  symbol: 8,
  lengthExtra: 9,
  distance: 10,
  distanceExtra: 11,
  copy: 12,
  checksum: 13,
  done: 14,
} as const;
type State = (typeof State)[keyof typeof State];

/** Everything that a whole stream holds; throws MalformedMessage where it is none, or holds more. */
export function inflate(bytes: Uint8Array, bytesMax: number, start = 0, end = bytes.length): Uint8Array {
  const inflater = new Inflater();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let at = start; !inflater.done; ) {
    at = inflater.run(bytes, at, end);
    const part = inflater.take();
    length += part.length;
    if (length > bytesMax) throw new MalformedMessage(`at most ${bytesMax} inflated bytes expected`);
    if (part.length > 0) parts.push(part.slice());
    else if (at === end && !inflater.done) throw new MalformedMessage('a zlib stream ends too early');
    if (inflater.done && at < end) throw new MalformedMessage(`${end - at} bytes behind a zlib stream`);
  }
  return concatBytes(parts);
}

export class Inflater {
  private state: State = State.head;
  private hold = 0;
  private bits = 0;
  private isFinal = false;
  private readonly window = new Uint8Array(WINDOW_BYTES + OUTPUT_BYTES);
  /** Where the next byte goes, and where what has not been taken yet begins. */
  private to = 0;
  private from = 0;
  private sum = 1;
  private literals = FIXED_LITERALS;
  private distances = FIXED_DISTANCES;
  private literalCount = 0;
  private distanceCount = 0;
  private lengthLengthCount = 0;
  private lengthCode = FIXED_LITERALS;
  private lengths = new Uint8Array(0);
  private filled = 0;
  /** Left of a stored block, or of a match. */
  private left = 0;
  private distanceBack = 0;
  private extra = 0;
  private base = 0;
  private bytes: Uint8Array = this.window;
  private at = 0;
  private end = 0;

  /** True when the stream has ended, and its checksum was right. */
  get done(): boolean {
    return this.state === State.done;
  }

  /** Goes on with bytes[start, end) until they are used up or `take` has to be called. Answers the offset of the first that was not used. */
  run(bytes: Uint8Array, start: number, end: number): number {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    while (this.to - this.from < OUTPUT_BYTES && this.to < this.window.length && this.step());
    return this.at;
  }

  /** What has come out since it was last called; borrowed until the next call. */
  take(): Uint8Array {
    if (this.to === this.window.length) {
      const output = this.window.slice(this.from, this.to);
      this.window.copyWithin(0, this.to - WINDOW_BYTES, this.to);
      this.to = WINDOW_BYTES;
      this.from = this.to;
      return this.summed(output);
    }
    const output = this.window.subarray(this.from, this.to);
    this.from = this.to;
    return this.summed(output);
  }

  private summed(output: Uint8Array): Uint8Array {
    this.sum = adler32(output, this.sum);
    return output;
  }

  /** One step of whatever is next; false where more bytes are needed, or nothing is left to do. */
  private step(): boolean {
    switch (this.state) {
      case State.head:
        return this.readHead();
      case State.block:
        return this.beginBlock();
      case State.storedLength:
        if (!this.need(16)) return false;
        this.left = this.drop(16);
        this.state = State.storedCheck;
        return true;
      case State.storedCheck:
        if (!this.need(16)) return false;
        if (this.drop(16) !== (this.left ^ 0xffff)) throw new MalformedMessage('a stored block gives two different lengths');
        this.state = State.stored;
        return true;
      case State.stored:
        return this.copyStored();
      case State.counts:
        return this.readCounts();
      case State.lengthLengths:
        return this.readLengthLengths();
      case State.lengths:
        return this.readLengths();
      case State.symbol:
        return this.readSymbol();
      case State.lengthExtra:
        if (!this.need(this.extra)) return false;
        this.left = this.base + this.drop(this.extra);
        this.state = State.distance;
        return true;
      case State.distance:
        return this.readDistance();
      case State.distanceExtra:
        if (!this.need(this.extra)) return false;
        this.distanceBack = this.base + this.drop(this.extra);
        if (this.distanceBack > this.to) throw new MalformedMessage('a match points before the beginning');
        this.state = State.copy;
        return true;
      case State.copy:
        return this.copyMatch();
      case State.checksum:
        return this.readChecksum();
      default:
        return false;
    }
  }

  private readHead(): boolean {
    if (!this.need(16)) return false;
    const method = this.drop(8);
    const flags = this.drop(8);
    if ((method & 15) !== METHOD_DEFLATE || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0 || (flags & 0x20) !== 0) {
      throw new MalformedMessage('a zlib stream expected');
    }
    this.state = State.block;
    return true;
  }

  private beginBlock(): boolean {
    if (this.isFinal) {
      this.dropPartOfByte();
      this.state = State.checksum;
      return true;
    }
    if (!this.need(3)) return false;
    this.isFinal = this.drop(1) === 1;
    const kind = this.drop(2);
    if (kind === 0) {
      this.dropPartOfByte();
      this.state = State.storedLength;
    } else if (kind === 1) {
      this.literals = FIXED_LITERALS;
      this.distances = FIXED_DISTANCES;
      this.state = State.symbol;
    } else if (kind === 2) this.state = State.counts;
    else throw new MalformedMessage('a block of no known kind');
    return true;
  }

  private copyStored(): boolean {
    while (this.left > 0) {
      if (this.to === this.window.length) return false;
      if (!this.need(8)) return false;
      this.window[this.to++] = this.drop(8);
      this.left--;
    }
    this.state = State.block;
    return true;
  }

  private readCounts(): boolean {
    if (!this.need(14)) return false;
    this.literalCount = 257 + this.drop(5);
    this.distanceCount = 1 + this.drop(5);
    this.lengthLengthCount = 4 + this.drop(4);
    if (this.literalCount > LITERALS_MAX || this.distanceCount > DISTANCES_MAX) throw new MalformedMessage('too many codes in a block');
    this.lengths = new Uint8Array(LENGTH_ORDER.length);
    this.filled = 0;
    this.state = State.lengthLengths;
    return true;
  }

  private readLengthLengths(): boolean {
    if (this.filled < this.lengthLengthCount) {
      if (!this.need(3)) return false;
      this.lengths[LENGTH_ORDER[this.filled++] as number] = this.drop(3);
      return true;
    }
    this.lengthCode = new HuffmanCode(this.lengths);
    this.lengths = new Uint8Array(this.literalCount + this.distanceCount);
    this.filled = 0;
    this.state = State.lengths;
    return true;
  }

  private readLengths(): boolean {
    if (this.filled === this.lengths.length) {
      if (this.lengths[END_OF_BLOCK] === 0) throw new MalformedMessage('a block without an end');
      this.literals = new HuffmanCode(this.lengths.subarray(0, this.literalCount));
      this.distances = new HuffmanCode(this.lengths.subarray(this.literalCount));
      this.state = State.symbol;
      return true;
    }
    const taken = this.peekSymbol(this.lengthCode);
    if (taken < 0) return false;
    const symbol = taken >> 4;
    const length = taken & 15;
    if (symbol < 16) {
      this.drop(length);
      this.lengths[this.filled++] = symbol;
      return true;
    }
    const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    if (!this.need(length + extra)) return false;
    this.drop(length);
    const times = this.drop(extra) + (symbol === 18 ? 11 : 3);
    if (this.filled + times > this.lengths.length) throw new MalformedMessage('more code lengths than codes');
    if (symbol === 16 && this.filled === 0) throw new MalformedMessage('nothing before it to repeat');
    this.lengths.fill(symbol === 16 ? (this.lengths[this.filled - 1] as number) : 0, this.filled, this.filled + times);
    this.filled += times;
    return true;
  }

  private readSymbol(): boolean {
    while (this.to < this.window.length) {
      const taken = this.peekSymbol(this.literals);
      if (taken < 0) return false;
      this.drop(taken & 15);
      const symbol = taken >> 4;
      if (symbol < END_OF_BLOCK) {
        this.window[this.to++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) this.state = State.block;
      else {
        const index = symbol - END_OF_BLOCK - 1;
        if (index >= LENGTH_BASE.length) throw new MalformedMessage('a length of no known code');
        this.base = LENGTH_BASE[index] as number;
        this.extra = LENGTH_EXTRA[index] as number;
        this.state = State.lengthExtra;
      }
      return true;
    }
    return false;
  }

  private readDistance(): boolean {
    const taken = this.peekSymbol(this.distances);
    if (taken < 0) return false;
    this.drop(taken & 15);
    const index = taken >> 4;
    if (index >= DISTANCE_BASE.length) throw new MalformedMessage('a distance of no known code');
    this.base = DISTANCE_BASE[index] as number;
    this.extra = DISTANCE_EXTRA[index] as number;
    this.state = State.distanceExtra;
    return true;
  }

  private copyMatch(): boolean {
    const count = Math.min(this.left, this.window.length - this.to);
    for (let copied = 0; copied < count; copied++) this.window[this.to] = this.window[this.to++ - this.distanceBack] as number;
    this.left -= count;
    if (this.left > 0) return false;
    this.state = State.symbol;
    return true;
  }

  private readChecksum(): boolean {
    // What has not been taken yet belongs to the sum.
    if (this.to > this.from) return false;
    if (this.left < 4) {
      if (!this.need(8)) return false;
      this.base = this.left === 0 ? this.drop(8) : ((this.base << 8) | this.drop(8)) >>> 0;
      this.left++;
      return true;
    }
    if (this.base !== this.sum) throw new MalformedMessage('the checksum of a zlib stream is wrong');
    this.state = State.done;
    return true;
  }

  // ---- bits ------------------------------------------------------------------------------------------------------------------

  private need(count: number): boolean {
    while (this.bits < count) {
      if (this.at === this.end) return false;
      this.hold |= (this.bytes[this.at++] as number) << this.bits;
      this.bits += 8;
    }
    return true;
  }

  private drop(count: number): number {
    const value = this.hold & ((1 << count) - 1);
    this.hold >>>= count;
    this.bits -= count;
    return value;
  }

  private dropPartOfByte(): void {
    this.drop(this.bits & 7);
    this.left = 0;
  }

  /** Symbol and length of the next code as `symbol << 4 | length`, or -1 where more bytes are needed. Nothing is dropped. */
  private peekSymbol(code: HuffmanCode): number {
    for (let length = 1; length <= BITS_LONGEST; length++) {
      if (!this.need(length)) return -1;
      const symbol = code.symbolOf(this.hold, length);
      if (symbol >= 0) return (symbol << 4) | length;
    }
    throw new MalformedMessage('bits that are no code');
  }
}
