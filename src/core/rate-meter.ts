/** Bytes per second over the last five seconds, in ten buckets of half a second; owns its counts. */

const BUCKETS = 10;
const BUCKET_MS = 500;
/** A rate is not computed over less than this: the first block would look like a flood. */
const SPAN_MS_MIN = 500;

export class RateMeter {
  /** All bytes ever counted. */
  total = 0;
  /** Plain numbers: a typed array of ten costs three times their size, and there are two meters a peer and a torrent. */
  private readonly buckets: number[] = new Array<number>(BUCKETS).fill(0);
  /** Number of the bucket being filled, counted from time 0; -1 before the first byte. */
  private current = -1;
  private sum = 0;
  private startedAtMs = 0;

  add(bytes: number, now: number): void {
    this.advance(now);
    if (this.sum === 0) this.startedAtMs = now;
    const index = this.current % BUCKETS;
    this.buckets[index] = (this.buckets[index] as number) + bytes;
    this.sum += bytes;
    this.total += bytes;
  }

  /** Bytes per second. */
  rate(now: number): number {
    // Nothing to forget where nothing is: most torrents and peers are at rest.
    if (this.sum === 0) return 0;
    this.advance(now);
    if (this.sum === 0) return 0;
    const spanMs = Math.min(now - this.startedAtMs, now - (this.current - BUCKETS + 1) * BUCKET_MS);
    return (this.sum * 1000) / Math.max(SPAN_MS_MIN, spanMs);
  }

  /** Forgets the buckets that are older than the span. */
  private advance(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    if (bucket === this.current) return;
    const stale = this.current < 0 ? BUCKETS : Math.min(BUCKETS, bucket - this.current);
    for (let step = 1; step <= stale; step++) {
      const index = (this.current + step + BUCKETS) % BUCKETS;
      this.sum -= this.buckets[index] as number;
      this.buckets[index] = 0;
    }
    this.current = bucket;
  }
}
