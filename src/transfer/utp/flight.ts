/**
 * The packets that a stream has sent and the other end has not acknowledged: which have arrived, which are lost, how long they took
 * (BEP 29, "packet loss" and "timeouts"). Owns the sequence numbers of one direction.
 */

import type { PacketType } from './packet.ts';
import { sequencePlus, stepsFrom } from './sequence.ts';

/** Packets under way at once. Others keep about a thousand that come out of order (libutp 1,023, libtorrent 953, long ago 512). */
export const FLIGHT_PACKETS_MAX = 512;
const RING = 1024;
/** So many packets sent after it have arrived: a packet is lost and not merely late. */
const LATER_ARRIVALS = 3;

export class SentPacket {
  readonly type: PacketType;
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** The datagram size that it tries, or 0. */
  triesBytes: number;
  sentAtMs = 0;
  transmissions = 0;
  /** Number of its last transmission among all of the stream. */
  order = 0;
  /** Given up, and waiting to be sent again. */
  lost = false;

  constructor(type: PacketType, sequence: number, payload: Uint8Array, triesBytes: number) {
    this.type = type;
    this.sequence = sequence;
    this.payload = payload;
    this.triesBytes = triesBytes;
  }
}

export class Flight {
  /** The number of the next new packet; that of the oldest one that is not acknowledged, or the same when there is none. */
  next: number;
  oldest: number;
  /** Payload under way: neither acknowledged nor given up. */
  bytes = 0;
  /** Since when nothing has moved: neither was something new acknowledged, nor the oldest sent again. */
  quietSinceMs = 0;

  // What the last acknowledgement came to.
  ackedBytes = 0;
  /** Of the latest of the packets that were sent only once, or -1. */
  roundTripMs = -1;
  /** A packet was found lost, other than one that tried a size; and the first loss since the last one was made good. */
  newLoss = false;
  /** The size that got through, or that did not; 0 when none was tried. */
  passedBytes = 0;
  failedBytes = 0;

  private readonly ring: (SentPacket | null)[] = new Array<SentPacket | null>(RING).fill(null);
  private readonly lost: SentPacket[] = [];
  private transmissions = 0;
  /** Orders of the latest transmissions that arrived, falling. */
  private readonly arrivals = new Float64Array(LATER_ARRIVALS);
  private duplicates = 0;
  /** Losses of what was sent before this number belong to one event. */
  private recoversAt: number;

  constructor(next: number) {
    this.next = next;
    this.oldest = next;
    this.recoversAt = next;
  }

  get empty(): boolean {
    return this.next === this.oldest;
  }

  /** Packets between the oldest that is not acknowledged and the next. */
  get span(): number {
    return stepsFrom(this.oldest, this.next);
  }

  get full(): boolean {
    return this.span >= FLIGHT_PACKETS_MAX;
  }

  /** Numbers a new packet; `transmitted` follows. */
  add(type: PacketType, payload: Uint8Array, triesBytes: number): SentPacket {
    const packet = new SentPacket(type, this.next, payload, triesBytes);
    this.ring[this.next % RING] = packet;
    this.next = sequencePlus(this.next, 1);
    return packet;
  }

  transmitted(packet: SentPacket, now: number): void {
    if (this.bytes === 0 || packet.sequence === this.oldest) this.quietSinceMs = now;
    packet.sentAtMs = now;
    packet.transmissions++;
    packet.order = ++this.transmissions;
    packet.lost = false;
    this.bytes += packet.payload.length;
  }

  /** The next packet that has to be sent again, or null. It stays first until it is taken. */
  get firstLost(): SentPacket | null {
    for (;;) {
      const first = this.lost[0];
      if (first === undefined || (first.lost && this.ring[first.sequence % RING] === first)) return first ?? null;
      this.lost.shift();
    }
  }

  /** True when an acknowledgement up to `ack` can be: of something sent, and not much older than what we know. */
  isPlausible(ack: number): boolean {
    const steps = stepsFrom(this.oldest, ack);
    return steps < this.span && steps >= -RING;
  }

