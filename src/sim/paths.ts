/** The ways between nodes: latency, faults by chance, partitions and clogged ways. Draws from the sender's own random stream. */

import type { Random } from '../core/random.ts';
import type { FaultRates } from './fault-rates.ts';
import { NO_FAULTS } from './fault-rates.ts';
import type { Latency } from './latency.ts';
import type { Nats } from './nats.ts';
import { TICKS_PER_MS, ticksOf } from './ticks.ts';

/** The least that a packet takes, even to oneself: an effect never shares the tick of its cause. */
const LATENCY_TICKS_MIN = 1;
/** A lost packet of a stream is sent again after a round trip, and not sooner than this (RFC 6298 has 1 s, Linux 200 ms). */
const RETRANSMIT_TICKS_MIN = ticksOf(200);
/** Between two behind the same NAT. */
const NEIGHBOUR_TICKS = ticksOf(1);
const PACKET_BYTES = 1460;
/** Tells the two ends of a way apart in one key; indices stay below 2^24. */
const WAY_SPAN = 0x100_0000;

export class Paths {
  faults: FaultRates = NO_FAULTS;
  private readonly latency: Latency;
  /** The random stream of what a node sends. */
  private readonly chanceOf: (node: number) => Random;
  /** The side of the partition that a node is on, by index; those not listed are on side 0. */
  private sides: Map<number, number> | null = null;
  /** Until which tick a way holds everything back. */
  private readonly clogged = new Map<number, number>();

  private readonly nats: Nats | null;

  constructor(latency: Latency, chanceOf: (node: number) => Random, nats: Nats | null) {
    this.nats = nats;
    this.latency = latency;
    this.chanceOf = chanceOf;
  }

  /** Nodes of different groups no longer hear each other; those in no group form one of their own. */
  partition(groups: readonly (readonly number[])[]): void {
    const sides = new Map<number, number>();
    for (const [position, group] of groups.entries()) {
      for (const node of group) sides.set(node, position + 1);
    }
    this.sides = sides;
  }

  unite(): void {
    this.sides = null;
  }

  unclog(): void {
    this.clogged.clear();
  }

  isCut(from: number, to: number): boolean {
    if (this.sides === null) return false;
    return (this.sides.get(from) ?? 0) !== (this.sides.get(to) ?? 0);
  }

  clog(from: number, to: number, untilTick: number): void {
    this.clogged.set(from * WAY_SPAN + to, untilTick);
  }

  /** Ticks that a packet is under way when nothing holds it up. */
  latencyOf(from: number, to: number): number {
    if (from === to) return LATENCY_TICKS_MIN;
    if (this.nats?.areNeighbours(from, to) === true) return NEIGHBOUR_TICKS;
    return Math.max(LATENCY_TICKS_MIN, this.latency(from, to));
  }

  /** Ticks that a packet sent at `now` is under way. */
  delay(from: number, to: number, now: number): number {
    let ticks = this.latencyOf(from, to);
    if (this.faults.jitterMs > 0) ticks += Math.floor(this.chanceOf(from).unit() * this.faults.jitterMs * TICKS_PER_MS);
    if (this.clogged.size > 0) ticks += this.clogDelay(from, to, now);
    return ticks;
  }

  /** The same for a chunk of a stream: what gets lost is sent again, and what is behind it waits. */
  chunkDelay(from: number, to: number, now: number, bytes: number): number {
    const ticks = this.delay(from, to, now);
    if (this.faults.loss === 0 || !this.happens(from, this.faults.loss * Math.ceil(bytes / PACKET_BYTES))) return ticks;
    return ticks + Math.max(RETRANSMIT_TICKS_MIN, 2 * ticks);
  }

  /** Draws whether something happens to what a node sends. */
  happens(from: number, probability: number): boolean {
    return probability > 0 && this.chanceOf(from).chance(probability);
  }

  /** How long a datagram is held back, so that others overtake it. */
  heldBack(from: number): number {
    if (!this.happens(from, this.faults.reordering)) return 0;
    return ticksOf(this.chanceOf(from).unit() * this.faults.reorderingMs);
  }

  private clogDelay(from: number, to: number, now: number): number {
    const key = from * WAY_SPAN + to;
    const until = this.clogged.get(key);
    if (until === undefined) return 0;
    if (until > now) return until - now;
    this.clogged.delete(key);
    return 0;
  }
}
