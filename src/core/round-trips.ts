/**
 * How long answers take, as TCP keeps it (RFC 6298; Rhea et al. 2004 found it best under churn): their mean and deviation. Owns both, in whole
 * microseconds: small integers cost a network of a hundred thousand nodes half of what doubles do.
 */

/** A new time has an eighth of the mean, and a quarter of the deviation. */
const MEAN_SHIFT = 3;
const DEVIATION_SHIFT = 2;
const DEVIATIONS = 4;
/** Nobody is taken for slow sooner after the mean: answers that always take as long would be late at the first tick over (RFC 6298, the granularity). */
const SLACK_MS = 30;
const US_PER_MS = 1000;
/** Mean and deviation of which `slowMs` follows, with half as much deviation as mean. */
const MEANS_PER_SLOW = 3;
/** Half an hour: longer than any question waits. */
const RTT_MS_MAX = 1_800_000;

export class RoundTrips {
  private meanUs: number;
  private deviationUs: number;

  constructor(rttMs: number) {
    this.meanUs = wholeUs(rttMs);
    this.deviationUs = this.meanUs >> 1;
  }

  /** For many nodes together, of whom none has answered: the first answer says little of the others. */
  static expecting(slowMs: number): RoundTrips {
    return new RoundTrips(slowMs / MEANS_PER_SLOW);
  }

  get rttMs(): number {
    return this.meanUs / US_PER_MS;
  }

  heard(rttMs: number): void {
    const error = wholeUs(rttMs) - this.meanUs;
    this.deviationUs += (Math.abs(error) - this.deviationUs) >> DEVIATION_SHIFT;
    this.meanUs += error >> MEAN_SHIFT;
  }

  /** After so long an answer is late. */
  get slowMs(): number {
    return this.rttMs + Math.max(SLACK_MS, (DEVIATIONS * this.deviationUs) / US_PER_MS);
  }
}

function wholeUs(ms: number): number {
  return Math.round(Math.min(ms, RTT_MS_MAX) * US_PER_MS);
}
