/** Where the bytes of a stream become messages: the deframer, its handler, and what waits while the handler has paused. Owned by one stream. */

import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../../core/framing.ts';
import type { Body, Host, StreamHandler } from '../../core/host.ts';

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
  private readonly waiting: Uint8Array[] = [];

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

  /** The next bytes. What is wrong with them when they are no frame of the protocol, else null. */
  push(bytes: Uint8Array): string | null {
    if (this.paused || this.waiting.length > 0) {
      this.keep(bytes);
      return null;
    }
    return this.consume(bytes);
  }

  /** What waited while the handler had paused, as far as it goes. */
  pump(): string | null {
    while (!this.paused && !this.closed) {
      const next = this.waiting.shift();
      if (next === undefined) return null;
      this.bytes -= next.length;
      const problem = this.consume(next);
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
      const rest = bytes.subarray(at);
      this.waiting.unshift(rest);
      this.bytes += rest.length;
    }
    return null;
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.waiting.push(bytes);
    this.bytes += bytes.length;
  }
}
