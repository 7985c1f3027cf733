/** Moments at which somebody wants to be woken, many of them behind one kind of timer. Owns which are set. */

import { type Host, NO_TIMER, type Timer } from '../../../core/host.ts';

export interface Alarmed {
  onAlarm(): void;
}

export class Alarms {
  private readonly host: Host;
  private readonly kind: number;
  private readonly set = new Map<number, Alarm>();
  private last = 0;

  constructor(host: Host, kind: number) {
    this.host = host;
    this.kind = kind;
  }

  for(whom: Alarmed): Alarm {
    return new Alarm(this, whom);
  }

  /** What the protocol's `onTimer` passes on. */
  fire(number: number): void {
    const alarm = this.set.get(number);
    this.set.delete(number);
    alarm?.ring();
  }

  clearAll(): void {
    for (const alarm of [...this.set.values()]) alarm.clear();
  }

  start(alarm: Alarm, delayMs: number): { readonly number: number; readonly timer: Timer } {
    const number = ++this.last;
    this.set.set(number, alarm);
    return { number, timer: this.host.setTimer(delayMs, this.kind, number) };
  }

  forget(number: number, timer: Timer): void {
    this.set.delete(number);
    this.host.clearTimer(timer);
  }
}

/** One at a time for each who has one. */
export class Alarm {
  private readonly alarms: Alarms;
  private readonly whom: Alarmed;
  private number = 0;
  private timer: Timer = NO_TIMER;

  constructor(alarms: Alarms, whom: Alarmed) {
    this.alarms = alarms;
    this.whom = whom;
  }

  get isSet(): boolean {
    return this.timer !== NO_TIMER;
  }

  /** Instead of what was set before. */
  in(delayMs: number): void {
    this.clear();
    const { number, timer } = this.alarms.start(this, delayMs);
    this.number = number;
    this.timer = timer;
  }

  clear(): void {
    if (!this.isSet) return;
    this.alarms.forget(this.number, this.timer);
    this.timer = NO_TIMER;
  }

  ring(): void {
    this.timer = NO_TIMER;
    this.whom.onAlarm();
  }
}
