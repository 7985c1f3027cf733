/**
 * Looking at all that one user shares: he is asked himself (640), so that it is what he shares now; where he does not show it, nobody gets to him, or his program is too old
 * for that, the server is asked (211). Owns the looks under way, by who is looked at: what nobody waits for is dropped.
 */

import type { Endpoint, Host, Stream } from '../../../core/host.ts';
import { nickKey } from '../accounts.ts';
import { Type } from '../message-types.ts';
import type { SharedEntry } from '../shared-entry.ts';
import { ListFetch, type ListOperation } from '../transfer/list-fetch.ts';
import type { Alarm, Alarms } from './alarms.ts';
import { toldEndpoint } from './told-endpoint.ts';
import type { BrowseListener, Questions } from './questions.ts';

const LOOKS_MAX = 16;
/** Programs answer by themselves; those that know nothing of it say nothing. */
const ANSWER_MS = 5_000;

export interface LookDesk {
  readonly host: Host;
  readonly alarms: Alarms;
  readonly isOnline: boolean;
  readonly questions: Questions;
  readonly serverEndpoint: Endpoint | null;
  say(type: number, text: string): void;
  reportUndialled(nick: string): void;
  onDropped(type: number): void;
}

export class Looks {
  readonly desk: LookDesk;
  private readonly pending = new Map<string, Look>();

  constructor(desk: LookDesk) {
    this.desk = desk;
  }

  /** Told of each file, and of the end, in later events; nothing after `stop`. */
  begin(nick: string, listener: BrowseListener): Look {
    const look = new Look(this, nick, listener);
    // Answers name no question: who is looked at already cannot be looked at a second time.
    if (!this.desk.isOnline || this.pending.size >= LOOKS_MAX || this.pending.has(look.key)) look.endSoon();
    else {
      this.pending.set(look.key, look);
      look.wait(ANSWER_MS);
      this.desk.say(Type.directBrowse, nick);
    }
    return look;
  }

  /** True: it is one of these. */
  onMessage(type: number, [nick = '', ip, port]: readonly string[]): boolean {
    if (type !== Type.directBrowseAccept && type !== Type.directBrowseError) return false;
    const look = this.pending.get(nickKey(nick));
    if (look === undefined || !look.isUnanswered) this.desk.onDropped(type);
    else if (type === Type.directBrowseError) look.askServer();
    // With port 0 it is he who comes.
    else if (port !== '0') look.dial(toldEndpoint(ip, port, this.desk.serverEndpoint));
    return true;
  }

  /** Somebody has come with his list: the stream is the look's. False: nobody waits for him. */
  onCaller(nick: string, stream: Stream): boolean {
    const look = this.pending.get(nickKey(nick));
    if (look?.isUnanswered !== true) return false;
    look.take(stream);
    return true;
  }

  onServerGone(): void {
    for (const look of [...this.pending.values()]) if (look.isUnanswered) look.askServer();
  }

  forget(look: Look): void {
    if (this.pending.get(look.key) === look) this.pending.delete(look.key);
  }
}

export class Look implements ListOperation, BrowseListener {
  readonly key: string;
  private readonly owner: Looks;
  private readonly nick: string;
  private readonly listener: BrowseListener;
  private readonly alarm: Alarm;
  private state: 'asked' | 'listing' | 'server' | 'over' = 'asked';
  private fetch: ListFetch | null = null;
  private count = 0;

  constructor(owner: Looks, nick: string, listener: BrowseListener) {
    this.owner = owner;
    this.nick = nick;
    this.key = nickKey(nick);
    this.listener = listener;
    this.alarm = owner.desk.alarms.for(this);
  }

  get isUnanswered(): boolean {
    return this.state === 'asked';
  }

  stop(): void {
    this.over();
  }

  wait(ms: number): void {
    this.alarm.in(ms);
  }

  endSoon(): void {
    this.state = 'server';
    this.alarm.in(0);
  }

  onAlarm(): void {
    if (this.state === 'asked') this.askServer();
    else this.onBrowseEnd();
  }

  dial(endpoint: Endpoint | null): void {
    if (endpoint === null) return this.askServer();
    this.begin().dial(this.owner.desk.host, endpoint);
  }

  take(stream: Stream): void {
    this.begin().take(stream);
  }

  private begin(): ListFetch {
    this.alarm.clear();
    this.state = 'listing';
    this.fetch = new ListFetch(this.owner.desk.alarms, this.nick, this);
    return this.fetch;
  }

  onListed(entry: SharedEntry): void {
    this.count++;
    this.listener.onBrowsed(entry);
  }

  onListDone(): void {
    this.onBrowseEnd();
  }

  onListFailed(reached: boolean): void {
    if (!reached) this.owner.desk.reportUndialled(this.nick);
    // What has come is not told twice.
    if (this.count > 0) this.onBrowseEnd();
    else this.askServer();
  }

  askServer(): void {
    this.alarm.clear();
    this.state = 'server';
    this.owner.desk.questions.browse(this.nick, this);
  }

  onBrowsed(entry: SharedEntry): void {
    if (this.state === 'server') this.listener.onBrowsed(entry);
  }

  onBrowseEnd(): void {
    if (this.over()) this.listener.onBrowseEnd();
  }

  private over(): boolean {
    if (this.state === 'over') return false;
    this.state = 'over';
    this.alarm.clear();
    this.fetch?.cancel();
    this.owner.forget(this);
    return true;
  }
}
