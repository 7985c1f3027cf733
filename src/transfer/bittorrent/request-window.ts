/**
 * How many blocks to keep asked for at one peer: what it delivers in the time that a request takes, plus a tenth of a second, never a
 * constant. A full pipe needs no more; every block beyond is one that another peer could not be asked for. Owns its measurements.
 */

/** Work queued at the peer beyond what is on its way: covers a pause of either side, and no more. */
const QUEUE_MS = 100;
/** Blocks asked for before anything is known, and the least later: the next block must be on its way while one is taken. */
const BLOCKS_START = 8;
/** The same where somebody waits for the first piece: one of a common size comes a round trip sooner. */
const BLOCKS_START_HURRIED = 16;
const BLOCKS_MIN = 4;
/** A peer that needs longer than this for the least window gets half of it. */
const BLOCKS_MIN_MS = 3000;
/** 16 MiB: a tenth of a second at 160 MB/s; above, the queue is shorter in time. More blocks would only be more memory. */
const BLOCKS_MAX = 1000;
/** What a peer accepts that does not say (`reqq` of BEP 10): the number most clients have always had. */
const PEER_MAX_DEFAULT = 250;
/** The rate is taken over this long, or four round trips. */
const SPAN_MS_MIN = 50;
/** The shortest delay is measured anew after this: routes change. */
const DELAY_MIN_AGE_MS = 30_000;
const TIMEOUT_MS_MIN = 3_000;
const TIMEOUT_MS_MAX = 60_000;
const TIMEOUT_MS_START = 20_000;

export class RequestWindow {
  private size = BLOCKS_START;
  private peerMax = PEER_MAX_DEFAULT;
  /** Until the first rate is known, the window grows by one a block, doubling each round trip. */
  private starting = true;
  private spanStartMs = 0;
  private spanBlocks = 0;
  private lastBlockAtMs = Number.NEGATIVE_INFINITY;
  /** Blocks per millisecond in the last two spans. */
  private rate = 0;
  private rateBefore = 0;
  private delayMinMs = Number.POSITIVE_INFINITY;
  private delayMinAtMs = 0;
  /** From asking for a block until it has come, as a rule; 0 before the first. Read only for everybody else. */
  delayMs = 0;
  private deviationMs = 0;

  /** The peer says how many requests it queues (BEP 10 `reqq`). */
  setMax(requests: number): void {
    this.peerMax = Math.max(1, requests);
  }

  /** How many blocks may be outstanding. */
  blocks(): number {
    return Math.min(this.size, this.peerMax, BLOCKS_MAX);
  }

  /** Somebody waits for what will be asked for: while nothing is known of the peer, it is asked for more at once. */
  hurry(): void {
    if (this.starting) this.size = Math.max(this.size, BLOCKS_START_HURRIED);
  }

  /** From one block to the next; 0 before that has been measured. */
  get blockMs(): number {
    const rate = Math.max(this.rate, this.rateBefore);
    return rate === 0 ? 0 : 1 / rate;
  }

  /** A block has come, `delayMs` after it was asked for. */
  onBlock(delayMs: number, now: number): void {
    this.measureDelay(delayMs, now);
    // After a pause the span before says nothing about what the peer can do.
    if (now - this.lastBlockAtMs > TIMEOUT_MS_MIN) this.beginSpan(now);
    this.lastBlockAtMs = now;
    this.spanBlocks++;
    if (this.starting) this.size = Math.min(BLOCKS_MAX, this.size + 1);
    const spanMs = now - this.spanStartMs;
    if (spanMs >= SPAN_MS_MIN && spanMs >= 4 * this.delayMinMs && this.spanBlocks >= BLOCKS_MIN) this.endSpan(spanMs, now);
  }

  private endSpan(spanMs: number, now: number): void {
    this.starting = false;
    this.rateBefore = this.rate;
    this.rate = this.spanBlocks / spanMs;
    this.beginSpan(now);
    // The better of two spans: one interrupted by a pause of ours must not shrink the window.
    const rate = Math.max(this.rate, this.rateBefore);
    const wanted = Math.ceil(rate * (this.delayMinMs + QUEUE_MS));
    const least = rate * BLOCKS_MIN_MS < BLOCKS_MIN ? BLOCKS_MIN / 2 : BLOCKS_MIN;
    // It may grow as fast as it likes and shrinks by a quarter at most: rates on a busy machine jump.
    this.size = Math.min(BLOCKS_MAX, Math.max(least, wanted, Math.floor(this.size * 0.75)));
  }

  private beginSpan(now: number): void {
    this.spanStartMs = now;
    this.spanBlocks = 0;
  }

  private measureDelay(delayMs: number, now: number): void {
    if (delayMs <= this.delayMinMs || now - this.delayMinAtMs > DELAY_MIN_AGE_MS) {
      this.delayMinMs = delayMs;
      this.delayMinAtMs = now;
    }
    // RFC 6298's estimator; the first sample stands for itself.
    if (this.delayMs === 0) {
      this.delayMs = delayMs;
      this.deviationMs = delayMs / 2;
      return;
    }
    this.deviationMs += (Math.abs(delayMs - this.delayMs) - this.deviationMs) / 4;
    this.delayMs += (delayMs - this.delayMs) / 8;
  }

  /** The peer has let requests time out: start again, more carefully. */
  onTimeout(): void {
    this.size = Math.max(BLOCKS_MIN / 2, this.size >> 1);
    this.rate = 0;
    this.rateBefore = 0;
  }

  /** How long to wait for a sign of life before others are asked for the same blocks. */
  timeoutMs(): number {
    if (this.delayMs === 0) return TIMEOUT_MS_START;
    return Math.min(TIMEOUT_MS_MAX, Math.max(TIMEOUT_MS_MIN, 2 * this.delayMs + 4 * this.deviationMs));
  }
}
