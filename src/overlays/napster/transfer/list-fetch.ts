/**
 * The list of what one user shares, from himself: over a connection that we dial (GETLIST), or over one on which he has come (SENDLIST). Bounded in lines,
 * bytes of a line and time, since he may go on for ever. Owns the connection until it is over.
 */

import type { CloseReason, Endpoint, Host, Stream } from '../../../core/host.ts';
import { nickKey } from '../accounts.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { fieldsOf, TEXT_BYTES_MAX, textOf } from '../frames.ts';
import { entryOf, type SharedEntry } from '../shared-entry.ts';
import { RawStream } from './raw-stream.ts';
import { GET_LIST, GREETING } from './transfer-texts.ts';

/** More of one user are not read; servers list no more either. */
export const LISTED_MAX = 5_000;
/** Lines that are no files count as well. */
const LINES_MAX = 2 * LISTED_MAX;
/** From being dialled to the last line. */
const LIST_MS_MAX = 60_000;
const LINE_END = 10;

/** After the last two, or a `cancel`, nothing more comes. */
export interface ListOperation {
  onListed(entry: SharedEntry): void;
  onListDone(): void;
  /** `reached`: he could be dialled at all. */
  onListFailed(reached: boolean): void;
}

export class ListFetch extends RawStream {
  protected override readonly textBytesMax = TEXT_BYTES_MAX;
  private readonly operation: ListOperation;
  private readonly nick: string;
  private readonly alarm: Alarm;
  private state: 'dialling' | 'greeting' | 'nick' | 'lines' | 'over' = 'dialling';
  private files = 0;
  private lines = 0;

  constructor(alarms: Alarms, nick: string, operation: ListOperation) {
    super();
    this.nick = nick;
    this.operation = operation;
    this.alarm = alarms.for(this);
  }

  dial(host: Host, endpoint: Endpoint): void {
    this.stream = host.connect(host.peer(endpoint), this, this);
    this.alarm.in(LIST_MS_MAX);
  }

  /** He has come and has said who he is: the list is next. */
  take(stream: Stream): void {
    this.stream = stream;
    this.state = 'lines';
    stream.upgrade(this, this);
    this.alarm.in(LIST_MS_MAX);
  }

  cancel(): void {
    if (this.state === 'over') return;
    this.over();
    this.stream?.reset();
  }

  override onOpen(stream: Stream): void {
    super.onOpen(stream);
    if (this.state === 'dialling') this.state = 'greeting';
  }

  protected override takes(bytes: Uint8Array): number {
    if (this.state === 'over') return bytes.length;
    if (this.state === 'greeting') {
      if (bytes[0] !== GREETING.charCodeAt(0)) {
        this.fail();
        return bytes.length;
      }
      this.state = 'nick';
      this.speak(GET_LIST);
      return 1;
    }
    const end = bytes.indexOf(LINE_END);
    this.keep(end < 0 ? bytes : bytes.subarray(0, end));
    if (end < 0) return bytes.length;
    const line = textOf(this.heard, 0, this.heard.length).replace(/\r$/, '');
    this.heard = new Uint8Array(0);
    this.onLine(line);
    return end + 1;
  }

  private onLine(line: string): void {
    if (this.state === 'nick') {
      // Somebody else may be there by now; and a refusal is no nick.
      if (nickKey(line) === nickKey(this.nick)) this.state = 'lines';
      else this.fail();
      return;
    }
    if (line === '') return this.done();
    const entry = entryOf(fieldsOf(line), 0);
    if (entry !== null) {
      this.files++;
      this.operation.onListed(entry);
    }
    if (this.files >= LISTED_MAX || ++this.lines >= LINES_MAX) this.done();
  }

  onAlarm(): void {
    this.fail();
  }

  override onEnd(): void {
    // Some end their list with the connection alone.
    if (this.state === 'lines' && this.heard.length === 0) this.done();
    else this.fail();
  }

  override onClose(_reason: CloseReason, _detail: string): void {
    this.stream = null;
    this.fail();
  }

  private done(): void {
    if (!this.over()) return;
    this.stream?.end();
    this.operation.onListDone();
  }

  private fail(): void {
    const reached = this.state !== 'dialling';
    if (!this.over()) return;
    this.stream?.reset();
    this.operation.onListFailed(reached);
  }

  /** False: it was over before. */
  protected override over(): boolean {
    if (this.state === 'over') return false;
    this.state = 'over';
    this.alarm.clear();
    return true;
  }
}
