/**
 * What one user shares on its way to another who asks him himself (napster.txt, section 5): over a connection on which that one has said GETLIST, or over one that
 * we dial, because nobody can dial us (SENDLIST). Owns the connection until it is over.
 */

import type { BudgetTurns } from '../../../core/budget-turns.ts';
import type { Endpoint, Host, Stream } from '../../../core/host.ts';
import { utf8Size } from '../../../core/utf8.ts';
import type { Alarm, Alarms } from '../client/alarms.ts';
import { RawStream } from './raw-stream.ts';
import { GREETING, sendListText } from './transfer-texts.ts';

/** Between being dialled and saying something; and without taking anything of the list. */
const ANSWER_MS = 20_000;
const UNTAKEN_MS = 60_000;
/** In one write. */
const LINES_AT_ONCE = 64;

export interface ListOwner {
  readonly alarms: Alarms;
  /** The list counts like any other upload: what it takes, files have to wait for. */
  readonly turns: BudgetTurns;
  onListOver(sender: ListSender): void;
}

export class ListSender extends RawStream {
  private readonly owner: ListOwner;
  private readonly nick: string;
  private readonly lines: readonly string[];
  private readonly alarm: Alarm;
  private state: 'greeting' | 'sending' | 'sent' | 'over' = 'greeting';
  private at = 0;

  /** `lines`: each a file in the words of a share (100). */
  constructor(owner: ListOwner, nick: string, lines: readonly string[]) {
    super();
    this.owner = owner;
    this.nick = nick;
    this.lines = lines;
    this.alarm = owner.alarms.for(this);
  }

  dial(host: Host, endpoint: Endpoint): void {
    this.stream = host.connect(host.peer(endpoint), this, this);
    this.alarm.in(ANSWER_MS);
  }

  /** He has dialled us, and has asked. */
  answer(stream: Stream): void {
    this.stream = stream;
    stream.upgrade(this, this);
    this.begin(`${this.nick}\n`);
  }

  cancel(): void {
    this.stream?.reset();
    this.over();
  }

  protected override takes(bytes: Uint8Array): number {
    if (this.state !== 'greeting') return bytes.length;
    if (bytes[0] === GREETING.charCodeAt(0)) this.begin(sendListText(this.nick));
    else this.cancel();
    return bytes.length;
  }

  override onDrain(): void {
    if (this.state === 'sending') this.pump();
  }

  onAlarm(): void {
    this.cancel();
  }

  private begin(text: string): void {
    this.state = 'sending';
    this.say(text);
    this.pump();
  }

  private pump(): void {
    const { lines } = this;
    this.alarm.in(UNTAKEN_MS);
    let wantsMore = true;
    while (wantsMore && this.at < lines.length) {
      const page = lines.slice(this.at, this.at + LINES_AT_ONCE);
      this.at += page.length;
      wantsMore = this.say(`${page.join('\n')}\n`);
    }
    if (this.at < lines.length) return;
    this.say('\n');
    this.state = 'sent';
    this.stream?.end();
  }

  private say(text: string): boolean {
    this.owner.turns.take(utf8Size(text));
    return this.speak(text);
  }

  protected override over(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.alarm.clear();
    this.owner.onListOver(this);
  }
}
