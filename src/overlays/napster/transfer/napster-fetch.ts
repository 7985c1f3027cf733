/**
 * One try to get a file from one holder, from an offset to its end: over a connection that we dial (GET), or over one on which he has come (SEND).
 * Owns the connection until it is over.
 */

import { latin1 } from '../../../core/bytes.ts';
import type { Body, CloseReason, Endpoint, Host, Stream } from '../../../core/host.ts';
import { safeText } from '../../../wire/safe-text.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { type RawHead, RawStream } from './raw-stream.ts';
import { getText, GREETING, isNumber } from './transfer-texts.ts';

/** Between being dialled and the first byte of the file: the holder may have to spin up a disk, and no more. */
const GREETING_MS = 20_000;
/** A holder who sends nothing for so long has stalled. */
const STALL_MS = 30_000;
const REFUSAL_LENGTH_MAX = 120;

/** Told of one fetch, in events. After the last two, or a `cancel`, nothing more comes. */
export interface FetchOperation {
  /** The next bytes, borrowed. False: no more until `resume`. */
  onFetched(body: Body, offset: number): boolean;
  onFetchDone(): void;
  /** `reached`: he could be dialled at all. */
  onFetchFailed(why: string, reached: boolean): void;
}

export interface FetchWish {
  readonly ownNick: string;
  /** As the holder calls it. */
  readonly fileName: string;
  /** Of the whole file; a holder who tells another number has another file. */
  readonly bytes: number;
  readonly offset: number;
}

export class NapsterFetch extends RawStream {
  private readonly wish: FetchWish;
  private readonly operation: FetchOperation;
  private readonly alarm: Alarm;
  private state: 'dialling' | 'greeting' | 'size' | 'body' | 'over' = 'dialling';
  private at: number;
  private isHeld = false;

  constructor(alarms: Alarms, wish: FetchWish, operation: FetchOperation) {
    super();
    this.wish = wish;
    this.operation = operation;
    this.at = wish.offset;
    this.alarm = alarms.for(this);
  }

  dial(host: Host, endpoint: Endpoint): void {
    this.stream = host.connect(host.peer(endpoint), this, this);
    this.alarm.in(GREETING_MS);
  }

  /** The holder has come, and has said what he brings: we say from where on. */
  take(stream: Stream): void {
    this.stream = stream;
    stream.upgrade(this, this);
    this.speak(String(this.wish.offset));
    this.begin();
  }

  pause(): void {
    this.isHeld = true;
    this.stream?.pause();
    this.alarm.clear();
  }

  resume(): void {
    if (!this.isHeld || this.state === 'over') return;
    this.isHeld = false;
    this.stream?.resume();
    this.alarm.in(STALL_MS);
  }

  cancel(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.alarm.clear();
    this.stream?.reset();
  }

  override onOpen(stream: Stream): void {
    super.onOpen(stream);
    if (this.state === 'dialling') this.state = 'greeting';
  }

  protected override takes(bytes: Uint8Array): number {
    if (this.state === 'greeting') {
      if (bytes[0] !== GREETING.charCodeAt(0)) {
        this.fail(`expected the greeting of a Napster user, got ${bytes[0]}`);
        return bytes.length;
      }
      this.state = 'size';
      const { ownNick, fileName, offset } = this.wish;
      this.speak(getText(ownNick, fileName, offset));
      return 1;
    }
    if (this.state !== 'size') return bytes.length;
    // The number ends where it is the one that we know: a file may begin with a digit.
    const known = String(this.wish.bytes);
    for (let taken = 1; taken <= bytes.length; taken++) {
      const text = latin1(this.heard) + latin1(bytes, 0, taken);
      if (text === known) {
        this.begin();
        return taken;
      }
      if (known.startsWith(text)) continue;
      if (isNumber(text)) {
        this.fail(`expected a file of ${known} bytes, his has ${text} or more`);
        return bytes.length;
      }
      break;
    }
    this.keep(bytes);
    if (this.heard.length >= REFUSAL_LENGTH_MAX) this.fail(this.refusal());
    return bytes.length;
  }

  override onBulk(_head: RawHead, body: Body, _offset: number): void {
    if (this.state !== 'body') return;
    const length = Math.min(body.length, this.wish.bytes - this.at);
    const offset = this.at;
    this.at += length;
    const wantsMore = this.operation.onFetched(length === body.length ? body : body.subarray(0, length), offset);
    if (this.over) return;
    if (this.at === this.wish.bytes) this.done();
    else if (wantsMore) this.alarm.in(STALL_MS);
    else this.pause();
  }

  onAlarm(): void {
    this.fail(this.state === 'size' && this.heard.length > 0 ? this.refusal() : `nothing came for too long (${this.state})`);
  }

  override onEnd(): void {
    this.stream?.end();
    if (this.state === 'size' && this.heard.length > 0) this.fail(this.refusal());
    else this.fail(`it ended after ${this.at} of ${this.wish.bytes} bytes`);
  }

  override onClose(reason: CloseReason, detail: string): void {
    this.stream = null;
    this.fail(`${reason} ${detail}`.trim());
  }

  private get over(): boolean {
    return this.state === 'over';
  }

  private begin(): void {
    this.state = 'body';
    this.beginBody();
    this.alarm.in(STALL_MS);
    if (this.at === this.wish.bytes) this.done();
  }

  /** In his words, as far as there are any. */
  private refusal(): string {
    return `he refuses: ${safeText(latin1(this.heard), REFUSAL_LENGTH_MAX)}`;
  }

  private done(): void {
    this.state = 'over';
    this.alarm.clear();
    this.stream?.end();
    this.operation.onFetchDone();
  }

  private fail(why: string): void {
    if (this.state === 'over') return;
    const reached = this.state !== 'dialling';
    this.state = 'over';
    this.alarm.clear();
    this.stream?.reset();
    this.operation.onFetchFailed(why, reached);
  }
}
