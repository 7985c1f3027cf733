/** The packets of one direction in their order: what came too early waits here, and is told of by selective acks. Owned by one stream. */

import { FLIGHT_PACKETS_MAX } from './flight.ts';
import { SELECTIVE_BYTES_MAX } from './packet.ts';
import { sequencePlus, stepsFrom } from './sequence.ts';

/** Packets from the next expected one on that may come; what is further ahead is dropped. As much as libutp keeps. */
const AHEAD_MAX = 2 * FLIGHT_PACKETS_MAX;

/** next: pass it on, then ask `takeNext`. early: kept. old: had before. refused: no room, or nonsense. */
export type Place = 'next' | 'early' | 'old' | 'refused';

export class Reordering {
  /** The number of the last packet up to which nothing is missing. */
  ack: number;
  earlyBytes = 0;
  /** The number of the other side's last packet, once it has come; -1 before. */
  last = -1;
  private readonly early = new Map<number, Uint8Array>();
  /** Steps from `ack` to the latest early one; may be stale when nothing waits. */
  private latest = 0;

  constructor(ack: number) {
    this.ack = ack;
  }

  /** Whether all has come that ever will. */
  get complete(): boolean {
    return this.last === this.ack;
  }

  get hasGap(): boolean {
    return this.early.size > 0;
  }

  /**
   * `roomBytes`: what may be kept of what can be passed on and what cannot. Early packets must not fill the room of the one that all of
   * them wait for.
   */
  place(sequence: number, payload: Uint8Array, final: boolean, roomBytes: number): Place {
    const steps = stepsFrom(this.ack, sequence);
    if (steps <= 0) return 'old';
    const room = steps === 1 ? roomBytes : roomBytes - this.earlyBytes;
    if (steps > AHEAD_MAX || payload.length > room) return 'refused';
    if (this.last >= 0 && (stepsFrom(this.last, sequence) > 0 || (final && sequence !== this.last))) return 'refused';
    if (final) this.last = sequence;
    if (steps === 1) {
      this.ack = sequence;
      return 'next';
    }
    if (this.early.has(sequence)) return 'old';
    // A copy: what waits for long must not hold the memory of its neighbours (`packet.ts`).
    this.early.set(sequence, payload.slice());
    this.earlyBytes += payload.length;
    if (this.early.size === 1 || stepsFrom(this.latest, sequence) > 0) this.latest = sequence;
    return 'early';
  }

  /** The payload of the packet after `ack` if it has come, which it then has; else null. */
  takeNext(): Uint8Array | null {
    if (this.early.size === 0) return null;
    const sequence = sequencePlus(this.ack, 1);
    const payload = this.early.get(sequence);
    if (payload === undefined) return null;
    this.early.delete(sequence);
    this.earlyBytes -= payload.length;
    this.ack = sequence;
    return payload;
  }

  /** The bits for what came early (BEP 29, "selective ack"), or null when nothing did. */
  selective(): Uint8Array | null {
    if (this.early.size === 0) return null;
    const bits = stepsFrom(this.ack, this.latest) - 1;
    const mask = new Uint8Array(Math.min(SELECTIVE_BYTES_MAX, Math.ceil(bits / 32) * 4));
    for (const sequence of this.early.keys()) {
      const bit = stepsFrom(this.ack, sequence) - 2;
      if (bit >> 3 < mask.length) mask[bit >> 3] = (mask[bit >> 3] as number) | (1 << (bit & 7));
    }
    return mask;
  }
}
