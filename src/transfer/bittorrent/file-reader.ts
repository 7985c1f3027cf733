/**
 * Reads one file of a torrent from a place on, in order, while it loads: each read waits until its piece is verified, then goes through the
 * store. What lies ahead of it has deadlines, by the rate at which it reads. Owned by who opened it, until `close`; known to its Streams.
 */

import type { Bitset } from '../../core/bitset.ts';
import type { Body, ReadOperation, Store } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import { DEADLINES_MAX } from './piece-deadlines.ts';
import { RateMeter } from '../../core/rate-meter.ts';
import type { Streams } from './streams.ts';

/** What it reads in that time is fetched in order, within bounds; what lies beyond comes rarest first, as in any download. */
const AHEAD_MS = 30_000;
const AHEAD_BYTES_MIN = 8 << 20;
const AHEAD_BYTES_MAX = 64 << 20;
/** So long before it is played a piece is late: it takes a while to come from elsewhere. */
const SAFETY_MS = 2_000;
/** Among others who load too, pieces that are played later than that come rarest first: viewers who all fetch the same have nothing to trade. */
const COMPANY_AHEAD_MS = 7_000;
/** A film's, until it has shown its own; and the least, so that a reader that hardly reads has deadlines at all. */
const BYTES_PER_SECOND_START = 1_000_000;
const BYTES_PER_SECOND_MIN = 128_000;

const NOT_WAITING = -1;

/** What is to be read, in bytes of the content. */
export interface FileSpan {
  readonly begin: number;
  readonly end: number;
  readonly pieceBytes: number;
}

interface PendingRead {
  readonly piece: number;
  readonly offset: number;
  readonly length: number;
}

export class FileReader implements Reading, ReadOperation {
  /** Bytes that were handed out. */
  readonly down = new RateMeter();
  private readonly streams: Streams;
  private readonly span: FileSpan;
  private readonly operation: ReadingOperation | null;
  /** When its first byte is needed at the earliest. */
  private readonly neededMs: number;
  /** Where the next read begins, and where the next byte that is handed out lies, in the content. */
  private asked: number;
  private position: number;
  /** Reads whose pieces are not here yet, in order. */
  private readonly pending: PendingRead[] = [];
  private waitingSinceMs = NOT_WAITING;
  /** Bytes a second that are played, where that is known; and when the first byte would have been, had nothing ever stopped it. */
  private playRate: number | null = null;
  private playedSinceMs = -1;
  private closed = false;

  /** Without an operation it only has the span fetched, `leadMs` from now. */
  constructor(streams: Streams, span: FileSpan, operation: ReadingOperation | null, leadMs: number) {
    this.streams = streams;
    this.span = span;
    this.operation = operation;
    this.neededMs = streams.now() + leadMs;
    this.asked = span.begin;
    this.position = span.begin;
  }

  /** Asks for the next bytes, at most so many and never over the end of a piece. Answers how many will come; 0 at the end. */
  read(bytesMax: number): number {
    const { end, pieceBytes } = this.span;
    const piece = Math.floor(this.asked / pieceBytes);
    const offset = this.asked - piece * pieceBytes;
    const length = Math.min(bytesMax, end - this.asked, pieceBytes - offset);
    if (this.closed || length <= 0) return 0;
    this.asked += length;
    this.pending.push({ piece, offset, length });
    this.advance();
    return length;
  }

  /** What is read is played at that rate from its first byte on: it is needed then, and no sooner, however far ahead it is read. */
  playsAt(bytesPerSecond: number | null): void {
    this.playRate = bytesPerSecond;
  }

  /** It is over: nothing more is answered, and nothing more is fetched for it first. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.pending.length = 0;
    this.streams.onReaderClosed(this);
  }

  // ---- what its Streams tell it --------------------------------------------------------------------------------------------

  /** Pieces may have come: reads what is here. */
  advance(): void {
    const { store } = this.streams;
    for (let next = this.pending[0]; next !== undefined && store?.have.has(next.piece) === true; next = this.pending[0]) {
      this.pending.shift();
      store.read(next.piece, next.offset, next.length, this);
    }
    if (this.pending.length === 0) this.waitingSinceMs = NOT_WAITING;
    else if (this.waitingSinceMs === NOT_WAITING) {
      this.waitingSinceMs = this.streams.now();
      this.streams.onReaderMoved();
    }
  }

