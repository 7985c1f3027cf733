/**
 * One-way delays and what part of them is waiting in queues (BEP 29, "congestion control"; RFC 6817, section 3.4.2). The clocks of the
 * two ends differ, so a delay means nothing but in comparison with the smallest one seen. Owned by one stream.
 */

const MINUTE_MS = 60_000;
/**
 * The smallest delay of each of so many minutes is kept. BEP 29 says two; a flow that keeps a queue standing for longer would take the
 * queue for the path. Ten are RFC 6817's, and few enough to follow clocks that drift.
 */
const MINUTES = 10;
/** The delay of now is the smallest of the last few: one packet held up by a busy processor is no queue. */
const SAMPLES = 4;

export class DelayHistory {
  /** The smallest delay of the path, modulo 2^32 µs. */
  private baseUs = 0;
  /** By minute, the present one last. */
  private readonly minutes: number[] = [];
  private minuteEndsMs = 0;
  private readonly samples = new Float64Array(SAMPLES);
  private sampled = 0;

  /** A delay as the other end measured it. */
  add(delayUs: number, now: number): void {
    const { minutes, samples } = this;
    if (minutes.length === 0 || now >= this.minuteEndsMs) {
      minutes.push(delayUs);
      if (minutes.length > MINUTES) minutes.shift();
      this.minuteEndsMs = now + MINUTE_MS;
      this.baseUs = minutes.reduce(lower);
    } else if (isLower(delayUs, minutes[minutes.length - 1] as number)) {
      minutes[minutes.length - 1] = delayUs;
      this.baseUs = lower(this.baseUs, delayUs);
    }
    samples[this.sampled++ % SAMPLES] = delayUs;
  }

  /** Milliseconds that packets wait in queues now, or null before the first measurement. */
  get queueingMs(): number | null {
    const { samples, sampled } = this;
    if (sampled === 0) return null;
    let least = samples[0] as number;
    for (let at = 1; at < Math.min(sampled, SAMPLES); at++) least = lower(least, samples[at] as number);
    return ((least - this.baseUs) >>> 0) / 1000;
  }
}

function isLower(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

function lower(a: number, b: number): number {
  return isLower(a, b) ? a : b;
}
