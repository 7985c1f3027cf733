/**
 * Joining through a member (Zave 2017, section 4.2): find the member whose successor we shall follow, ask it, take its list. The question
 * and the taking are one step: who died between the two lookups of the first version was taken for a successor.
 */

import { TIMER_JOIN } from './timer-kinds.ts';
import { AskWho, type WhoHandler } from '../../core/who.ts';
import type { Contact } from '../../core/contact.ts';
import { Find, type FindHandler, type FindResult } from './find.ts';
import { busy, type ChordMessage, getState, leaving, state } from './messages.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import { Question } from './asker.ts';
import { equalIds, inOpen } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

/** Waits between attempts double so often. */
const DOUBLINGS_MAX = 5;

export class Join implements FindHandler, WhoHandler {
  private readonly node: VirtualNode;
  /** Members to begin from; when there is none, the addresses that the host was given are asked in turn. */
  private contacts: readonly Contact[];
  /** Whether to found a ring when nobody answers any more: we may be all that is left of one. */
  private readonly mayFound: boolean;
  private attempts = 0;
  /** Which of the addresses is asked next. */
  private entry = 0;
  private halted = false;
  private timer: Timer = NO_TIMER;

  constructor(node: VirtualNode, contacts: readonly Contact[], mayFound: boolean) {
    this.node = node;
    this.contacts = contacts;
    this.mayFound = mayFound;
  }

  start(): void {
    const { node } = this;
    const { entryPoints } = node.chord;
    this.timer = NO_TIMER;
    if (this.halted) return;
    if (this.contacts.length > 0) {
      new Find(node, node.self, { want: 1, endAtList: false, confirm: false }, this).startFrom(this.contacts);
      return;
    }
    const endpoint = entryPoints[this.entry];
    if (this.mayFound && this.attempts > 1) node.found();
    else if (endpoint !== undefined) new AskWho(node.chord, endpoint, this).ask();
    else this.onNoMember();
  }

  halt(): void {
    this.halted = true;
    this.node.chord.host.clearTimer(this.timer);
  }

  get isOver(): boolean {
    return this.halted || this.node.status !== 'joining';
  }

  onFind(result: FindResult): void {
    const { node } = this;
    if (this.isOver) return;
    const { predecessor, owners } = result;
    const owner = owners[0];
    if (predecessor === null || owner === undefined) {
      this.again([]);
      return;
    }
    if (equalIds(owner, node.self)) {
      // It remembers an earlier life of ours, and routes to it.
      node.tell(predecessor, { tag: leaving.tag, unit: predecessor.unit, sender: node.self });
      this.again([predecessor]);
      return;
    }
    new AskMember(this, node, predecessor).ask();
  }

  /** The one who told us, or that we were told of, is the way in. */
  onMember(contact: Contact): void {
    if (this.isOver) return;
    this.contacts = [contact];
    this.start();
  }

  enter(predecessor: Contact, successors: readonly Contact[]): void {
    const { node } = this;
    if (this.isOver) return;
    const next = successors[0];
    if (next !== undefined && inOpen(node.self, predecessor, next)) node.enter(predecessor, successors);
    else this.again(next === undefined || equalIds(next, node.self) ? [predecessor] : [next]);
  }

  /** Nobody at that address: the next one, and after the last, later, those that we once knew. */
  onNoMember(): void {
    if (this.isOver) return;
    this.entry++;
    if (this.entry < this.node.chord.entryPoints.length) {
      this.start();
      return;
    }
    this.entry = 0;
    this.again([...this.node.lost]);
  }

  /** Later, from those contacts. */
  again(contacts: readonly Contact[]): void {
    const { host, options } = this.node.chord;
    if (this.isOver) return;
    this.contacts = contacts;
    const waitMs = options.slowMs * 2 ** Math.min(this.attempts++, DOUBLINGS_MAX);
    this.timer = host.setTimer(waitMs * (0.5 + host.random.unit()), TIMER_JOIN, this.node.self.unit);
  }
}

class AskMember extends Question {
  private readonly join: Join;

  constructor(join: Join, node: VirtualNode, member: Contact) {
    super(node.chord, member, node.chord.options.attempts);
    this.join = join;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: getState.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    if (reply.tag === state.tag) this.join.enter(this.contact, reply.successors);
    else this.join.again(reply.tag === busy.tag ? [this.contact] : []);
  }

  protected silent(): void {
    this.join.again([]);
  }
}
