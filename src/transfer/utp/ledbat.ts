/**
 * How much may be under way: the window of one stream. It grows as long as packets wait less than 100 ms in queues and shrinks when they
 * wait longer, so that whoever else needs the line finds it free (BEP 29; LEDBAT, RFC 6817). It never grows faster than TCP's would.
 *
 * Two things are LEDBAT++'s (draft-irtf-iccrg-ledbat-plus-plus), since plain LEDBAT is unfair to those who came first: it shrinks in
 * proportion to its size, and where a queue is standing it lets go of the line from time to time, so that all see how short the path is.
 */

/** BEP 29's CCONTROL_TARGET. */
export const TARGET_MS = 100;
/** RFC 3390; and the least that keeps acknowledgements coming (RFC 6817: MIN_CWND). */
const INITIAL_PACKETS = 4;
const PACKETS_MIN = 2;
/** Four times the room that we tell others of, and that deployed programs tell. */
const WINDOW_BYTES_MAX = 4 << 20;
/** The first growth ends when packets wait for so long: what is under way by then will double it. */
const SLOW_START_QUEUEING_MS = TARGET_MS / 2;
/** Below this, what waits is noise and no standing queue. */
const STANDING_QUEUE_MS = TARGET_MS / 4;
/** Letting go lasts so many round trips, and takes at most one part in so many of the time. */
const LET_GO_ROUND_TRIPS = 2;
const LET_GO_SHARE = 10;

export class Ledbat {
  windowBytes: number;
  /** Of one full packet. */
  private packetBytes: number;
  /** The window doubles each round trip up to here. */
  private slowStartBytesMax = Number.POSITIVE_INFINITY;
  /** The shortest wait since the line was last let go of. */
  private standingMs = Number.POSITIVE_INFINITY;
  private letGoAtMs = Number.POSITIVE_INFINITY;
  private letGoUntilMs = 0;
  /** Since when it recovers from letting go, or 0. */
  private recoversSinceMs = 0;

  constructor(packetBytes: number) {
    this.packetBytes = packetBytes;
    this.windowBytes = INITIAL_PACKETS * packetBytes;
  }

  /** Packets of another size are sent from now on. */
  resize(packetBytes: number): void {
    this.packetBytes = packetBytes;
    this.windowBytes = Math.max(this.windowBytes, PACKETS_MIN * packetBytes);
  }

  /**
   * So many bytes were acknowledged. `queueingMs`: how long packets wait, null when nobody knows; `full`: the window was used up, without
   * which there is no reason to widen it.
   */
  acknowledged(bytes: number, queueingMs: number | null, full: boolean, roundTripMs: number, now: number): void {
    const waitsMs = queueingMs ?? 0;
    this.standingMs = Math.min(this.standingMs, waitsMs);
    if (now < this.letGoUntilMs) return;
    if (this.windowBytes < this.slowStartBytesMax) return this.startSlowly(bytes, waitsMs, full);
    if (this.letGoAtMs === Number.POSITIVE_INFINITY) this.settled(roundTripMs, now);
    this.approachTarget(bytes, waitsMs, full);
    if (now >= this.letGoAtMs) this.letGo(roundTripMs, now);
  }

  private startSlowly(bytes: number, waitsMs: number, full: boolean): void {
    if (full) this.windowBytes = Math.min(WINDOW_BYTES_MAX, this.slowStartBytesMax, this.windowBytes + bytes);
    // Later on it only takes back what it had, and would have less and less if the queue of others could stop it.
    const first = this.slowStartBytesMax === Number.POSITIVE_INFINITY;
    if (first && waitsMs >= SLOW_START_QUEUEING_MS) this.slowStartBytesMax = this.windowBytes;
  }

  /** The doubling is over: says when the line is let go of next. */
  private settled(roundTripMs: number, now: number): void {
    const recoveryMs = now - this.recoversSinceMs;
    this.letGoAtMs = now + (this.recoversSinceMs === 0 ? LET_GO_ROUND_TRIPS * roundTripMs : (LET_GO_SHARE - 1) * recoveryMs);
    this.recoversSinceMs = 0;
    this.standingMs = Number.POSITIVE_INFINITY;
  }

  private approachTarget(bytes: number, waitsMs: number, full: boolean): void {
    // LEDBAT++, section 4.2. One packet more a round trip, as TCP; beyond the target less in proportion to the window, and at most half
    // of it: where the two are in balance all flows of a line have windows of the same size.
    const growth = full ? this.packetBytes / this.windowBytes : 0;
    const excess = Math.max(0, waitsMs / TARGET_MS - 1);
    this.windowBytes += Math.max(-0.5, growth - excess) * bytes;
    this.windowBytes = Math.max(PACKETS_MIN * this.packetBytes, Math.min(WINDOW_BYTES_MAX, this.windowBytes));
    // What was given up is not taken back by doubling.
    this.slowStartBytesMax = Math.min(this.slowStartBytesMax, this.windowBytes);
  }

  private letGo(roundTripMs: number, now: number): void {
    const standing = this.standingMs >= STANDING_QUEUE_MS;
    this.standingMs = Number.POSITIVE_INFINITY;
    this.letGoAtMs = now + LET_GO_SHARE * LET_GO_ROUND_TRIPS * Math.max(1, roundTripMs);
    if (!standing) return;
    this.slowStartBytesMax = this.windowBytes;
    this.windowBytes = Math.min(this.windowBytes, PACKETS_MIN * this.packetBytes);
    this.letGoUntilMs = now + LET_GO_ROUND_TRIPS * roundTripMs;
    this.recoversSinceMs = now;
    this.letGoAtMs = Number.POSITIVE_INFINITY;
  }

  /** Packets were lost, for the first time in this round trip: BEP 29 halves the window, "to mimic TCP". */
  lost(): void {
    // Who is on the way back to a window has lost packets of that one.
    const recovers = this.windowBytes < this.slowStartBytesMax && this.slowStartBytesMax !== Number.POSITIVE_INFINITY;
    const half = (recovers ? this.slowStartBytesMax : this.windowBytes) / 2;
    this.slowStartBytesMax = Math.max(PACKETS_MIN * this.packetBytes, half);
    this.windowBytes = Math.min(this.slowStartBytesMax, Math.max(PACKETS_MIN * this.packetBytes, this.windowBytes));
  }

  /** Nothing came back at all: begin anew, up to half of what there was. */
  timedOut(): void {
    this.slowStartBytesMax = Math.max(PACKETS_MIN * this.packetBytes, this.windowBytes / 2);
    this.windowBytes = this.packetBytes;
  }

  /** Nothing was sent for a while: what the window says is old news, and a burst of it would only fill queues (RFC 2861). */
  rested(): void {
    const initial = INITIAL_PACKETS * this.packetBytes;
    if (this.windowBytes <= initial) return;
    this.slowStartBytesMax = this.windowBytes;
    this.windowBytes = initial;
  }
}
