/** How long to wait without any progress: the clock starts again whenever the marker changes; owns that clock. */

export class Patience {
  readonly #limitMs: number;
  #marker = '';
  #sinceMs: number;

  /** 0 seconds: for ever. */
  constructor(limitSeconds: number, nowMs: number) {
    this.#limitMs = limitSeconds === 0 ? Number.POSITIVE_INFINITY : limitSeconds * 1000;
    this.#sinceMs = nowMs;
  }

  /** True when nothing in `marker` has changed for too long. */
  isOver(marker: string, nowMs: number): boolean {
    if (marker !== this.#marker) {
      this.#marker = marker;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= this.#limitMs;
  }
}
