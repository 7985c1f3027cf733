/** Where the bytes of a stream become messages: the deframer, its handler, and what waits while the handler has paused. Owned by one stream. */

import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../../core/framing.ts';
import type { Body, Host, StreamCipher, StreamHandler } from '../../core/host.ts';

/** A run of bytes in memory. */
interface Span {
  readonly buffer: ArrayBufferLike;
  readonly start: number;
  end: number;
}

const NOTHING = new Uint8Array(0);

export class Inlet implements FrameSink<unknown, unknown> {
  handler: StreamHandler<unknown, unknown>;
  paused = false;
  /** Nothing is reported any more. */
  closed = false;
  /** Bytes that wait. */
  bytes = 0;
  private readonly host: Host;
  private deframer: Deframer<unknown, unknown>;
  private upgraded = false;
  private decipher: StreamCipher | null = null;
  /** What the deframer left of the bytes it was given last, deciphered; comes before what waits. */
  private rest: Uint8Array = NOTHING;
  /** As it came. */
  private readonly waiting: Span[] = [];

  constructor(host: Host, framing: Framing<unknown, unknown>, handler: StreamHandler<unknown, unknown>) {
    this.host = host;
    this.deframer = framing.deframer();
    this.handler = handler;
  }

  get open(): boolean {
    return !(this.paused || this.closed || this.upgraded);
  }

  onMessage(message: unknown): void {
    this.handler.onMessage(message);
  }

  onBulk(head: unknown, body: Body, offset: number): void {
    // What deframers report is a slice of the bytes they were given.
    this.handler.onBulk(head, this.host.unpackBody(body as Uint8Array), offset);
  }

  upgrade(framing: Framing<unknown, unknown>, handler: StreamHandler<unknown, unknown>, decipher: StreamCipher | null): void {
    this.deframer = framing.deframer();
    this.handler = handler;
    this.upgraded = true;
    if (decipher === null) return;
    if (this.decipher !== null) throw new Error('expected a stream that is not deciphered yet');
    this.decipher = decipher;
    // What is being consumed right now is seen to by `consume`.
    this.rest = this.deciphered(this.rest);
  }

  /**
   * The next bytes, for `pump` to pass on. Payloads of packets that came one after the other mostly lie behind one another in memory
   * (`packet.ts`), and are passed on as one: the way to the handler is longer than that of the bytes.
   */
  push(payload: Uint8Array): void {
    if (payload.length === 0) return;
    this.bytes += payload.length;
    // What waits for long must not hold the memory of its neighbours.
    const kept = this.paused ? payload.slice() : payload;
    const last = this.waiting[this.waiting.length - 1];
    if (last !== undefined && last.buffer === kept.buffer && last.end === kept.byteOffset) last.end += kept.length;
    else this.waiting.push({ buffer: kept.buffer, start: kept.byteOffset, end: kept.byteOffset + kept.length });
  }

  /** Passes on what has come, as far as the handler takes it. What is wrong when it is no frame of the protocol, else null. */
  pump(): string | null {
    while (!this.paused && !this.closed && this.bytes > 0) {
      const bytes = this.takeNext();
      this.bytes -= bytes.length;
      const problem = this.consume(bytes);
      if (problem !== null) return problem;
    }
    return null;
  }

  private takeNext(): Uint8Array {
    const { rest } = this;
    this.rest = NOTHING;
    if (rest.length > 0) return rest;
    const { buffer, start, end } = this.waiting.shift() as Span;
    return this.deciphered(new Uint8Array(buffer, start, end - start));
  }

  /** In a copy: in the simulator the bytes are those that the sender may have to send again. */
  private deciphered(bytes: Uint8Array): Uint8Array {
    if (this.decipher === null || bytes.length === 0) return bytes;
    const clear = new Uint8Array(bytes.length);
    this.decipher.transform(bytes, 0, bytes.length, clear, 0);
    return clear;
  }

  clear(): void {
    this.closed = true;
    this.waiting.length = 0;
    this.rest = NOTHING;
    this.bytes = 0;
  }

  private consume(given: Uint8Array): string | null {
    let bytes = given;
    let at = 0;
    // Once more for each handler that upgraded the stream in the middle of what has arrived.
    do {
      this.upgraded = false;
      const before = this.decipher;
      try {
        at = this.deframer.push(bytes, at, bytes.length, this);
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        return error.message;
      }
      if (this.decipher === before) continue;
      bytes = this.deciphered(bytes.subarray(at));
      at = 0;
    } while (at < bytes.length && this.upgraded && !this.closed && !this.paused);
    this.upgraded = false;
    if (at < bytes.length && !this.closed) {
      this.rest = bytes.slice(at);
      this.bytes += this.rest.length;
    }
    return null;
  }
}
