/**
 * FastTrack's UUHash (giFT, fst_hash.c): MD5 of the first 300 KiB, and a CRC over samples at 1, 2, 4, 8 … MiB and the end. What lies between the
 * samples can be changed at will, and the samples too: it finds files, and proves nothing. Owns what is hashed so far.
 */

import { writeU32 } from '../core/bytes.ts';
import { crc32Step } from '../core/crc32.ts';
import { MD5_BYTES, Md5 } from '../core/md5.ts';

export const UU_SAMPLE_BYTES = 307_200;
export const UU_HASH_BYTES = 20;
const FIRST_SAMPLE_AT = 0x10_0000;

/** Any number of `update`, then one `digest`. */
export class UuHash {
  private readonly totalBytes: number;
  private readonly head = new Md5();
  private readonly tailFrom: number;
  private crc = -1;
  private at = 0;
  private sampleAt = FIRST_SAMPLE_AT;
  /** The end may begin inside the last sample, and its CRC comes after that: so much is kept. */
  private readonly tail: Uint8Array;

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
    this.tail = new Uint8Array(Math.max(0, Math.min(UU_SAMPLE_BYTES, totalBytes - UU_SAMPLE_BYTES)));
    this.tailFrom = totalBytes - this.tail.length;
  }

  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    for (let from = start; from < end; ) {
      const left = end - from;
      // Up to the next place where something begins or ends.
      const step = Math.min(left, this.nextEdge() - this.at);
      this.take(bytes, from, from + step);
      from += step;
      this.at += step;
      if (this.at === this.sampleAt + UU_SAMPLE_BYTES) this.sampleAt *= 2;
    }
    return this;
  }

  digest(): Uint8Array {
    const hash = new Uint8Array(UU_HASH_BYTES);
    hash.set(this.head.digest());
    const word = crc32Step(this.crc, this.tail) ^ (this.totalBytes | 0);
    writeU32(hash, MD5_BYTES, ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24));
    return hash;
  }

  private get hasSample(): boolean {
    return this.sampleAt + 2 * UU_SAMPLE_BYTES <= this.totalBytes;
  }

  private nextEdge(): number {
    const edges = [UU_SAMPLE_BYTES, this.tailFrom, ...(this.hasSample ? [this.sampleAt, this.sampleAt + UU_SAMPLE_BYTES] : [])];
    return Math.min(...edges.filter((edge) => edge > this.at), Number.MAX_SAFE_INTEGER);
  }

  private take(bytes: Uint8Array, from: number, to: number): void {
    if (this.at < UU_SAMPLE_BYTES) this.head.update(bytes, from, to);
    if (this.hasSample && this.at >= this.sampleAt) this.crc = crc32Step(this.crc, bytes, from, to);
    if (this.at >= this.tailFrom) this.tail.set(bytes.subarray(from, to), this.at - this.tailFrom);
  }
}
