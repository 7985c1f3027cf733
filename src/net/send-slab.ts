/** Memory for small outgoing messages, shared by all streams of a host and used again once every write from it has finished. */

import { STREAM_QUEUE_BYTES } from '../core/host.ts';

/** One slab; thousands of requests, or a few large messages. */
export const SLAB_BYTES = 64 << 10;
/** A message larger than this gets a buffer of its own. */
export const SLAB_MESSAGE_BYTES_MAX = SLAB_BYTES >> 2;
/**
 * Idle slabs that are kept; more are left to the garbage collector. Enciphered blocks go through slabs, and one fast stream then has a
 * full queue of them leaving and another filling.
 */
const SLABS_IDLE_MAX = (2 * STREAM_QUEUE_BYTES) / SLAB_BYTES;

export class SendSlab {
  readonly bytes = new Uint8Array(SLAB_BYTES);
  used = 0;
  /** Batches that hold bytes of this slab and have not left yet. */
  users = 0;
}

export class SlabPool {
  private current = new SendSlab();
  private readonly idle: SendSlab[] = [];

  /** A slab with room for `size` ≤ SLAB_MESSAGE_BYTES_MAX bytes at `used`; the caller moves `used`. */
  withRoom(size: number): SendSlab {
    if (this.current.used + size <= SLAB_BYTES) return this.current;
    const full = this.current;
    this.current = this.idle.pop() ?? new SendSlab();
    if (full.users === 0) this.recycle(full);
    return this.current;
  }

  release(slab: SendSlab): void {
    slab.users--;
    if (slab.users > 0) return;
    if (slab === this.current) slab.used = 0;
    else this.recycle(slab);
  }

  private recycle(slab: SendSlab): void {
    slab.used = 0;
    if (this.idle.length < SLABS_IDLE_MAX) this.idle.push(slab);
  }
}
