/**
 * Zlib for protocols, by fflate: it needs no callback from another thread, and its bytes are the same on every machine, so that simulated networks may
 * deflate too. What it leaves to its caller is here: bounds, the checksum, and the end of a stream. Owns the state of each stream.
 */

import { Unzlib, Zlib, zlibSync } from 'fflate';
import { concatBytes, readU32 } from '../core/bytes.ts';
import type { Compression, Deflater, Inflater } from '../core/compression.ts';
import { adler32 } from '../wire/adler32.ts';

/** So much of a whole stream is inflated at a time: half a megabyte comes of it at most before the bound is looked at. */
const INFLATED_AT_ONCE_BYTES = 512;
/** Head, checksum, and at least a bit of a block. */
const STREAM_BYTES_MIN = 7;
const CHECKSUM_BYTES = 4;
/** No block is so long without giving a byte; fflate keeps what comes behind the end of a stream. */
const BARREN_BYTES_MAX = 1 << 17;

export const zlibCompression: Compression = {
  deflater: () => new StreamDeflater(),
  inflater: () => new StreamInflater(),
  deflate: (bytes) => zlibSync(bytes),
  inflate(bytes, bytesMax) {
    if (bytes.length < STREAM_BYTES_MIN) return null;
    const inflater = new StreamInflater();
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let at = 0; at < bytes.length; at += INFLATED_AT_ONCE_BYTES) {
      const part = inflater.push(bytes.subarray(at, at + INFLATED_AT_ONCE_BYTES));
      if (part === null) return null;
      length += part.length;
      if (length > bytesMax) return null;
      parts.push(part);
    }
    const plain = concatBytes(parts);
    // Also what tells a stream that was cut off, or goes on.
    return adler32(plain) === readU32(bytes, bytes.length - CHECKSUM_BYTES) ? plain : null;
  },
};

/**
 * Each piece ends with an empty block in the fixed code (Z_PARTIAL_FLUSH): ten bits, so that all bits before them are out. The stream itself
 * never ends. fflate's own flush to a byte boundary (0.8.3) writes blocks that zlib refuses.
 */
class StreamDeflater implements Deflater {
  private readonly parts: Uint8Array[] = [];
  private readonly zlib = new Zlib({}, (part) => void this.parts.push(part));

  push(bytes: Uint8Array): Uint8Array {
    this.zlib.push(bytes);
    this.zlib.flush();
    this.zlib.flush();
    return concatBytes(this.parts.splice(0));
  }
}

class StreamInflater implements Inflater {
  private readonly parts: Uint8Array[] = [];
  private readonly zlib = new Unzlib((part) => void this.parts.push(part));
  private barrenBytes = 0;

  push(bytes: Uint8Array): Uint8Array | null {
    try {
      this.zlib.push(bytes.slice());
    } catch {
      return null;
    }
    const plain = concatBytes(this.parts.splice(0));
    this.barrenBytes = plain.length > 0 ? 0 : this.barrenBytes + bytes.length;
    return this.barrenBytes > BARREN_BYTES_MAX ? null : plain;
  }
}
