/** A file that we bring to somebody who cannot come for it: we dial him, say what it is, and he says from where on. Owns the connection until it is an upload. */

import { latin1 } from '../../../core/bytes.ts';
import type { Endpoint, Host, Stream } from '../../../core/host.ts';
import type { SharedFile } from '../../../wire/shared-file.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { RawStream } from './raw-stream.ts';
import { GREETING, isNumber, isWholeNumber, sendText } from './transfer-texts.ts';

const ANSWER_MS = 20_000;
const SETTLE_MS = 200;

export interface PushOwner {
  readonly alarms: Alarms;
  /** The stream is the owner's from now on. */
  onPushAnswered(push: OutgoingPush, stream: Stream, offset: number): void;
  onPushOver(push: OutgoingPush): void;
}

export class OutgoingPush extends RawStream {
  readonly nick: string;
  readonly file: SharedFile;
  private readonly owner: PushOwner;
  private readonly text: string;
  private readonly alarm: Alarm;
  private state: 'greeting' | 'offset' | 'over' = 'greeting';

  constructor(owner: PushOwner, nick: string, file: SharedFile, ownNick: string, fileName: string) {
    super();
    this.owner = owner;
    this.nick = nick;
    this.file = file;
    this.text = sendText(ownNick, fileName, file.bytes);
    this.alarm = owner.alarms.for(this);
  }

  dial(host: Host, endpoint: Endpoint): void {
    this.stream = host.connect(host.peer(endpoint), this, this);
    this.alarm.in(ANSWER_MS);
  }

  cancel(): void {
    this.stream?.reset();
    this.over();
  }

  protected override takes(bytes: Uint8Array): number {
    if (this.state === 'greeting') {
      if (bytes[0] !== GREETING.charCodeAt(0)) {
        this.cancel();
        return bytes.length;
      }
      this.state = 'offset';
      this.speak(this.text);
      return 1;
    }
    if (this.state === 'over') return bytes.length;
    this.keep(bytes);
    const digits = latin1(this.heard);
    // INVALID REQUEST, or an offset behind the end.
    if (!isNumber(digits) || Number(digits) > this.file.bytes) this.cancel();
    else if (isWholeNumber(digits, this.file.bytes)) this.answered();
    else this.alarm.in(SETTLE_MS);
    return bytes.length;
  }

  onAlarm(): void {
    if (this.heard.length > 0) this.answered();
    else this.cancel();
  }

  private answered(): void {
    const { stream } = this;
    if (stream === null || this.state !== 'offset') return;
    this.state = 'over';
    this.alarm.clear();
    this.owner.onPushAnswered(this, stream, Number(latin1(this.heard)));
  }

  protected override over(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.alarm.clear();
    this.owner.onPushOver(this);
  }
}
