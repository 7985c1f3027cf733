/**
 * Somebody who has dialled us: we greet him and find out what he has come for. His text has no end, so that where a longer one would say something else we
 * wait a moment. Owns the connection until it is somebody's.
 */

import type { Stream } from '../../../core/host.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { RawStream } from './raw-stream.ts';
import { type FileTransferAsk, GREETING, isWholeNumber, mayBecomeAsk, parseAsk, REFUSALS, type TransferAsk } from './transfer-texts.ts';

/** To say what he wants. */
const ASK_MS = 15_000;
/** Text that could go on is over when nothing has come for so long: packets of one write arrive together. */
const SETTLE_MS = 200;
const LINE_END = 10;

/** What those who come are for. */
export interface IncomingDesk {
  readonly alarms: Alarms;
  /** Bytes of what he may mean by that name; the offset that he tells is at most that. Null: nothing of that name. */
  bytesOf(ask: FileTransferAsk): number | null;
  /** The stream is the desk's from now on; false: refused, with that text. */
  onAsk(ask: TransferAsk, stream: Stream): string | null;
  onIncomingOver(peer: IncomingPeer): void;
}

export class IncomingPeer extends RawStream {
  /** His address, to count those that come from one place. */
  readonly place: string;
  private readonly desk: IncomingDesk;
  private readonly alarm: Alarm;
  private isOver = false;

  constructor(desk: IncomingDesk, place: string) {
    super();
    this.desk = desk;
    this.place = place;
    this.alarm = desk.alarms.for(this);
  }

  override onOpen(stream: Stream): void {
    super.onOpen(stream);
    this.speak(GREETING);
    this.alarm.in(ASK_MS);
  }

  protected override takes(bytes: Uint8Array): number {
    if (this.isOver) return bytes.length;
    // Behind a line comes a list, which is for somebody else.
    const line = bytes.indexOf(LINE_END);
    const taken = line < 0 ? bytes.length : line + 1;
    this.keep(bytes.subarray(0, taken));
    const ask = parseAsk(this.heard);
    if (!mayBecomeAsk(this.heard) || (line >= 0 && ask === null)) this.refuse(REFUSALS.invalid);
    else if (ask !== null && this.isWhole(ask)) this.hand(ask);
    else if (ask !== null) this.alarm.in(SETTLE_MS);
    return taken;
  }

  onAlarm(): void {
    const ask = parseAsk(this.heard);
    if (ask === null) this.refuse(REFUSALS.invalid);
    else this.hand(ask);
  }

  drop(): void {
    this.stream?.reset();
    this.over();
  }

  private isWhole(ask: TransferAsk): boolean {
    if (ask.kind === 'send-list') return true;
    // Somebody may be called LIST.
    if (ask.kind === 'get-list') return false;
    const most = this.desk.bytesOf(ask);
    return most === null || isWholeNumber(String(ask.kind === 'get' ? ask.offset : ask.bytes), most);
  }

  private hand(ask: TransferAsk): void {
    const { stream } = this;
    if (stream === null || this.isOver) return;
    const refusal = this.desk.onAsk(ask, stream);
    if (refusal === null) this.over();
    else this.refuse(refusal);
  }

  private refuse(text: string): void {
    this.speak(text);
    this.stream?.end();
    this.over();
  }

  protected override over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.alarm.clear();
    this.desk.onIncomingOver(this);
  }
}
