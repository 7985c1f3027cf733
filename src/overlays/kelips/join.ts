/**
 * Joining (IPTPS 2003, section 2): a member is asked for whom it knows, then one of the own group for its view. Both hear of the newcomer by that and
 * spread it: nobody else would push anything to a node that it has not heard of. Owns how far it got.
 */

import type { Contact } from '../../core/contact.ts';
import type { MessageOf } from '../../core/message.ts';
import { Entrance } from '../values/index.ts';
import { Question } from './asker.ts';
import { HEARTBEAT_UNKNOWN } from './entries.ts';
import type { Kelips } from './kelips.ts';
import { getViews, type KelipsMessage, views } from './messages.ts';

type Views = MessageOf<typeof views>;

/** Members of the own group that are asked for their views. */
const ASKED_MAX = 3;

export class Join extends Entrance<Kelips> {
  /** Members of the own group that are being asked; -1: not yet. */
  private asking = -1;

  override start(): void {
    this.asking = -1;
    super.start();
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

  protected enterBy(entry: Contact): void {
    new AskViews(this, entry).ask();
  }

  private askGroup(entry: Contact): void {
    const { node } = this;
    const members = node.state.view.entries.contacts.filter((contact) => contact !== entry).slice(0, ASKED_MAX);
    this.asking = members.length;
    // Somebody has to be the first of its group.
    if (members.length === 0) node.enter();
    for (const member of members) new AskViews(this, member).ask();
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
