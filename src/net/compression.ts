/**
 * Zlib for protocols. What Node does at once it does: whole streams, bounded in what comes out, and each piece of one that we send. Taking in a stream
 * in pieces takes fflate, which needs no callback from another thread.
 */

import { constants, deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import { Unzlib } from 'fflate';
import { concatBytes } from '../core/bytes.ts';
import type { Compression, Deflater, Inflater } from '../core/compression.ts';

/** How far back a piece may refer to what was sent before it. */
const WINDOW_BYTES = 32_768;
/** Deflate with that window, at the default level (RFC 1950, 2.2). */
const STREAM_HEAD = Uint8Array.of(0x78, 0x9c);
const NOTHING = new Uint8Array(0);

export const zlibCompression: Compression = {
  deflater: () => new StreamDeflater(),
  inflater: () => new StreamInflater(),
  deflate: (bytes) => deflateSync(bytes),
  inflate(bytes, bytesMax) {
    try {
      return inflateSync(bytes, { maxOutputLength: Math.max(1, bytesMax) });
    } catch {
      return null;
    }
  },
};

/** Each piece is deflated by itself, with what went before as its dictionary, up to a byte boundary: joined they are one stream that never ends. */
class StreamDeflater implements Deflater {
  private window: Uint8Array = NOTHING;
  private head = STREAM_HEAD;

  push(bytes: Uint8Array): Uint8Array {
    const dictionary = this.window.length === 0 ? {} : { dictionary: this.window };
    const piece = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary });
    this.window = concatBytes([this.window, bytes]).slice(-WINDOW_BYTES);
    const { head } = this;
    if (head.length === 0) return piece;
    this.head = NOTHING;
    return concatBytes([head, piece]);
  }
}

class StreamInflater implements Inflater {
  private readonly parts: Uint8Array[] = [];
  private readonly zlib = new Unzlib((part) => void this.parts.push(part));

  push(bytes: Uint8Array): Uint8Array | null {
    try {
      this.zlib.push(bytes.slice());
    } catch {
      return null;
    }
    return concatBytes(this.parts.splice(0));
  }
}
