/** The ways between nodes: latency, faults by chance, partitions and clogged ways. Draws from the sender's own random stream. */

import type { FaultRates } from './fault-rates.ts';
import { NO_FAULTS } from './fault-rates.ts';
import type { Latency } from './latency.ts';
import type { SimNode } from './sim-node.ts';
import { TICKS_PER_MS, ticksOf } from './ticks.ts';

/** The least that a packet takes, even to oneself: an effect never shares the tick of its cause. */
const LATENCY_TICKS_MIN = 1;
/** A lost packet of a stream is sent again after a round trip, and not sooner than this (RFC 6298 has 1 s, Linux 200 ms). */
const RETRANSMIT_TICKS_MIN = ticksOf(200);
const PACKET_BYTES = 1460;
/** Tells the two ends of a way apart in one key; indices stay below 2^24. */
const WAY_SPAN = 0x100_0000;

export class Paths {
  faults: FaultRates = NO_FAULTS;
  private readonly latency: Latency;
  /** The side of the partition that a node is on, by index; those not listed are on side 0. */
  private sides: Map<number, number> | null = null;
  /** Until which tick a way holds everything back. */
  private readonly clogged = new Map<number, number>();

  constructor(latency: Latency) {
    this.latency = latency;
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

  isCut(from: SimNode, to: SimNode): boolean {
    if (this.sides === null) return false;
    return (this.sides.get(from.index) ?? 0) !== (this.sides.get(to.index) ?? 0);
  }

  clog(from: number, to: number, untilTick: number): void {
    this.clogged.set(from * WAY_SPAN + to, untilTick);
  }

  /** Ticks that a packet sent at `now` is under way. */
  delay(from: SimNode, to: SimNode, now: number): number {
    let ticks = from === to ? LATENCY_TICKS_MIN : Math.max(LATENCY_TICKS_MIN, this.latency(from.index, to.index));
    if (this.faults.jitterMs > 0) ticks += Math.floor(from.chance.unit() * this.faults.jitterMs * TICKS_PER_MS);
    if (this.clogged.size > 0) ticks += this.clogDelay(from, to, now);
    return ticks;
  }

  /** The same for a chunk of a stream: what gets lost is sent again, and what is behind it waits. */
  chunkDelay(from: SimNode, to: SimNode, now: number, bytes: number): number {
    const ticks = this.delay(from, to, now);
    if (this.faults.loss === 0 || !from.chance.chance(Math.min(1, this.faults.loss * Math.ceil(bytes / PACKET_BYTES)))) return ticks;
    return ticks + Math.max(RETRANSMIT_TICKS_MIN, 2 * ticks);
  }

  private clogDelay(from: SimNode, to: SimNode, now: number): number {
    const key = from.index * WAY_SPAN + to.index;
    const until = this.clogged.get(key);
    if (until === undefined) return 0;
    if (until > now) return until - now;
    this.clogged.delete(key);
    return 0;
  }
}
