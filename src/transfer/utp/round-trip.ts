/** How long an answer takes, and how long to wait for one (BEP 29, "timeouts"); owned by one stream. */

export const TIMEOUT_MS_MIN = 500;
const TIMEOUT_MS_MAX = 15_000;
/** While no answer was measured yet. */
const TIMEOUT_MS_INITIAL = 1000;

export class RoundTrip {
  /** Smoothed; 0 before the first sample. */
  ms = 0;
  private variance = 0;
  /** Timeouts in a row, each of which doubles the next. */
  private doublings = 0;

  /** Of a packet that was sent only once: of others nobody knows which copy was answered. */
  sample(ms: number): void {
    if (this.ms === 0) {
      this.ms = ms;
      this.variance = ms / 2;
    } else {
      this.variance += (Math.abs(this.ms - ms) - this.variance) / 4;
      this.ms += (ms - this.ms) / 8;
    }
  }

  get timeoutMs(): number {
    const once = this.ms === 0 ? TIMEOUT_MS_INITIAL : Math.max(TIMEOUT_MS_MIN, this.ms + this.variance * 4);
    return Math.min(TIMEOUT_MS_MAX, once * 2 ** this.doublings);
  }

  timedOut(): void {
    if (this.doublings < 10) this.doublings++;
  }

  /** Something new was acknowledged. */
  progressed(): void {
    this.doublings = 0;
  }
}
