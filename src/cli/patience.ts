/** How long to wait without any progress: the clock starts again whenever the marker changes; owns that clock. */

/** Looks come several times a second. When none came for so long the process was stopped, or the machine slept: nobody waited. */
const AWAY_MS = 1_500;

export class Patience {
  readonly #limitMs: number;
  #marker = '';
  #sinceMs: number;
  #lookedMs: number;

  /** 0 seconds: for ever. */
  constructor(limitSeconds: number, nowMs: number) {
    this.#limitMs = limitSeconds === 0 ? Number.POSITIVE_INFINITY : limitSeconds * 1000;
    this.#sinceMs = nowMs;
    this.#lookedMs = nowMs;
  }

  /** True when nothing in `marker` has changed for too long. */
  isOver(marker: string, nowMs: number): boolean {
    const awayMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    if (awayMs > AWAY_MS) this.#sinceMs += awayMs;
    if (marker !== this.#marker) {
      this.#marker = marker;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= this.#limitMs;
  }
}
