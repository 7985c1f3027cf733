/**
 * What waits for a neighbour who takes it slowly. When there is too much of it, what is worth least goes: pings, then pongs, then queries, then hits;
 * of the same kind what has come furthest. What keeps a connection alive or ends it stays. Owns the packets that wait.
 */

import { type Packet, PacketType } from './packet.ts';

/** The greater the later it is dropped. */
const WORTH: Readonly<Record<number, number>> = {
  [PacketType.ping]: 0,
  [PacketType.pong]: 1,
  [PacketType.query]: 2,
  [PacketType.horizon]: 2,
  [PacketType.hit]: 3,
  [PacketType.push]: 4,
};
const KEPT = 5;
/** More hops than there are, so that hops only decide among equals. */
const HOPS_SPAN = 256;

export class Outbox {
  private readonly packetsMax: number;
  private waiting: Packet[] = [];
  dropped = 0;

  constructor(packetsMax: number) {
    this.packetsMax = packetsMax;
  }

  get size(): number {
    return this.waiting.length;
  }

  /** False: there is no room, and nothing that might go. */
  push(packet: Packet): boolean {
    this.waiting.push(packet);
    if (this.waiting.length <= this.packetsMax) return true;
    const least = this.leastWorth();
    if (least < 0) return false;
    this.waiting.splice(least, 1);
    this.dropped++;
    return true;
  }

  /** The oldest of those that are worth most. */
  take(): Packet | null {
    let best = -1;
    let worth = -1;
    for (let at = 0; at < this.waiting.length; at++) {
      const own = worthOf(this.waiting[at] as Packet);
      if (own <= worth) continue;
      worth = own;
      best = at;
    }
    return best < 0 ? null : (this.waiting.splice(best, 1)[0] as Packet);
  }

  private leastWorth(): number {
    let least = -1;
    let lowest = KEPT * HOPS_SPAN;
    for (let at = 0; at < this.waiting.length; at++) {
      const packet = this.waiting[at] as Packet;
      const worth = worthOf(packet);
      const value = worth * HOPS_SPAN - packet.hops;
      if (worth === KEPT || value > lowest) continue;
      lowest = value;
      least = at;
    }
    return least;
  }
}

function worthOf({ type }: Packet): number {
  return WORTH[type] ?? KEPT;
}
