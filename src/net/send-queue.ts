/** What one stream has been told to send and the socket has not taken yet: chunks gathered for one writev. Owned by the stream. */

import type { Writable } from 'node:stream';
import type { Codec } from '../core/codec.ts';
import type { StreamCipher } from '../core/host.ts';
import { type SendSlab, SLAB_MESSAGE_BYTES_MAX, type SlabPool } from './send-slab.ts';
import { type BodyLender, StoredBody } from './stored-body.ts';

export class SendQueue {
  /** Bytes queued or in a write that has not finished. */
  bytes = 0;
  /** What is pushed goes through it, or as it is. */
  cipher: StreamCipher | null = null;
  private readonly pool: SlabPool;
  private chunks: Uint8Array[] = [];
  // Neighbouring small messages are one chunk: it grows in the slab until something else follows.
  private tail: SendSlab | null = null;
  private tailStart = 0;
  private tailEnd = 0;
  private slabs: SendSlab[] = [];
  private lenders: BodyLender[] = [];
  private queuedBytes = 0;
  // The batch that is being written; at most one.
  private writingBytes = 0;
  private writingSlabs: SendSlab[] = [];
  private writingLenders: BodyLender[] = [];

  constructor(pool: SlabPool) {
    this.pool = pool;
  }

  /** Something waits and no write is under way. */
  get ready(): boolean {
    return this.queuedBytes > 0 && this.writingBytes === 0;
  }

  get empty(): boolean {
    return this.bytes === 0;
  }

  get writing(): boolean {
    return this.writingBytes > 0;
  }

  push<M>(codec: Codec<M>, message: M): void {
    const size = codec.size(message);
    if (size === 0) return;
    if (size > SLAB_MESSAGE_BYTES_MAX) {
      const bytes = new Uint8Array(size);
      codec.encode(message, bytes, 0);
      if (this.cipher !== null) this.cipher.transform(bytes, 0, size, bytes, 0);
      this.pushBytes(bytes);
      return;
    }
    const slab = this.pool.withRoom(size);
    const start = slab.used;
    codec.encode(message, slab.bytes, start);
    if (this.cipher !== null) this.cipher.transform(slab.bytes, start, start + size, slab.bytes, start);
    this.take(slab, start, size);
  }

  /** Bytes [start, start + size) of the slab, its next free ones, have been written and follow what is queued. */
  private take(slab: SendSlab, start: number, size: number): void {
    slab.used = start + size;
    if (this.tail !== slab || this.tailEnd !== start) {
      this.cutTail();
      this.tail = slab;
      this.tailStart = start;
      if (this.slabs[this.slabs.length - 1] !== slab) {
        this.slabs.push(slab);
        slab.users++;
      }
    }
    this.tailEnd = start + size;
    this.queuedBytes += size;
    this.bytes += size;
  }

  /** A body is not copied, except when it is queued a second time: once its first send has left, its bytes are used again. */
  pushBody(body: Uint8Array): void {
    if (body.length === 0) return;
    if (this.cipher !== null) return this.pushEnciphered(body, this.cipher);
    if (!(body instanceof StoredBody)) return this.pushBytes(body);
    const lender = body.lender;
    if (lender === null) return this.pushBytes(body.slice());
    body.lender = null;
    this.lenders.push(lender);
    this.pushBytes(body);
  }

  /** Writes all that is queued in one go; `written` is called once, when the socket has taken it or has failed. */
  write(socket: Writable, written: () => void): void {
    this.cutTail();
    const chunks = this.chunks;
    this.chunks = [];
    this.writingBytes = this.queuedBytes;
    this.queuedBytes = 0;
    [this.slabs, this.writingSlabs] = [this.writingSlabs, this.slabs];
    [this.lenders, this.writingLenders] = [this.writingLenders, this.lenders];
    socket.cork();
    const last = chunks.length - 1;
    for (let index = 0; index < last; index++) socket.write(chunks[index]);
    socket.write(chunks[last], written);
    socket.uncork();
  }

  /** The write has finished: its memory may be used again. */
  finished(): void {
    this.bytes -= this.writingBytes;
    this.writingBytes = 0;
    for (const slab of this.writingSlabs) this.pool.release(slab);
    for (const lender of this.writingLenders) lender.returned();
    this.writingSlabs.length = 0;
    this.writingLenders.length = 0;
  }

  /** Forgets everything; only when the socket is gone and will not look at the memory again. */
  clear(): void {
    this.finished();
    for (const slab of this.slabs) this.pool.release(slab);
    for (const lender of this.lenders) lender.returned();
    this.slabs.length = 0;
    this.lenders.length = 0;
    this.chunks = [];
    this.tail = null;
    this.bytes = 0;
    this.queuedBytes = 0;
  }

  /** Others are sent the same bytes: what is enciphered is a copy. The body is held as long as if it left itself. */
  private pushEnciphered(body: Uint8Array, cipher: StreamCipher): void {
    const size = body.length;
    if (size > SLAB_MESSAGE_BYTES_MAX) {
      const bytes = new Uint8Array(size);
      cipher.transform(body, 0, size, bytes, 0);
      this.pushBytes(bytes);
    } else {
      const slab = this.pool.withRoom(size);
      const start = slab.used;
      cipher.transform(body, 0, size, slab.bytes, start);
      this.take(slab, start, size);
    }
    if (!(body instanceof StoredBody) || body.lender === null) return;
    this.lenders.push(body.lender);
    body.lender = null;
  }

  private pushBytes(bytes: Uint8Array): void {
    this.cutTail();
    this.chunks.push(bytes);
    this.queuedBytes += bytes.length;
    this.bytes += bytes.length;
  }

  private cutTail(): void {
    if (this.tail === null) return;
    this.chunks.push(this.tail.bytes.subarray(this.tailStart, this.tailEnd));
    this.tail = null;
  }
}
