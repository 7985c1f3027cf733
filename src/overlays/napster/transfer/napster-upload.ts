/** One file on its way to one user: reads as fast as he takes it, and as the budget allows. Owns the connection from the moment at which it is known what he wants. */

import { type BodyListener, BodySender } from '../../../core/body-sender.ts';
import type { BudgetTurns } from '../../../core/budget-turns.ts';
import type { Stream } from '../../../core/host.ts';
import type { Reading, ReadingOperation } from '../../../core/reading.ts';
import type { SharedFile } from '../../../wire/shared-file.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { RAW_HEAD, type RawHead, rawHeadCodec, RawStream } from './raw-stream.ts';

/** Where the bytes of shared files lie. */
export interface SharedBytes {
  /** Bytes [begin, end). Null: they cannot be had. */
  open(file: SharedFile, begin: number, end: number, operation: ReadingOperation): Reading | null;
}

/** Who sends files, and counts them. */
export interface UploadOwner {
  readonly alarms: Alarms;
  readonly content: SharedBytes;
  readonly turns: BudgetTurns;
  onUploadOver(upload: NapsterUpload): void;
}

const QUEUE_BYTES_MAX = 512 * 1024;
/** Who takes nothing for so long is let go: others wait for his place. */
const UNTAKEN_MS = 60_000;

export class NapsterUpload extends RawStream implements BodyListener {
  readonly nick: string;
  readonly file: SharedFile;
  sentBytes = 0;
  /** He has all of it: he ended the connection after the last byte. */
  isComplete = false;
  private readonly owner: UploadOwner;
  private readonly alarm: Alarm;
  private readonly bytesToSend: number;
  private sender: BodySender<RawHead> | null = null;
  private isOver = false;
  /** What was queued when it was looked at last. */
  private queuedBytes = 0;

  constructor(owner: UploadOwner, nick: string, file: SharedFile, offset: number) {
    super();
    this.owner = owner;
    this.nick = nick;
    this.file = file;
    this.bytesToSend = file.bytes - offset;
    this.alarm = owner.alarms.for(this);
  }

  /** `tellsSize`: he has asked (GET) and expects the size in front; who was sent a file (SEND) knows it. False: the file cannot be read. */
  start(stream: Stream, tellsSize: boolean): boolean {
    const { bytes } = this.file;
    const sender = new BodySender(this.owner.turns, stream, this, this.bytesToSend, rawHeadCodec, RAW_HEAD);
    const reading = this.bytesToSend === 0 ? null : this.owner.content.open(this.file, bytes - this.bytesToSend, bytes, sender);
    if (reading === null && this.bytesToSend > 0) return false;
    this.stream = stream;
    stream.queueBytesMax = QUEUE_BYTES_MAX;
    stream.upgrade(this, this);
    if (tellsSize) this.speak(String(bytes));
    this.alarm.in(UNTAKEN_MS);
    if (reading === null) this.onBodyDone();
    else {
      this.sender = sender;
      sender.begin(reading);
    }
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
    this.sender?.onDrain();
  }

  override onEnd(): void {
    // Who has all, has enough, or has gone away.
    this.isComplete = this.isAllSent && this.stream?.queuedBytes === 0;
    this.stream?.end();
    this.over();
  }

  onBodySent(bytes: number): void {
    this.sentBytes += bytes;
  }

  onBodyDone(): void {
    this.stream?.end();
  }

  /** The file has changed under us: what was announced cannot be kept. */
  onBodyLost(): void {
    this.cancel();
  }

  onAlarm(): void {
    const queued = this.stream?.queuedBytes ?? 0;
    // Nothing was taken, or he does not end what is over.
    if (queued > 0 ? queued >= this.queuedBytes && this.queuedBytes > 0 : this.isAllSent) return this.cancel();
    this.queuedBytes = queued;
    this.alarm.in(UNTAKEN_MS);
  }

  private get isAllSent(): boolean {
    return this.sentBytes === this.bytesToSend;
  }

  protected override over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sender?.close();
    this.alarm.clear();
    this.owner.onUploadOver(this);
  }
}
