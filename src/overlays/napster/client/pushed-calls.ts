/** How often a server can make us dial somebody, for a file or a list: it shall not aim us all at one. Owns the count of the minute. */

const AT_ONCE_MAX = 8;
const PER_MINUTE_MAX = 60;
const MINUTE_MS = 60_000;

export class PushedCalls {
  private underWay = 0;
  private minuteMs = 0;
  private inMinute = 0;

  get count(): number {
    return this.underWay;
  }

  /** False: not now. Else `over` is called when that one is over. */
  begin(nowMs: number): boolean {
    if (nowMs - this.minuteMs >= MINUTE_MS) {
      this.minuteMs = nowMs;
      this.inMinute = 0;
    }
    if (this.underWay >= AT_ONCE_MAX || this.inMinute >= PER_MINUTE_MAX) return false;
    this.underWay++;
    this.inMinute++;
    return true;
  }

  over(): void {
    this.underWay--;
  }
}
