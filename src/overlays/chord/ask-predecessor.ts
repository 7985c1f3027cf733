/** Whether the predecessor still lives: asked when another claims its place (rectify, Zave 2017, section 4.4) or when it has been quiet. */

import type { Contact } from '../../core/contact.ts';
import type { ChordMessage } from './messages.ts';
import { ping, pong } from '../../core/who.ts';
import { Question } from './asker.ts';
import { equalIds } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

export class AskPredecessor extends Question {
  private readonly node: VirtualNode;
  /** Who takes its place if it is dead; null: nobody so far. */
  private readonly claimant: Contact | null;

  constructor(node: VirtualNode, predecessor: Contact, claimant: Contact | null) {
    super(node.chord, predecessor, node.chord.options.attempts);
    this.node = node;
    this.claimant = claimant;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: ping.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    const { node, contact } = this;
    if (!node.isWaitingFor(this)) return;
    if (reply.tag !== pong.tag || !reply.member || !equalIds(reply.self, contact)) {
      this.silent();
      return;
    }
    if (node.predecessor !== null && equalIds(node.predecessor, contact)) node.setPredecessor(contact);
    node.changed();
  }

  protected silent(): void {
    const { node, contact } = this;
    if (!node.isWaitingFor(this)) return;
    node.lose(contact);
    // Somebody nearer may have notified us meanwhile.
    if (node.predecessor !== null && equalIds(node.predecessor, contact)) node.setPredecessor(this.claimant);
    node.changed();
  }
}
