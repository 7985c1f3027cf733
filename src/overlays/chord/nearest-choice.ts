/** Proximity finger selection (ToN 2003, section VII; PNS): of several nodes that may be one finger, the one that answers first. */

import type { Contact } from '../../core/contact.ts';
import type { FixFingers } from './fix-fingers.ts';
import type { ChordMessage } from './messages.ts';
import { ping, pong } from '../../core/who.ts';
import { Question } from './asker.ts';
import type { VirtualNode } from './virtual-node.ts';

export class NearestChoice {
  private readonly node: VirtualNode;
  private readonly choices: readonly Contact[];
  private readonly fixer: FixFingers;
  private silent = 0;
  private over = false;

  constructor(node: VirtualNode, choices: readonly Contact[], fixer: FixFingers) {
    this.node = node;
    this.choices = choices;
    this.fixer = fixer;
  }

  start(): void {
    for (const choice of this.choices) new AskChoice(this, this.node, choice).ask();
  }

  /** All were asked in the same event, so the first to answer has the shortest round trip. */
  heard(contact: Contact, isMember: boolean): void {
    if (isMember && !this.over) this.end(contact);
    else this.heardNothing();
  }

  heardNothing(): void {
    this.silent++;
    if (this.silent === this.choices.length && !this.over) this.end(null);
  }

  private end(contact: Contact | null): void {
    this.over = true;
    this.fixer.chosen(contact);
  }
}

class AskChoice extends Question {
  private readonly choice: NearestChoice;

  constructor(choice: NearestChoice, node: VirtualNode, contact: Contact) {
    super(node.chord, contact, 1);
    this.choice = choice;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: ping.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    this.choice.heard(this.contact, reply.tag === pong.tag && reply.member);
  }

  protected silent(): void {
    this.choice.heardNothing();
  }
}
