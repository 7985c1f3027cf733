/** The body of one answer on its way: read as fast as who asked takes it and the budget lets it go. Owned by the connection that answers. */

import type { Codec } from './codec.ts';
import type { Body, Stream } from './host.ts';
import type { Reading, ReadingOperation } from './reading.ts';
import type { BudgetTurns, Pumped } from './budget-turns.ts';

/** Read in one go. */
const READ_BYTES_MAX = 64 * 1024;
/** The same under a limit, where clients take turns. */
const TURN_BYTES = 16 * 1024;
/** Being read, ahead of the stream. */
const READ_AHEAD_BYTES = 256 * 1024;

/** The connection. */
export interface BodyListener {
  /** A part of it was handed to the stream. */
  onBodySent(bytes: number): void;
  onBodyDone(): void;
  /** It cannot be read to its end: the head has promised it, and the end of the connection is all that can still be said. */
  onBodyLost(): void;
}

export class BodySender<H> implements ReadingOperation, Pumped {
  /** Being read for it. */
  readingBytes = 0;
  private readonly turns: BudgetTurns;
  private readonly stream: Stream;
  private readonly listener: BodyListener;
  private readonly codec: Codec<H>;
  private readonly head: H;
  private unreadBytes: number;
  private reading: Reading | null = null;
  private clogged = false;

  /** `codec` says how a part of the body is sent, and `head` to what it belongs. */
  constructor(turns: BudgetTurns, stream: Stream, listener: BodyListener, bytes: number, codec: Codec<H>, head: H) {
    this.turns = turns;
    this.stream = stream;
    this.listener = listener;
    this.codec = codec;
    this.head = head;
    this.unreadBytes = bytes;
  }

  begin(reading: Reading): void {
    this.reading = reading;
    this.pump();
  }

  /** Nothing more is sent. */
  close(): void {
    this.reading?.close();
    this.reading = null;
    this.turns.leave(this);
  }

  /** The stream has room again. */
  onDrain(): void {
    this.clogged = false;
    this.pump();
  }

  pump(): boolean {
    const { reading, turns } = this;
    if (reading === null) return false;
    const before = this.unreadBytes;
    while (!this.clogged && this.unreadBytes > 0 && this.readingBytes < READ_AHEAD_BYTES) {
      const bytesMax = Math.min(turns.limited ? TURN_BYTES : READ_BYTES_MAX, this.unreadBytes);
      if (!turns.mayRead(this, bytesMax)) break;
      const bytes = reading.read(bytesMax);
      if (bytes === 0) break;
      turns.take(bytes);
      this.unreadBytes -= bytes;
      this.readingBytes += bytes;
    }
    return this.unreadBytes < before;
  }

  onReading(body: Body | null): void {
    if (this.reading === null) return;
    if (body === null) return this.listener.onBodyLost();
    this.readingBytes -= body.length;
    this.clogged = !this.stream.sendBulk(this.codec, this.head, body);
    this.listener.onBodySent(body.length);
    if (this.unreadBytes + this.readingBytes > 0) return void this.pump();
    this.close();
    this.listener.onBodyDone();
  }
}
