/**
 * How much a host says to those who ask, in bytes a second: an answer may be forty times as long as its question, and the sender of a
 * question may be forged, so that the answer hits a third. Owns what is left; kept full to one second.
 */

export class AnswerBudget {
  private readonly bytesPerSecond: number;
  private left: number;
  private atMs: number;

  constructor(bytesPerSecond: number, nowMs: number) {
    this.bytesPerSecond = bytesPerSecond;
    this.left = bytesPerSecond;
    this.atMs = nowMs;
  }

  /** False: nothing may be said, which looks like a lost datagram to those who ask. */
  take(bytes: number, nowMs: number): boolean {
    this.left = Math.min(this.bytesPerSecond, this.left + ((nowMs - this.atMs) * this.bytesPerSecond) / 1000);
    this.atMs = nowMs;
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }
}
