/**
 * Joining (JSAC 2004, section III-D): the newcomer finds its surrogate through whomever it was told of, is inserted, and is a member. The search for
 * near neighbours follows. Owns how far it got.
 */

import type { Contact } from '../../core/contact.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import { AskWho, type WhoHandler } from '../../core/who.ts';
import { Find, type FindHandler } from './find.ts';
import { Insertion, type InsertionHandler } from './insertion.ts';
import type { Tapestry } from './tapestry.ts';
import { TIMER_JOIN } from './timer-kinds.ts';

/** Waits between attempts double so often. */
const DOUBLINGS_MAX = 5;
/** A newcomer that most have heard of is a member all the same after so many attempts: those that do not answer may be dead. */
const INSERTIONS_MAX = 3;

export class Join implements WhoHandler, FindHandler, InsertionHandler {
  private readonly node: Tapestry;
  private attempts = 0;
  private insertions = 0;
  private timer: Timer = NO_TIMER;
  private halted = false;
  private isFound = false;
  private entriesLeft = 0;

  constructor(node: Tapestry) {
    this.node = node;
  }

  start(): void {
    const { node } = this;
    this.timer = NO_TIMER;
    if (this.isOver) return;
    this.isFound = false;
    this.entriesLeft = node.entryPoints.length;
    for (const endpoint of node.entryPoints) new AskWho(node, endpoint, this).ask();
  }

  halt(): void {
    this.halted = true;
    this.node.host.clearTimer(this.timer);
  }

  /** The first that answers: of all that were asked at once it is the nearest. */
  onMember(contact: Contact): void {
    if (this.isOver || this.isFound) return;
    this.isFound = true;
    new Find(this.node, this.node.self, this, { passed: [this.node.self] }).startFrom(contact);
  }

  onNoMember(): void {
    this.entriesLeft--;
    if (!this.isOver && !this.isFound && this.entriesLeft === 0) this.again();
  }

  onRoot({ root }: Find): void {
    if (this.isOver) return;
    if (root === null) this.again();
    else new Insertion(this.node, root, this).start();
  }

  onInserted(complete: boolean): void {
    if (this.isOver) return;
    const { map } = this.node;
    if (map.levelCount > 0) this.insertions++;
    if (map.levelCount > 0 && (complete || this.insertions >= INSERTIONS_MAX)) this.node.enter();
    else this.again();
  }

  private get isOver(): boolean {
    return this.halted || this.node.status !== 'joining';
  }

  private again(): void {
    const { host, options } = this.node;
    const waitMs = options.slowMs * 2 ** Math.min(this.attempts++, DOUBLINGS_MAX);
    host.clearTimer(this.timer);
    this.timer = host.setTimer(waitMs * (0.5 + host.random.unit()), TIMER_JOIN, 0);
  }
}
