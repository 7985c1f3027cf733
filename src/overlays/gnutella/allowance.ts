/** What somebody may ask of us: so much at once, and so much a second. Owns what is left of it. */

export class Allowance {
  private readonly perSecond: number;
  private readonly atOnce: number;
  private left: number;
  private atMs: number;

  constructor(perSecond: number, atOnce: number, nowMs: number) {
    this.perSecond = perSecond;
    this.atOnce = atOnce;
    this.left = atOnce;
    this.atMs = nowMs;
  }

  /** False: more than that. Nothing is taken then. */
  take(cost: number, nowMs: number): boolean {
    this.left = Math.min(this.atOnce, this.left + ((nowMs - this.atMs) * this.perSecond) / 1000);
    this.atMs = nowMs;
    if (cost > this.left) return false;
    this.left -= cost;
    return true;
  }
}
