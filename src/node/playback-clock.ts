/** Whether a player that begins at the first byte and plays at a constant rate has what it plays: its start, and its stalls. Owns its counts. */

export class PlaybackClock {
  firstByteAtMs: number | null = null;
  stalls = 0;
  stalledMs = 0;
  private readonly bytesPerSecond: number;
  private bytes = 0;

  constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** The next bytes have come. */
  onBytes(bytes: number, now: number): void {
    this.firstByteAtMs ??= now;
    const dryMs = this.dryAtMs;
    if (now > dryMs && this.bytes > 0) {
      this.stalls++;
      this.stalledMs += now - dryMs;
    }
    this.bytes += bytes;
  }

  /** When all that has come will have been played, and the player stalls. */
  get dryAtMs(): number {
    return (this.firstByteAtMs ?? 0) + this.stalledMs + (this.bytes * 1000) / this.bytesPerSecond;
  }

  /** What has come and has not been played. */
  bufferedBytes(now: number): number {
    return Math.max(0, ((this.dryAtMs - now) * this.bytesPerSecond) / 1000);
  }
}
