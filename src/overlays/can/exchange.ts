/** Which zones somebody has, and who is next to it: the periodic UPDATE (SIGCOMM 2001, section 2.3) as a question, so that silence is told from loss. */

import type { Contact } from '../../core/contact.ts';
import { Question } from './asker.ts';
import { type CanMessage, exchange, state } from './messages.ts';
import type { Reality } from './reality.ts';

/** Who is told whether it was there. */
export interface ExchangeHandler {
  onExchange(contact: Contact, answered: boolean): void;
}

export class Exchange extends Question {
  private readonly reality: Reality;
  private readonly handler: ExchangeHandler | null;

  constructor(reality: Reality, contact: Contact, handler: ExchangeHandler | null = null) {
    super(reality.node, contact, reality.node.options.attempts);
    this.reality = reality;
    this.handler = handler;
  }

  protected request(transaction: number): CanMessage {
    const { unit, self, claims } = this.reality;
    return { tag: exchange.tag, transaction, unit, sender: self, claims };
  }

  protected answered(reply: CanMessage, rttMs: number): void {
    const { reality, contact } = this;
    reality.probed(contact);
    if (reply.tag === state.tag) {
      reality.hear(contact, reply.claims);
      const neighbour = reality.neighbour(contact);
      neighbour?.measured(rttMs);
      neighbour?.told(reply.near);
      reality.thinOut();
      reality.suggest(reply.near);
    } else reality.drop(contact);
    this.handler?.onExchange(contact, reply.tag === state.tag);
  }

  protected silent(): void {
    const { reality, contact } = this;
    reality.probed(contact);
    reality.lose(contact);
    this.handler?.onExchange(contact, false);
  }
}
