/**
 * What a stream was told to send and has not sent: bytes in slabs, out of which packets are cut. What was cut is never written again,
 * since packets that are under way, or may have to be sent again, look at it. Owned by one stream.
 */

import type { Codec } from '../../core/codec.ts';
import type { Body, Host, StreamCipher } from '../../core/host.ts';

/** Slabs grow from the first size to the second while more and more is queued: most connections only ever exchange small messages. */
const SLAB_BYTES_MIN = 512;
const SLAB_BYTES_MAX = 128 << 10;

interface Slab {
  readonly bytes: Uint8Array;
  /** What is between is to be sent. */
  start: number;
  end: number;
}

export class OutgoingBytes {
  /** Not cut yet. */
  bytes = 0;
  /** What is queued goes through it, or through none. */
  cipher: StreamCipher | null = null;
  private readonly host: Host;
  private readonly slabs: Slab[] = [];
  private slabBytes = SLAB_BYTES_MIN;

  constructor(host: Host) {
    this.host = host;
  }

  push<M>(codec: Codec<M>, message: M): void {
    const size = codec.size(message);
    const slab = this.withRoom(size);
    codec.encode(message, slab.bytes, slab.end);
    this.grow(slab, size);
  }

  pushBody(body: Body): void {
    const slab = this.withRoom(body.length);
    this.host.packBody(body, slab.bytes, slab.end);
    this.grow(slab, body.length);
  }

  /** The next `bytesMax` bytes, or what there is. */
  cut(bytesMax: number): Uint8Array {
    const size = Math.min(bytesMax, this.bytes);
    this.bytes -= size;
    const first = this.slabs[0] as Slab;
    if (first.end - first.start >= size) return this.take(first, size);
    const joined = new Uint8Array(size);
    for (let filled = 0; filled < size; ) {
      const slab = this.slabs[0] as Slab;
      const part = this.take(slab, Math.min(size - filled, slab.end - slab.start));
      joined.set(part, filled);
      filled += part.length;
    }
    return joined;
  }

  clear(): void {
    this.slabs.length = 0;
    this.bytes = 0;
  }

  private take(slab: Slab, size: number): Uint8Array {
    const part = slab.bytes.subarray(slab.start, slab.start + size);
    slab.start += size;
    // The last one may still have room behind its end.
    if (slab.start === slab.end && (this.slabs.length > 1 || slab.end === slab.bytes.length)) this.slabs.shift();
    return part;
  }

  private withRoom(size: number): Slab {
    const last = this.slabs[this.slabs.length - 1];
    if (last !== undefined && last.end + size <= last.bytes.length) return last;
    this.slabBytes = this.bytes === 0 ? SLAB_BYTES_MIN : Math.min(SLAB_BYTES_MAX, this.slabBytes * 2);
    // An empty one at the head would be cut from for ever.
    if (this.bytes === 0) this.slabs.length = 0;
    const slab = { bytes: new Uint8Array(Math.max(size, this.slabBytes)), start: 0, end: 0 };
    this.slabs.push(slab);
    return slab;
  }

  private grow(slab: Slab, size: number): void {
    this.cipher?.transform(slab.bytes, slab.end, slab.end + size, slab.bytes, slab.end);
    slab.end += size;
    this.bytes += size;
  }
}
