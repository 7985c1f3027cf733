/**
 * Zlib streams (RFC 1950) for protocols that compress what they say. Not part of Host: only who needs it is given one (`net/compression.ts`).
 * Everything that comes out of a stranger's stream is bounded by who asks: a kilobyte may hold a megabyte.
 */

export interface Compression {
  /** One direction of a connection, ours. */
  deflater(): Deflater;
  /** One direction of a connection, theirs. */
  inflater(): Inflater;
  /** A whole stream at once. */
  deflate(bytes: Uint8Array): Uint8Array;
  /** A whole stream at once; null when it is none, or holds more than `bytesMax`. */
  inflate(bytes: Uint8Array, bytesMax: number): Uint8Array | null;
}

export interface Deflater {
  /** What has to be sent so that the other side can read all of it now. */
  push(bytes: Uint8Array): Uint8Array;
}

export interface Inflater {
  /** What the bytes hold, the receiver's; at most 1,032 times as much. Null: that is no zlib stream. The bytes are borrowed. */
  push(bytes: Uint8Array): Uint8Array | null;
}
