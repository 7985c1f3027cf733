/** Stabilization, one question a step (Zave 2017, section 4.3): the successor is asked for its state, then perhaps its predecessor. */

import type { Contact } from '../../core/contact.ts';
import { busy, type ChordMessage, getState, state } from './messages.ts';
import { Question } from './asker.ts';
import { inOpen } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

/** Step 1: what lies behind the successor, and whether somebody has come in between. */
export class AskSuccessor extends Question {
  private readonly node: VirtualNode;

  constructor(node: VirtualNode, head: Contact) {
    super(node.chord, head, node.chord.options.attempts);
    this.node = node;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: getState.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    const { node, contact } = this;
    if (!node.isWaitingFor(this)) return;
    if (reply.tag === busy.tag) {
      node.changed();
      node.stabilizeSoon();
      return;
    }
    if (reply.tag !== state.tag) {
      this.silent();
      return;
    }
    node.adopt(contact, reply.successors);
    const candidate = reply.predecessor;
    if (candidate !== null && isCandidate(node, candidate, contact)) {
      node.change(new AskCandidate(node, candidate));
      return;
    }
    node.notifySuccessor();
    node.changed();
  }

  protected silent(): void {
    const { node, contact } = this;
    if (!node.isWaitingFor(this)) return;
    node.lose(contact);
    node.loseSuccessor(contact);
  }
}

/**
 * Step 2: a nearer successor is taken only if it answers. The first version took it unasked, and could end with dead ones alone. If it knows
 * one that is nearer still, that one is asked at once: of many nodes that joined in one gap, each round would bring only the next.
 */
export class AskCandidate extends Question {
  private readonly node: VirtualNode;
  private readonly stepsLeft: number;

  constructor(node: VirtualNode, candidate: Contact, stepsLeft = STEPS_MAX) {
    super(node.chord, candidate, node.chord.options.attempts);
    this.node = node;
    this.stepsLeft = stepsLeft;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: getState.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    const { node, contact, stepsLeft } = this;
    if (!node.isWaitingFor(this)) return;
    if (reply.tag !== state.tag) {
      this.end();
      if (reply.tag === busy.tag) node.stabilizeSoon();
      return;
    }
    node.adopt(contact, reply.successors);
    const nearer = reply.predecessor;
    if (nearer !== null && stepsLeft > 0 && isCandidate(node, nearer, contact)) node.change(new AskCandidate(node, nearer, stepsLeft - 1));
    else this.end();
  }

  protected silent(): void {
    if (!this.node.isWaitingFor(this)) return;
    this.node.lose(this.contact);
    this.end();
  }

  private end(): void {
    this.node.notifySuccessor();
    this.node.changed();
  }
}

/**
 * All of its successors have fallen silent at once, which the proof takes for granted never happens: the nearest finger that answers is the successor until
 * stabilization has come back from it, predecessor by predecessor, to the first node that lives. Who left the ring to join again instead would be one more dead
 * node to all before it, whose lists would run out in turn. Not in the papers.
 */
export class AskFinger extends Question {
  private readonly node: VirtualNode;
  private readonly last: Contact;

  /** `last` is the successor that was the last to fall silent. */
  constructor(node: VirtualNode, finger: Contact, last: Contact) {
    super(node.chord, finger, node.chord.options.attempts);
    this.node = node;
    this.last = last;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: getState.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    const { node, contact } = this;
    if (!node.isWaitingFor(this)) return;
    if (reply.tag !== state.tag && reply.tag !== busy.tag) {
      this.silent();
      return;
    }
    node.adopt(contact, reply.tag === state.tag ? reply.successors : []);
    node.notifySuccessor();
    node.changed();
    node.stabilize();
  }

  protected silent(): void {
    const { node, contact } = this;
    if (!node.isWaitingFor(this)) return;
    node.lose(contact);
    node.loseLast(this.last);
  }
}

/** The rest waits for the next round: meanwhile the node tells its state to nobody. */
const STEPS_MAX = 32;

/** Whether somebody has come in between, at a point that is its own. */
function isCandidate(node: VirtualNode, other: Contact, successor: Contact): boolean {
  return inOpen(other, node.self, successor) && node.chord.isRightful(other);
}
