/** What members ask one another to keep their tables, each with what its answer does. */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import { ping, pong } from '../../core/who.ts';
import { Question } from './asker.ts';
import { getLeaves, getNear, getRow, leaves, near, type PastryMessage, row } from './messages.ts';
import type { Pastry } from './pastry.ts';

/** What becomes of a contact that somebody has named. */
export interface ProbeHandler {
  onProbed(contact: Contact): void;
}

/** Whether somebody whom others have named is there, and how far: nobody gets into a table by hearsay. */
export class Probe extends Question {
  private readonly node: Pastry;
  private readonly handler: ProbeHandler | null;

  constructor(node: Pastry, contact: Contact, handler: ProbeHandler | null) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.handler = handler;
  }

  protected request(transaction: number): PastryMessage {
    return { tag: ping.tag, transaction, unit: 0 };
  }

  protected answered(reply: PastryMessage, rttMs: number): void {
    this.node.probed(this.contact);
    if (reply.tag === pong.tag && reply.member && equalIds(reply.self, this.contact)) this.node.heard(this.contact, rttMs);
    else this.node.drop(this.contact);
    this.handler?.onProbed(this.contact);
  }

  protected silent(): void {
    this.node.probed(this.contact);
    this.node.lose(this.contact);
    this.handler?.onProbed(this.contact);
  }
}

/** Who is told of the contacts that an answer names; none when there is no answer. */
export interface NamesHandler {
  onNames(contacts: readonly Contact[], from: Contact): void;
}

const NONE: readonly Contact[] = [];

abstract class AskNames extends Question {
  protected readonly node: Pastry;
  private readonly handler: NamesHandler;

  constructor(node: Pastry, contact: Contact, handler: NamesHandler) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.handler = handler;
  }

  protected answered(reply: PastryMessage, rttMs: number): void {
    const names = this.namesOf(reply);
    if (names === null) {
      this.node.drop(this.contact);
      this.handler.onNames(NONE, this.contact);
      return;
    }
    this.node.heard(this.contact, rttMs);
    this.handler.onNames(names, this.contact);
  }

  protected silent(): void {
    this.node.lose(this.contact);
    this.handler.onNames(NONE, this.contact);
  }

  /** Null: it is there, and no member. */
  protected abstract namesOf(reply: PastryMessage): readonly Contact[] | null;
}

/** Push and pull: who is asked hears of us (section 2.5; periodic, as Rhea et al. 2004 found to hold under churn). */
export class AskLeaves extends AskNames {
  protected request(transaction: number): PastryMessage {
    return { tag: getLeaves.tag, transaction, unit: 0, sender: this.node.self };
  }

  protected namesOf(reply: PastryMessage): readonly Contact[] | null {
    return reply.tag === leaves.tag ? reply.contacts : null;
  }
}

export class AskRow extends AskNames {
  private readonly row: number;

  constructor(node: Pastry, contact: Contact, index: number, handler: NamesHandler) {
    super(node, contact, handler);
    this.row = index;
  }

  protected request(transaction: number): PastryMessage {
    return { tag: getRow.tag, transaction, unit: 0, row: this.row };
  }

  protected namesOf(reply: PastryMessage): readonly Contact[] | null {
    return reply.tag === row.tag ? reply.contacts : null;
  }
}

export class AskNear extends AskNames {
  protected request(transaction: number): PastryMessage {
    return { tag: getNear.tag, transaction, unit: 0 };
  }

  protected namesOf(reply: PastryMessage): readonly Contact[] | null {
    return reply.tag === near.tag ? reply.contacts : null;
  }
}
