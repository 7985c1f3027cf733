/**
 * The first bytes of a stream that somebody opened to our port: one port carries Gnutella, HTTP, GIV and more, told apart by the first four bytes.
 * Owns the stream until it knows.
 */

import { latin1 } from '../../core/bytes.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import type { Body, CloseReason, Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { primed } from '../../core/primed.ts';
import { greetingHeads } from '../../wire/greeting-head.ts';
import type { Handshake } from './handshake.ts';
import type { OtherStreams } from './gnutella-options.ts';

const TELLING_BYTES = 4;
const GNUTELLA = 'GNUT';

/** Who knows what is to become of it. */
export interface GreetingOwner {
  readonly otherStreams: OtherStreams | null;
  /** Null: too many come from there. */
  handshakeFor(stream: Stream): Handshake | null;
  onGreetingEnd(greeting: Greeting): void;
}

/** The first bytes, which stay on the stream but for those that came alone. */
class FirstBytes {
  readonly word: string;
  readonly taken: Uint8Array;

  constructor(word: string, taken: Uint8Array) {
    this.word = word;
    this.taken = taken;
  }
}

/** What comes until it is clear what it is. */
export const greetingFrames: Framing<FirstBytes> = { name: 'first bytes', deframer: () => new GreetingDeframer() };

export class Greeting implements StreamHandler<unknown, unknown> {
  readonly startedAtMs: number;
  /** Where it comes from. */
  readonly peer: Endpoint;
  private readonly owner: GreetingOwner;
  private stream: Stream | null = null;
  private taker: StreamHandler<unknown, unknown> | null = null;

  constructor(owner: GreetingOwner, peer: Endpoint, nowMs: number) {
    this.owner = owner;
    this.peer = peer;
    this.startedAtMs = nowMs;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
  }

  onMessage(message: unknown): void {
    const stream = this.stream as Stream; // It has opened.
    if (message instanceof FirstBytes && message.word === GNUTELLA) {
      const handshake = this.owner.handshakeFor(stream);
      if (handshake === null) return stream.reset();
      this.owner.onGreetingEnd(this);
      stream.upgrade(primed(greetingHeads, message.taken), handshake);
      handshake.onOpen(stream);
      return;
    }
    this.taker = this.owner.otherStreams?.take(stream, message instanceof FirstBytes ? message.taken : new Uint8Array(0)) ?? null;
    if (this.taker === null) return stream.reset();
    this.owner.onGreetingEnd(this);
    // The simulator passes on whole messages of those that need no framing to tell what they are.
    if (!(message instanceof FirstBytes)) this.taker.onMessage(message);
  }

  /** Reported only where messages are passed on whole. */
  onBulk(head: unknown, body: Body, offset: number): void {
    if (this.taker === null) this.onMessage(head);
    this.taker?.onBulk(head, body, offset);
  }

  onDrain(): void {}

  onEnd(): void {
    this.stream?.reset();
  }

  onClose(_reason: CloseReason, _detail: string): void {
    this.owner.onGreetingEnd(this);
  }

  reset(): void {
    this.stream?.reset();
  }
}

class GreetingDeframer implements Deframer<FirstBytes> {
  private kept = new Uint8Array(0);

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<FirstBytes>): number {
    if (!sink.open) return start;
    const missing = TELLING_BYTES - this.kept.length;
    if (end - start < missing) {
      const longer = new Uint8Array(this.kept.length + end - start);
      longer.set(this.kept);
      longer.set(bytes.subarray(start, end), this.kept.length);
      this.kept = longer;
      return end;
    }
    sink.onMessage(new FirstBytes(latin1(this.kept) + latin1(bytes, start, start + missing), this.kept));
    return start;
  }
}