  /** Nothing can be read any more. */
  fail(): void {
    if (this.closed) return;
    for (let count = this.pending.splice(0).length; count > 0; count--) this.operation?.onReading(null);
  }

  /** It only looked ahead, and all of it is here. */
  isIdle(store: Store): boolean {
    if (this.operation !== null) return false;
    for (let piece = this.pieceAt(this.span.begin); piece * this.span.pieceBytes < this.span.end; piece++)
      if (!store.have.has(piece)) return false;
    return true;
  }

  /** When it needs which of the pieces that are not here, where that is sooner than what stands there. */
  deadlinesInto(deadlines: Map<number, number>, have: Bitset, inCompany: boolean, now: number): void {
    const { end, pieceBytes } = this.span;
    const from = this.pending.length === 0 ? this.position : this.contentOffset(this.pending[0] as PendingRead);
    const { sinceMs, rate } = this.pace(from, now);
    const ahead = Math.max(AHEAD_BYTES_MIN, 2 * pieceBytes, Math.min(AHEAD_BYTES_MAX, (rate * AHEAD_MS) / 1000));
    const until = Math.min(end, from + ahead);
    const untilMs = this.playRate !== null && inCompany ? now + COMPANY_AHEAD_MS : Number.POSITIVE_INFINITY;
    let count = 0;
    for (let piece = this.pieceAt(from); piece * pieceBytes < until && count < DEADLINES_MAX; piece++) {
      if (have.has(piece)) continue;
      count++;
      const atMs = sinceMs + (Math.max(0, piece * pieceBytes - from) * 1000) / rate;
      if (atMs > untilMs) return;
      if (atMs < (deadlines.get(piece) ?? Number.POSITIVE_INFINITY)) deadlines.set(piece, atMs);
    }
  }

  /** When the byte at `from` is needed, and how many a second behind it. */
  private pace(from: number, now: number): { sinceMs: number; rate: number } {
    if (this.operation === null) return { sinceMs: this.neededMs, rate: BYTES_PER_SECOND_START };
    // Who is not waiting is in time, however long it has not read; who waits becomes later and later.
    const readMs = this.waitingSinceMs === NOT_WAITING ? now : this.waitingSinceMs;
    if (this.playRate === null || this.playedSinceMs < 0) {
      const rate = this.down.total === 0 ? BYTES_PER_SECOND_START : Math.max(BYTES_PER_SECOND_MIN, this.down.rate(now));
      return { sinceMs: readMs, rate };
    }
    const rate = Math.max(BYTES_PER_SECOND_MIN, this.playRate);
    return { sinceMs: Math.max(readMs, this.playedSinceMs + ((from - this.span.begin) * 1000) / rate - SAFETY_MS), rate };
  }

  private pieceAt(position: number): number {
    return Math.floor(position / this.span.pieceBytes);
  }

  private contentOffset({ piece, offset }: PendingRead): number {
    return piece * this.span.pieceBytes + offset;
  }

  onRead(piece: number, offset: number, body: Body | null): void {
    if (this.closed) return;
    if (body !== null) {
      this.play(body.length);
      const before = this.pieceAt(this.position);
      this.position = piece * this.span.pieceBytes + offset + body.length;
      if (this.pieceAt(this.position) !== before) this.streams.onReaderMoved();
    }
    this.operation?.onReading(body);
  }

  /** So many bytes more can be played: when nothing was left, playing goes on from here. */
  private play(bytes: number): void {
    const now = this.streams.now();
    const rate = Math.max(BYTES_PER_SECOND_MIN, this.playRate ?? BYTES_PER_SECOND_START);
    const playedMs = ((this.position - this.span.begin) * 1000) / rate;
    if (this.playedSinceMs < 0 || this.playedSinceMs + playedMs < now) this.playedSinceMs = now - playedMs;
    this.down.add(bytes, now);
  }
}
