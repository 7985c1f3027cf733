/** Whether a player that begins at the first byte and plays at a constant rate has what it plays: its start, and its stalls. Owns its counts. */

/** Half a picture's time: nobody sees less. */
const STALL_MS_MIN = 20;

export class PlaybackClock {
  firstByteAtMs: number | null = null;
  stalls = 0;
  stalledMs = 0;
  /** Null until it is known; then all that has come counts. */
  bytesPerSecond: number | null;
  private bytes = 0;
  /** Time in which it had nothing to play and asked for nothing: somebody has pressed pause. */
  private pausedMs = 0;

  constructor(bytesPerSecond: number | null) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** The next bytes have come, which it has waited for since `askedAtMs`. */
  onBytes(bytes: number, now: number, askedAtMs = Number.NEGATIVE_INFINITY): void {
    this.firstByteAtMs ??= now;
    const gapMs = now - this.dryAtMs;
    if (gapMs > 0 && this.bytes > 0) {
      const waitedMs = Math.min(gapMs, now - askedAtMs);
      const isStall = waitedMs >= STALL_MS_MIN;
      if (isStall) this.stalls++;
      this.stalledMs += isStall ? waitedMs : 0;
      this.pausedMs += gapMs - (isStall ? waitedMs : 0);
    }
    this.bytes += bytes;
  }

  /** When all that has come will have been played. */
  get dryAtMs(): number {
    if (this.bytesPerSecond === null) return Number.POSITIVE_INFINITY;
    return (this.firstByteAtMs ?? 0) + this.stalledMs + this.pausedMs + (this.bytes * 1000) / this.bytesPerSecond;
  }

  /** What has come and has not been played; null while the rate is not known. */
  bufferedBytes(now: number): number | null {
    if (this.bytesPerSecond === null) return null;
    return Math.max(0, ((this.dryAtMs - now) * this.bytesPerSecond) / 1000);
  }
}
