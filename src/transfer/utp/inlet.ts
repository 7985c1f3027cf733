/** Where the bytes of a stream become messages: the deframer, its handler, and what waits while the handler has paused. Owned by one stream. */

import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../../core/framing.ts';
import type { Body, Host, StreamHandler } from '../../core/host.ts';

/** A run of bytes in memory. */
interface Span {
  readonly buffer: ArrayBufferLike;
  readonly start: number;
  end: number;
}

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

  upgrade(framing: Framing<unknown, unknown>, handler: StreamHandler<unknown, unknown>): void {
    this.deframer = framing.deframer();
    this.handler = handler;
    this.upgraded = true;
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
    while (!this.paused && !this.closed) {
      const next = this.waiting.shift();
      if (next === undefined) return null;
      this.bytes -= next.end - next.start;
      const problem = this.consume(new Uint8Array(next.buffer, next.start, next.end - next.start));
      if (problem !== null) return problem;
    }
    return null;
  }

  clear(): void {
    this.closed = true;
    this.waiting.length = 0;
    this.bytes = 0;
  }

  private consume(bytes: Uint8Array): string | null {
    let at = 0;
    // Once more for each handler that upgraded the stream in the middle of what has arrived.
    do {
      this.upgraded = false;
      try {
        at = this.deframer.push(bytes, at, bytes.length, this);
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        return error.message;
      }
    } while (at < bytes.length && this.upgraded && !this.closed && !this.paused);
    this.upgraded = false;
    if (at < bytes.length && !this.closed) {
      const rest = bytes.slice(at);
      this.waiting.unshift({ buffer: rest.buffer, start: 0, end: rest.length });
      this.bytes += rest.length;
    }
    return null;
  }
}
