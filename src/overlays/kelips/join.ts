/**
 * Joining (IPTPS 2003, section 2): a member is asked for whom it knows, then one of the own group for its view. Both hear of the newcomer by that and
 * spread it: nobody else would push anything to a node that it has not heard of. Owns how far it got.
 */

import type { Contact } from '../../core/contact.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import { AskWho, type WhoHandler } from '../../core/who.ts';
import type { MessageOf } from '../../core/message.ts';
import { Question } from './asker.ts';
import { HEARTBEAT_UNKNOWN } from './entries.ts';
import type { Kelips } from './kelips.ts';
import { getViews, type KelipsMessage, views } from './messages.ts';
import { TIMER_JOIN } from './timer-kinds.ts';

type Views = MessageOf<typeof views>;

/** Waits between attempts double so often. */
const DOUBLINGS_MAX = 5;
/** Members of the own group that are asked for their views. */
const ASKED_MAX = 3;

export class Join implements WhoHandler {
  readonly node: Kelips;
  private attempts = 0;
  private timer: Timer = NO_TIMER;
  private halted = false;
  private hasEntry = false;
  private entriesLeft = 0;
  /** Members of the own group that are being asked; -1: not yet. */
  private asking = -1;

  constructor(node: Kelips) {
    this.node = node;
  }

  start(): void {
    const { node } = this;
    this.timer = NO_TIMER;
    if (this.isOver) return;
    this.hasEntry = false;
    this.asking = -1;
    this.entriesLeft = node.entryPoints.length;
    for (const endpoint of node.entryPoints) new AskWho(node, endpoint, this).ask();
  }

  halt(): void {
    this.halted = true;
    this.node.host.clearTimer(this.timer);
  }

  onMember(contact: Contact): void {
    if (this.isOver || this.hasEntry) return;
    this.hasEntry = true;
    new AskViews(this, contact).ask();
  }

  onNoMember(): void {
    this.entriesLeft--;
    if (!this.isOver && !this.hasEntry && this.entriesLeft === 0) this.again();
  }

  /** Null: no answer. */
  heard(from: Contact, answer: Views | null): void {
    const { node } = this;
    if (this.isOver) return;
    if (answer !== null && answer.groups > 0) {
      // The first one says how many groups there are; nobody else is asked before.
      if (this.asking < 0) node.adopt(answer.groups);
      node.hear(from, HEARTBEAT_UNKNOWN, true);
      for (const { contact, heartbeat } of answer.entries) node.hear(contact, heartbeat, false);
    }
    if (this.asking < 0) {
      if (answer === null || answer.groups === 0) this.again();
      else this.askGroup(from);
      return;
    }
    this.asking--;
    if (this.asking === 0) node.enter();
  }

  private get isOver(): boolean {
    return this.halted || this.node.status !== 'joining';
  }

  private askGroup(entry: Contact): void {
    const { node } = this;
    const members = node.state.view.entries.contacts.filter((contact) => contact !== entry).slice(0, ASKED_MAX);
    this.asking = members.length;
    // Somebody has to be the first of its group.
    if (members.length === 0) node.enter();
    for (const member of members) new AskViews(this, member).ask();
  }

  private again(): void {
    const { host, options } = this.node;
    const waitMs = options.slowMs * 2 ** Math.min(this.attempts++, DOUBLINGS_MAX);
    host.clearTimer(this.timer);
    this.timer = host.setTimer(waitMs * (0.5 + host.random.unit()), TIMER_JOIN, 0);
  }
}

class AskViews extends Question {
  private readonly join: Join;

  constructor(join: Join, contact: Contact) {
    super(join.node, contact, join.node.options.attempts);
    this.join = join;
  }

  protected request(transaction: number): KelipsMessage {
    return { tag: getViews.tag, transaction, unit: 0, sender: this.join.node.self };
  }

  protected answered(reply: KelipsMessage): void {
    this.join.heard(this.contact, reply.tag === views.tag ? reply : null);
  }

  protected silent(): void {
    this.join.heard(this.contact, null);
  }
}