  /**
   * All up to `ack` has arrived, and what `selective` has bits for. `bare`: it came without data, so that the same number again says that
   * something else has arrived in between.
   */
  acknowledge(ack: number, selective: Uint8Array | null, bare: boolean, now: number): void {
    this.ackedBytes = 0;
    this.roundTripMs = -1;
    this.newLoss = false;
    this.passedBytes = 0;
    this.failedBytes = 0;
    const before = this.oldest;
    for (let left = stepsFrom(before, ack) + 1; left > 0; left--) {
      this.arrived(this.oldest, now);
      this.oldest = sequencePlus(this.oldest, 1);
    }
    const last = selective === null ? ack : this.acknowledgeSelected(ack, selective, now);
    while (!this.empty && this.ring[this.oldest % RING] === null) this.oldest = sequencePlus(this.oldest, 1);
    // Numbers come round again: what is to be compared with must not stay behind.
    if (stepsFrom(this.recoversAt, this.oldest) > 0) this.recoversAt = this.oldest;
    if (this.ackedBytes > 0 || this.oldest !== before) {
      this.quietSinceMs = now;
      this.duplicates = 0;
    } else if (bare && selective === null && !this.empty && ack === sequencePlus(before, -1)) {
      // Whoever does not know selective acknowledgements says the same again for each packet that comes after a gap.
      this.duplicates++;
      if (this.duplicates === LATER_ARRIVALS) this.giveUp(this.ring[before % RING] as SentPacket);
    }
    if (stepsFrom(this.oldest, last) > 0) this.findLost(last);
  }

  /** Nothing came back in time: all that is under way is taken for lost. */
  giveUpAll(now: number): void {
    this.failedBytes = 0;
    for (let sequence = this.oldest; sequence !== this.next; sequence = sequencePlus(sequence, 1)) {
      const packet = this.ring[sequence % RING];
      if (packet !== null && packet !== undefined && !packet.lost) this.giveUp(packet);
    }
    this.lost.sort((a, b) => stepsFrom(b.sequence, a.sequence));
    this.newLoss = false;
    this.recoversAt = this.next;
    this.quietSinceMs = now;
  }

  private acknowledgeSelected(ack: number, selective: Uint8Array, now: number): number {
    let last = ack;
    const bits = Math.min(selective.length * 8, stepsFrom(ack, this.next) - 2);
    for (let bit = 0; bit < bits; bit++) {
      if (((selective[bit >> 3] as number) & (1 << (bit & 7))) === 0) continue;
      last = sequencePlus(ack, bit + 2);
      if (stepsFrom(this.oldest, last) >= 0) this.arrived(last, now);
    }
    return last;
  }

  private arrived(sequence: number, now: number): void {
    const packet = this.ring[sequence % RING];
    if (packet === null || packet === undefined || packet.sequence !== sequence) return;
    this.ring[sequence % RING] = null;
    if (packet.transmissions === 1) this.roundTripMs = now - packet.sentAtMs;
    if (packet.triesBytes > 0) this.passedBytes = packet.triesBytes;
    this.ackedBytes += packet.payload.length;
    if (!packet.lost) this.bytes -= packet.payload.length;
    this.noteArrival(packet.order);
  }

  private noteArrival(order: number): void {
    const { arrivals } = this;
    let at = LATER_ARRIVALS - 1;
    if (order <= (arrivals[at] as number)) return;
    while (at > 0 && order > (arrivals[at - 1] as number)) {
      arrivals[at] = arrivals[at - 1] as number;
      at--;
    }
    arrivals[at] = order;
  }

  /** Judged by the order of transmissions, a packet that was sent again can be found lost again. */
  private findLost(last: number): void {
    const lostBefore = this.arrivals[LATER_ARRIVALS - 1] as number;
    const count = stepsFrom(this.oldest, last);
    for (let step = 0; step < count; step++) {
      const packet = this.ring[sequencePlus(this.oldest, step) % RING];
      if (packet !== null && packet !== undefined && !packet.lost && packet.order < lostBefore) this.giveUp(packet);
    }
  }

  private giveUp(packet: SentPacket): void {
    packet.lost = true;
    this.bytes -= packet.payload.length;
    this.lost.push(packet);
    if (packet.triesBytes > 0) {
      this.failedBytes = packet.triesBytes;
      // It goes again without padding.
      packet.triesBytes = 0;
      return;
    }
    if (stepsFrom(this.recoversAt, packet.sequence) < 0) return;
    this.newLoss = true;
    this.recoversAt = this.next;
  }
}
