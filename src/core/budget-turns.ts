/** Answers that wait for the upload budget, and take turns when there is some again. Owned by a server, which passes its timer on. */

import { type Host, NO_TIMER, type Timer } from './host.ts';

/** Work that waits for the upload budget is taken up again no sooner than this, so that it comes in batches. */
const THROTTLE_MS_MIN = 5;

/** What may be sent, or may come: a rate limiter. */
export interface ByteBudget {
  readonly limited: boolean;
  available(now: number): number;
  take(bytes: number, now: number): void;
  msUntil(bytes: number, now: number): number;
}

export interface Pumped {
  /** Goes on, as far as the stream and the budget have room. True when that was anything. */
  pump(): boolean;
}

export class BudgetTurns {
  private readonly host: Host;
  private readonly budget: ByteBudget | null;
  private readonly timerKind: number;
  /** In turn. */
  private readonly waiting = new Set<Pumped>();
  private timer: Timer = NO_TIMER;

  constructor(host: Host, budget: ByteBudget | null, timerKind: number) {
    this.host = host;
    this.budget = budget;
    this.timerKind = timerKind;
  }

  get limited(): boolean {
    return this.budget?.limited === true;
  }

  /** False: not now; `pump` is called when it is worth trying again. */
  mayRead(pumped: Pumped, bytes: number): boolean {
    const now = this.host.now();
    if (this.budget === null || !this.budget.limited || this.budget.available(now) >= bytes) return true;
    this.waiting.add(pumped);
    const waitMs = Math.max(THROTTLE_MS_MIN, this.budget.msUntil(bytes, now));
    if (this.timer === NO_TIMER) this.timer = this.host.setTimer(waitMs, this.timerKind, 0);
    return false;
  }

  take(bytes: number): void {
    this.budget?.take(bytes, this.host.now());
  }

  leave(pumped: Pumped): void {
    this.waiting.delete(pumped);
  }

  onTimer(): void {
    this.timer = NO_TIMER;
    const waiting = [...this.waiting];
    this.waiting.clear();
    const served = waiting.filter((pumped) => pumped.pump());
    // Who got something waits behind those that did not.
    for (const pumped of served) if (this.waiting.delete(pumped)) this.waiting.add(pumped);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    this.waiting.clear();
  }
}
