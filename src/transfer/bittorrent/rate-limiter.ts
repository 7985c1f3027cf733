/** A token bucket under a parent bucket: one torrent's budget within that of all; owns its tokens. Bytes, milliseconds. */

/** How much unused budget may be saved up, as time; and at least so much that a block or two can go at once. */
const BURST_MS = 200;
const BURST_BYTES_MIN = 32 * 1024;

export class RateLimiter {
  private readonly parent: RateLimiter | null;
  /** Bytes per second; 0 is no limit. */
  private rateMax: number;
  private tokens = 0;
  private filledAtMs = Number.NEGATIVE_INFINITY;

  constructor(rateMax: number, parent: RateLimiter | null) {
    this.rateMax = rateMax;
    this.parent = parent;
  }

  /** A limit holds, here or above. */
  get limited(): boolean {
    return this.rateMax > 0 || (this.parent?.limited ?? false);
  }

  setRate(rateMax: number, now: number): void {
    this.fill(now);
    this.rateMax = rateMax;
    this.tokens = Math.min(this.tokens, this.burst);
  }

  /** Bytes that may go now; infinite without a limit. */
  available(now: number): number {
    const above = this.parent === null ? Number.POSITIVE_INFINITY : this.parent.available(now);
    if (this.rateMax === 0) return above;
    this.fill(now);
    return Math.min(above, this.tokens);
  }

  /** Spends bytes, here and above. More than is available is a debt that delays what follows. */
  take(bytes: number, now: number): void {
    this.parent?.take(bytes, now);
    if (this.rateMax === 0) return;
    this.fill(now);
    this.tokens -= bytes;
  }

  /** Milliseconds until so many bytes may go; 0 when they may go now. More than the burst counts as the burst. */
  msUntil(bytes: number, now: number): number {
    const above = this.parent === null ? 0 : this.parent.msUntil(bytes, now);
    if (this.rateMax === 0) return above;
    this.fill(now);
    const missing = Math.min(bytes, this.burst) - this.tokens;
    return Math.max(above, missing <= 0 ? 0 : (missing * 1000) / this.rateMax);
  }

  private get burst(): number {
    return Math.max(BURST_BYTES_MIN, (this.rateMax * BURST_MS) / 1000);
  }

  private fill(now: number): void {
    if (now <= this.filledAtMs) return;
    // A new bucket is full: there was no time yet in which it could have been spent.
    const grown = this.filledAtMs === Number.NEGATIVE_INFINITY ? this.burst : ((now - this.filledAtMs) * this.rateMax) / 1000;
    this.tokens = Math.min(this.burst, this.tokens + grown);
    this.filledAtMs = now;
  }
}
