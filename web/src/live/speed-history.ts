/** How fast it went, second by second, for some minutes; owns the numbers. */

export const SPEED_SECONDS_MAX = 300;

export class SpeedHistory {
  readonly down: number[] = [];
  readonly up: number[] = [];

  /** Bytes a second, of the second that has passed. */
  add(down: number, up: number): void {
    this.down.push(down);
    this.up.push(up);
    if (this.down.length > SPEED_SECONDS_MAX) this.down.shift();
    if (this.up.length > SPEED_SECONDS_MAX) this.up.shift();
  }

  /** The highest of both; 0 when nothing has moved. */
  get peak(): number {
    return Math.max(0, ...this.down, ...this.up);
  }

  /** Mean rates of so many stretches of time, oldest first: what the plot shows, as rows. */
  rows(count: number): { readonly secondsAgo: number; readonly down: number; readonly up: number }[] {
    const length = this.down.length;
    const stretch = Math.max(1, Math.ceil(length / count));
    const rows = [];
    for (let from = 0; from < length; from += stretch) {
      const to = Math.min(length, from + stretch);
      rows.push({ secondsAgo: length - from, down: meanOf(this.down, from, to), up: meanOf(this.up, from, to) });
    }
    return rows;
  }
}

function meanOf(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += values[at] as number;
  return sum / (to - from);
}
