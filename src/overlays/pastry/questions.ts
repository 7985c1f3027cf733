/** What members ask one another to keep their tables, each with what its answer does. */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import { ping, pong } from '../../core/who.ts';
import { Question } from './asker.ts';
import { type Ends, endOfNamed, endOfSpeaker, isPassedOver, NO_END, type Sides } from './leaf-ends.ts';
import { getLeaves, getNear, getRow, leaves, near, type PastryMessage, row } from './messages.ts';
import type { Pastry } from './pastry.ts';

/** What becomes of a contact that somebody has named. */
export interface ProbeHandler {
  onProbed(contact: Contact): void;
}

/** Whether somebody whom others have named is there, and how far: nobody gets into a table by hearsay. */
export class Probe extends Question {
  private readonly node: Pastry;
  private readonly ends: Ends;
  private readonly handler: ProbeHandler;

  constructor(node: Pastry, contact: Contact, ends: Ends, handler: ProbeHandler) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.ends = ends;
    this.handler = handler;
  }

  protected request(transaction: number): PastryMessage {
    return { tag: ping.tag, transaction, unit: 0 };
  }

  protected answered(reply: PastryMessage, rttMs: number): void {
    if (reply.tag === pong.tag && reply.member && equalIds(reply.self, this.contact)) this.node.heard(this.contact, rttMs, this.ends);
    else this.node.drop(this.contact);
    this.handler.onProbed(this.contact);
  }

  protected silent(): void {
    this.node.lose(this.contact);
    this.handler.onProbed(this.contact);
  }
}

/** A contact that was named as a leaf, and which end of our leaf set it may be put at. */
export interface NamedLeaf {
  readonly contact: Contact;
  readonly ends: Ends;
}

export interface LeavesHandler {
  /** None when there is no answer. */
  onLeaves(named: readonly NamedLeaf[]): void;
}

/** Push and pull: who is asked hears of us (section 2.5; periodic, as Rhea et al. 2004 found to hold under churn). */
export class AskLeaves extends Question {
  private readonly node: Pastry;
  private readonly handler: LeavesHandler;

  constructor(node: Pastry, contact: Contact, handler: LeavesHandler) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.handler = handler;
  }

  protected request(transaction: number): PastryMessage {
    return { tag: getLeaves.tag, transaction, unit: 0, sender: this.node.self };
  }

  protected answered(reply: PastryMessage, rttMs: number): void {
    const { node, contact } = this;
    if (reply.tag !== leaves.tag) {
      node.drop(contact);
      this.handler.onLeaves([]);
      return;
    }
    const isNeighbour = node.isBeside(contact);
    node.heard(contact, rttMs, isNeighbour ? endOfSpeaker(node.self, contact, reply) : NO_END);
    for (const { contact: leaf } of node.leaves.all())
      if (!equalIds(leaf, contact) && isPassedOver(leaf, contact, reply)) node.suspect(leaf);
    this.handler.onLeaves([...this.named(reply, true, isNeighbour), ...this.named(reply, false, isNeighbour)]);
  }

  protected silent(): void {
    this.node.lose(this.contact);
    this.handler.onLeaves([]);
  }

  private named(said: Sides<Contact>, isLarger: boolean, isNeighbour: boolean): NamedLeaf[] {
    const { self } = this.node;
    return (isLarger ? said.larger : said.smaller).map((contact) => ({
      contact,
      ends: isNeighbour ? endOfNamed(self, this.contact, contact, isLarger, said) : NO_END,
    }));
  }
}

/** Who is told of the contacts that an answer names; none when there is no answer. */
export interface NamesHandler {
  onNames(contacts: readonly Contact[]): void;
}

const NONE: readonly Contact[] = [];

abstract class AskNames extends Question {
  private readonly node: Pastry;
  private readonly handler: NamesHandler;

  constructor(node: Pastry, contact: Contact, handler: NamesHandler) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.handler = handler;
  }

  protected answered(reply: PastryMessage, rttMs: number): void {
    const names = this.namesOf(reply);
    if (names === null) this.node.drop(this.contact);
    else this.node.heard(this.contact, rttMs);
    this.handler.onNames(names ?? NONE);
  }

  protected silent(): void {
    this.node.lose(this.contact);
    this.handler.onNames(NONE);
  }

  /** Null: it is there, and no member. */
  protected abstract namesOf(reply: PastryMessage): readonly Contact[] | null;
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
