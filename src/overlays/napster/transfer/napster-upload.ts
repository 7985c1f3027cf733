/** One file on its way to one user: reads as fast as he takes it, and as the budget allows. Owns the connection from the moment at which it is known what he wants. */

import type { Body, CloseReason, Stream } from '../../../core/host.ts';
import type { Reading, ReadingOperation } from '../../../core/reading.ts';
import type { SharedFile } from '../../../wire/shared-file.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { RawStream } from './raw-stream.ts';

/** What may be sent: the rate limiter of whoever shares. */
export interface SendingBudget {
  readonly limited: boolean;
  available(now: number): number;
  take(bytes: number, now: number): void;
  msUntil(bytes: number, now: number): number;
}

/** Where the bytes of shared files lie. */
export interface SharedBytes {
  /** Bytes [begin, end). Null: they cannot be had. */
  open(file: SharedFile, begin: number, end: number, operation: ReadingOperation): Reading | null;
}

/** Who sends files, and counts them. */
export interface UploadOwner {
  readonly alarms: Alarms;
  readonly content: SharedBytes;
  readonly budget: SendingBudget | null;
  now(): number;
  onUploadOver(upload: NapsterUpload): void;
  /** The budget is spent: `pump` is called again in turn. */
  throttled(upload: NapsterUpload, waitMs: number): void;
}

const READ_BYTES_MAX = 64 * 1024;
const TURN_BYTES = 16 * 1024;
const READ_AHEAD_BYTES = 256 * 1024;
const QUEUE_BYTES_MAX = 512 * 1024;
/** Who takes nothing for so long is let go: others wait for his place. */
const UNTAKEN_MS = 60_000;

export class NapsterUpload extends RawStream implements ReadingOperation {
  readonly nick: string;
  readonly file: SharedFile;
  sentBytes = 0;
  /** Of what is sent, or being read to be sent. */
  askedBytes = 0;
  /** He has all of it: he ended the connection after the last byte. */
  isComplete = false;
  private readonly owner: UploadOwner;
  private readonly alarm: Alarm;
  private reading: Reading | null = null;
  private unreadBytes: number;
  private readingBytes = 0;
  private isClogged = false;
  private isOver = false;
  /** What was queued when it was looked at last. */
  private queuedBytes = 0;

  constructor(owner: UploadOwner, nick: string, file: SharedFile, offset: number) {
    super();
    this.owner = owner;
    this.nick = nick;
    this.file = file;
    this.unreadBytes = file.bytes - offset;
    this.alarm = owner.alarms.for(this);
  }

  /** `tellsSize`: he has asked (GET) and expects the size in front; who was sent a file (SEND) knows it. False: the file cannot be read. */
  start(stream: Stream, tellsSize: boolean): boolean {
    const { bytes } = this.file;
    if (this.unreadBytes > 0) {
      this.reading = this.owner.content.open(this.file, bytes - this.unreadBytes, bytes, this);
      if (this.reading === null) return false;
    }
    this.stream = stream;
    stream.queueBytesMax = QUEUE_BYTES_MAX;
    stream.upgrade(this, this);
    if (tellsSize) this.speak(String(bytes));
    this.alarm.in(UNTAKEN_MS);
    this.pump();
    return true;
  }

  cancel(): void {
    this.stream?.reset();
    this.over();
  }

  /** Nothing is expected: who goes on talking is not listened to. */
  protected override takes(bytes: Uint8Array): number {
    return bytes.length;
  }

  override onDrain(): void {
    this.isClogged = false;
    this.pump();
  }

  override onEnd(): void {
    // Who has all, has enough, or has gone away.
    this.isComplete = this.unreadBytes + this.readingBytes === 0 && this.stream?.queuedBytes === 0;
    this.stream?.end();
    this.over();
  }

  override onClose(_reason: CloseReason, _detail: string): void {
    this.stream = null;
    this.over();
  }

  onReading(body: Body | null): void {
    const { stream } = this;
    if (this.isOver || stream === null) return;
    // The file has changed under us: what was announced cannot be kept.
    if (body === null) return this.cancel();
    this.readingBytes -= body.length;
    this.sentBytes += body.length;
    this.isClogged = !this.sendBody(body);
    this.pump();
  }

  onAlarm(): void {
    const queued = this.stream?.queuedBytes ?? 0;
    // Nothing was taken, or he does not end what is over.
    if (queued > 0 ? queued >= this.queuedBytes && this.queuedBytes > 0 : this.unreadBytes + this.readingBytes === 0) return this.cancel();
    this.queuedBytes = queued;
    this.alarm.in(UNTAKEN_MS);
  }

  /** Reads on, as far as he and the budget have room. */
  pump(): void {
    const { reading, owner } = this;
    if (reading === null) return this.endWhenSent();
    while (!this.isOver && !this.isClogged && this.unreadBytes > 0 && this.readingBytes < READ_AHEAD_BYTES) {
      const { budget } = owner;
      const isLimited = budget?.limited === true;
      const now = owner.now();
      const wanted = Math.min(isLimited ? TURN_BYTES : READ_BYTES_MAX, this.unreadBytes);
      if (isLimited && budget.available(now) < wanted) {
        this.owner.throttled(this, budget.msUntil(wanted, now));
        return;
      }
      const asked = reading.read(wanted);
      if (asked === 0) return this.cancel();
      budget?.take(asked, now);
      this.unreadBytes -= asked;
      this.askedBytes += asked;
      this.readingBytes += asked;
    }
    this.endWhenSent();
  }

  private endWhenSent(): void {
    if (!this.isOver && this.unreadBytes + this.readingBytes === 0) this.stream?.end();
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reading?.close();
    this.alarm.clear();
    this.owner.onUploadOver(this);
  }
}
