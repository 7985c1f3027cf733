/** A user's connection to an index server: dials, logs in, and notices when the server says nothing any more. Owns the stream. */

import type { CloseReason, Endpoint, Host, Stream, StreamHandler } from '../../../core/host.ts';
import { type NapsterMessage, napsterCodec, napsterFrames } from '../frames.ts';
import { Type } from '../message-types.ts';
import type { Alarm, Alarms } from './alarms.ts';
import type { NapsterClientOptions } from './client-options.ts';

const LOGIN_MS = 30_000;
/** A server that has said nothing for so long is asked for its numbers, which all of them tell. */
const SILENCE_MS = 90_000;
const ANSWER_MS = 30_000;

export interface LinkOwner {
  readonly alarms: Alarms;
  readonly options: NapsterClientOptions;
  /** What is told as our port: 0 where nobody can dial us. */
  readonly dataPort: number;
  onLoggedIn(email: string): void;
  onServerMessage(type: number, text: string): void;
  onLinkDrain(): void;
  /** The last call; `why` is for people. */
  onLinkClosed(why: string): void;
}

export class ServerLink implements StreamHandler<NapsterMessage> {
  readonly endpoint: Endpoint;
  private readonly owner: LinkOwner;
  private readonly alarm: Alarm;
  private stream: Stream | null;
  private state: 'dialling' | 'entering' | 'in' | 'closed' = 'dialling';
  private isAsked = false;
  /** What the server said before it let go of us. */
  private lastWords = '';

  constructor(host: Host, owner: LinkOwner, endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.owner = owner;
    this.alarm = owner.alarms.for(this);
    this.stream = host.connect(host.peer(endpoint), napsterFrames, this);
  }

  get isIn(): boolean {
    return this.state === 'in';
  }

  /** False: the server takes no more at the moment. */
  say(type: number, text = ''): boolean {
    return this.stream?.send(napsterCodec, { type, text }) ?? true;
  }

  /** Goodbye is the end of the connection. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.alarm.clear();
    this.stream?.end();
  }

  drop(why: string): void {
    if (this.state === 'closed') return;
    this.stream?.reset();
    this.closed(why);
  }

  onOpen(): void {
    this.state = 'entering';
    this.alarm.in(LOGIN_MS);
    const { entry, nick } = this.owner.options;
    if (entry === 'auto') this.say(Type.checkNick, nick);
    else this.enter(entry === 'register');
  }

  onMessage({ type, text }: NapsterMessage): void {
    if (this.state === 'closed') return;
    if (this.state === 'in') {
      this.isAsked = false;
      this.alarm.in(SILENCE_MS);
      if (type === Type.error) this.lastWords = text;
      this.owner.onServerMessage(type, text);
      return;
    }
    switch (type) {
      case Type.nickFree:
        return this.enter(true);
      // Somebody's: perhaps ours.
      case Type.nickTaken:
        return this.enter(false);
      case Type.nickInvalid:
        return this.drop(`${this.owner.options.nick} is no nick there`);
      case Type.error:
        return this.drop(text);
      case Type.loggedIn:
        this.state = 'in';
        this.alarm.in(SILENCE_MS);
        this.owner.onLoggedIn(text);
        return;
      default:
      // Words of welcome may come before.
    }
  }

  onBulk(): void {}

  onDrain(): void {
    if (this.state === 'in') this.owner.onLinkDrain();
  }

  onEnd(): void {
    this.stream?.end();
    this.closed(this.lastWords === '' ? 'the server has ended the connection' : this.lastWords);
  }

  onClose(reason: CloseReason, detail: string): void {
    this.stream = null;
    this.closed(this.lastWords === '' ? `${reason} ${detail}`.trim() : this.lastWords);
  }

  onAlarm(): void {
    if (this.state !== 'in') this.drop('it did not let us in in time');
    else if (this.isAsked) this.drop('the server is silent');
    else {
      this.isAsked = true;
      this.say(Type.stats);
      this.alarm.in(ANSWER_MS);
    }
  }

  private enter(isNew: boolean): void {
    const { nick, password, client, linkSpeed, email } = this.owner.options;
    const login = `${nick} ${password} ${this.owner.dataPort} "${client}" ${linkSpeed}`;
    if (isNew) this.say(Type.register, `${login} ${email === '' ? `${nick}@localhost` : email}`);
    else this.say(Type.login, login);
  }

  private closed(why: string): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.alarm.clear();
    this.owner.onLinkClosed(why);
  }
}
