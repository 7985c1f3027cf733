/**
 * The limits of one engine as they are now: those that were set, or what the schedule says of this hour. Owns both, and the timer that
 * looks at the clock.
 */

import type { BitTorrent } from '../../transfer/bittorrent/bittorrent.ts';
import { type LimitSchedule, minuteOfWeek } from './limit-schedule.ts';

/** Clocks are set, and machines sleep: no look is further off than this. */
const LOOK_MS_MAX = 60_000;

export interface RateLimits {
  /** Bytes a second; 0 for no limit. */
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
}

export interface CurrentLimits extends RateLimits {
  readonly paused: boolean;
  /** True: the schedule has said otherwise than what was set. */
  readonly scheduled: boolean;
}

export class Limits {
  readonly #engine: Pick<BitTorrent, 'setLimits' | 'setResting'>;
  readonly #clock: () => Date;
  #set: RateLimits;
  #schedule: LimitSchedule | null;
  #current: CurrentLimits;
  #timer: NodeJS.Timeout | null = null;

  /** The engine has the limits that are `set` already. */
  constructor(
    engine: Pick<BitTorrent, 'setLimits' | 'setResting'>,
    set: RateLimits,
    schedule: LimitSchedule | null,
    clock: () => Date = () => new Date(),
  ) {
    this.#engine = engine;
    this.#clock = clock;
    this.#set = set;
    this.#schedule = schedule;
    this.#current = { ...set, paused: false, scheduled: false };
    this.look();
  }

  get current(): CurrentLimits {
    return this.#current;
  }

  /** What holds when the schedule says nothing else. */
  set(uploadRateMax: number, downloadRateMax: number): void {
    this.#set = { uploadRateMax, downloadRateMax };
    this.look();
  }

  setSchedule(schedule: LimitSchedule | null): void {
    this.#schedule = schedule;
    this.look();
  }

  /** Looks at the clock, and makes the engine keep to what holds now. */
  look(): void {
    const minute = minuteOfWeek(this.#clock());
    const said = this.#schedule?.at(minute);
    const uploadRateMax = said?.uploadRateMax ?? this.#set.uploadRateMax;
    const downloadRateMax = said?.downloadRateMax ?? this.#set.downloadRateMax;
    const paused = said?.paused ?? false;
    const scheduled = paused || (said !== undefined && (said.uploadRateMax !== null || said.downloadRateMax !== null));
    const before = this.#current;
    this.#current = { uploadRateMax, downloadRateMax, paused, scheduled };
    if (uploadRateMax !== before.uploadRateMax || downloadRateMax !== before.downloadRateMax) {
      this.#engine.setLimits(uploadRateMax, downloadRateMax);
    }
    if (paused !== before.paused) this.#engine.setResting(paused);
    this.#lookLater(minute);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #lookLater(minute: number): void {
    this.close();
    const minutes = this.#schedule?.minutesUntilChange(minute) ?? null;
    if (minutes === null) return;
    const now = this.#clock();
    // To the beginning of the minute, and a little beyond: a timer may fire early.
    const leftMs = minutes * 60_000 - now.getSeconds() * 1000 - now.getMilliseconds() + 50;
    this.#timer = setTimeout(() => this.look(), Math.min(LOOK_MS_MAX, leftMs)).unref();
  }
}
