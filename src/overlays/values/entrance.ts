/**
 * How a newcomer gets in through the addresses that it was told of: all are asked at once, the first member that answers leads on, and what comes to nothing is
 * begun again after a while. Owns who leads, how often it was tried, and the timer.
 */

import type { Contact } from '../../core/contact.ts';
import { type Endpoint, NO_TIMER, type Timer } from '../../core/host.ts';
import type { Asking } from '../../core/question.ts';
import { AskWho, type WhoHandler, type WhoMessage } from '../../core/who.ts';
import { TIMER_JOIN } from './timer-kinds.ts';

/** Waits between attempts double so often. */
const DOUBLINGS_MAX = 5;

/** Who wants to get in. */
interface Newcomer extends Asking<WhoMessage> {
  readonly entryPoints: readonly Endpoint[];
  readonly status: string;
}

export abstract class Entrance<N extends Newcomer> implements WhoHandler {
  readonly node: N;
  /** Of all that were asked at once it is the nearest. Null: nobody has answered. */
  protected entry: Contact | null = null;
  private attempts = 0;
  private timer: Timer = NO_TIMER;
  private halted = false;
  private entriesLeft = 0;

  constructor(node: N) {
    this.node = node;
  }

  /** From the beginning; again when its timer has fired. */
  start(): void {
    const { node } = this;
    this.timer = NO_TIMER;
    if (this.isOver) return;
    this.entry = null;
    this.entriesLeft = node.entryPoints.length;
    for (const endpoint of node.entryPoints) new AskWho(node, endpoint, this).ask();
  }

  halt(): void {
    this.halted = true;
    this.node.host.clearTimer(this.timer);
  }

  onMember(contact: Contact): void {
    if (this.isOver || this.entry !== null) return;
    this.entry = contact;
    this.enterBy(contact);
  }

  onNoMember(): void {
    this.entriesLeft--;
    if (!this.isOver && this.entry === null && this.entriesLeft === 0) this.again();
  }

  protected abstract enterBy(entry: Contact): void;

  protected get isOver(): boolean {
    return this.halted || this.node.status !== 'joining';
  }

  protected again(): void {
    const { host, options } = this.node;
    const waitMs = options.slowMs * 2 ** Math.min(this.attempts++, DOUBLINGS_MAX);
    host.clearTimer(this.timer);
    this.timer = host.setTimer(waitMs * (0.5 + host.random.unit()), TIMER_JOIN, 0);
  }
}
