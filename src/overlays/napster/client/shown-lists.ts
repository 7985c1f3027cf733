/**
 * Showing what we share to those who want to see it from ourselves (640): they are told that they may come, or we bring it to them where nobody can dial us. Owns who may come, and
 * the lists on their way.
 */

import type { BudgetTurns } from '../../../core/budget-turns.ts';
import type { Endpoint, Host, Stream } from '../../../core/host.ts';
import { isNick, nickKey } from '../accounts.ts';
import { Type } from '../message-types.ts';
import { type ListOwner, ListSender } from '../transfer/list-sender.ts';
import type { Alarms } from './alarms.ts';
import type { NapsterClientOptions } from './client-options.ts';
import { toldEndpoint } from './told-endpoint.ts';
import type { PushedCalls } from './pushed-calls.ts';
import type { ShareList } from './share-list.ts';

/** On their way, or about to be; more are told to ask the server, which has the list as well. */
const LISTS_MAX = 4;
/** Who was told that he may come is waited for so long. */
const COMING_MS = 30_000;

export interface ListDesk {
  readonly host: Host;
  readonly alarms: Alarms;
  readonly options: NapsterClientOptions;
  readonly shares: ShareList;
  readonly turns: BudgetTurns;
  readonly pushedCalls: PushedCalls;
  readonly serverEndpoint: Endpoint | null;
  say(type: number, text?: string): void;
}

export class ShownLists implements ListOwner {
  readonly alarms: Alarms;
  readonly turns: BudgetTurns;
  /** Lists that were asked for and sent, as far as the other wanted. */
  done = 0;
  private readonly desk: ListDesk;
  /** Until when, by nick. */
  private readonly coming = new Map<string, number>();
  private readonly sending = new Set<ListSender>();
  private readonly pushed = new Set<ListSender>();

  constructor(desk: ListDesk) {
    this.desk = desk;
    this.alarms = desk.alarms;
    this.turns = desk.turns;
  }

  now(): number {
    return this.desk.host.now();
  }

  /** `nick`, or `nick ip port` of one who waits for us to come. */
  onWanted([nick = '', ip, port]: readonly string[]): void {
    const { desk } = this;
    if (!isNick(nick)) return;
    this.forgetLate();
    if (this.sending.size + this.coming.size >= LISTS_MAX) {
      desk.say(Type.directBrowseError, `${nick} "Ask the server"`);
    } else if (ip === undefined) {
      this.coming.set(nickKey(nick), this.now() + COMING_MS);
      desk.say(Type.directBrowseAccept, nick);
    } else this.bring(toldEndpoint(ip, port, desk.serverEndpoint));
  }

  /** Somebody has come for it; who that is he does not say. False: nobody was let in. */
  onGetList(stream: Stream): boolean {
    this.forgetLate();
    const [first] = this.coming.keys();
    if (first === undefined) return false;
    this.coming.delete(first);
    this.newSender().answer(stream);
    return true;
  }

  private bring(endpoint: Endpoint | null): void {
    const { host, pushedCalls } = this.desk;
    if (endpoint === null || !pushedCalls.begin(this.now())) return;
    const sender = this.newSender();
    this.pushed.add(sender);
    sender.dial(host, endpoint);
  }

  private newSender(): ListSender {
    const sender = new ListSender(this, this.desk.options.nick, this.desk.shares.texts());
    this.sending.add(sender);
    return sender;
  }

  onListOver(sender: ListSender): void {
    this.done++;
    this.sending.delete(sender);
    if (this.pushed.delete(sender)) this.desk.pushedCalls.over();
  }

  stop(): void {
    for (const sender of [...this.sending]) sender.cancel();
  }

  private forgetLate(): void {
    const now = this.now();
    for (const [nick, untilMs] of this.coming) if (untilMs <= now) this.coming.delete(nick);
  }
}
