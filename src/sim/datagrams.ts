/** Datagrams from node to node: queues with tail drop at slow links, faults on the way, decoding on arrival. */

import type { Codec } from '../core/codec.ts';
import { encodeToBytes, MalformedMessage } from '../core/codec.ts';
import { HostEvent } from '../core/events.ts';
import type { Peer } from '../core/host.ts';
import type { Counters } from './counters.ts';
import { EventKind } from './event-kinds.ts';
import type { EventWheel } from './event-wheel.ts';
import type { Paths } from './paths.ts';
import type { SimNode } from './sim-node.ts';
import { ticksOf } from './ticks.ts';

/** What fits into a UDP datagram over IPv4. */
export const DATAGRAM_BYTES_MAX = 65_507;
/** IP and UDP headers, which take their share of a link. */
const DATAGRAM_HEADER_BYTES = 28;

/** A datagram under way. */
export class Packet {
  readonly from: Peer;
  readonly bytes: number;
  readonly codec: Codec<unknown>;
  readonly message: unknown;
  /** The encoded form in `bytes` mode. */
  readonly encoded: Uint8Array | null;

  constructor(from: Peer, bytes: number, codec: Codec<unknown>, message: unknown, encoded: Uint8Array | null) {
    this.from = from;
    this.bytes = bytes;
    this.codec = codec;
    this.message = message;
    this.encoded = encoded;
  }
}

export class Datagrams {
  private readonly wheel: EventWheel;
  private readonly paths: Paths;
  private readonly counters: Counters;

  constructor(wheel: EventWheel, paths: Paths, counters: Counters) {
    this.wheel = wheel;
    this.paths = paths;
    this.counters = counters;
  }

  /** `to` is null when nobody has that address. */
  send(from: SimNode, to: SimNode | null, codec: Codec<unknown>, message: unknown): void {
    const bytes = codec.size(message);
    this.counters.datagramsSent++;
    this.counters.datagramBytes += bytes;
    if (bytes > DATAGRAM_BYTES_MAX) {
      this.counters.dropped.tooBig++;
      return;
    }
    const encoded = from.encodes ? encodeToBytes(codec, message) : null;
    const leftAt = this.leave(from, bytes + DATAGRAM_HEADER_BYTES);
    if (leftAt < 0) {
      this.counters.dropped.queue++;
      return;
    }
    if (to === null) {
      this.counters.dropped.absent++;
      return;
    }
    if (this.paths.isCut(from, to)) {
      this.counters.dropped.partition++;
      return;
    }
    const packet = new Packet(from.peer, bytes, codec, message, encoded);
    const faults = this.paths.faults;
    if (faults.loss > 0 && from.chance.chance(faults.loss)) {
      this.counters.dropped.loss++;
      return;
    }
    if (faults.duplication > 0 && from.chance.chance(faults.duplication)) this.dispatch(from, to, leftAt, packet);
    this.dispatch(from, to, leftAt, packet);
  }

  /** The datagram has reached the receiver's link: true when it is delivered now, else it is dropped or comes again later. */
  arrive(to: SimNode, packet: Packet): boolean {
    const link = to.link;
    const bytes = packet.bytes + DATAGRAM_HEADER_BYTES;
    link.bytesDown += bytes;
    if (link.downTicksPerByte === 0) return true;
    const now = this.wheel.now;
    const takes = bytes * link.downTicksPerByte;
    const begins = Math.max(link.datagramDownFreeAt, now);
    if (begins + takes - now > (link.datagramQueueBytes + bytes) * link.downTicksPerByte) {
      this.counters.dropped.queue++;
      return false;
    }
    link.datagramDownFreeAt = begins + takes;
    link.downFreeAt = Math.max(link.downFreeAt, now) + takes;
    const at = Math.ceil(link.datagramDownFreeAt);
    if (at <= now) return true;
    this.wheel.insert(at, EventKind.datagramDelivery, to.index, packet.bytes, packet);
    return false;
  }

  deliver(to: SimNode, packet: Packet): void {
    const host = to.host;
    if (!host.running) {
      this.counters.dropped.absent++;
      return;
    }
    const codec = host.datagramCodec;
    if (codec === null) {
      this.counters.dropped.unbound++;
      return;
    }
    const message = this.received(codec, packet);
    if (message === null) {
      this.counters.dropped.malformed++;
      host.tap(HostEvent.datagramMalformed, packet.from, packet.bytes, 0);
      return;
    }
    this.counters.datagramsDelivered++;
    host.handleDatagram(packet.from, message.value);
  }

  /** When the datagram has left the sender's link, or -1 when its queue is full. */
  private leave(from: SimNode, bytes: number): number {
    const link = from.link;
    const now = this.wheel.now;
    if (link.upTicksPerByte === 0) {
      link.bytesUp += bytes;
      return now;
    }
    const takes = bytes * link.upTicksPerByte;
    const begins = Math.max(link.datagramUpFreeAt, now);
    if (begins + takes - now > (link.datagramQueueBytes + bytes) * link.upTicksPerByte) return -1;
    link.bytesUp += bytes;
    link.datagramUpFreeAt = begins + takes;
    // What datagrams use is gone for streams.
    link.upFreeAt = Math.max(link.upFreeAt, now) + takes;
    return Math.ceil(link.datagramUpFreeAt);
  }

  private dispatch(from: SimNode, to: SimNode, leftAt: number, packet: Packet): void {
    const faults = this.paths.faults;
    let at = leftAt + this.paths.delay(from, to, leftAt);
    if (faults.reordering > 0 && from.chance.chance(faults.reordering)) at += ticksOf(from.chance.unit() * faults.reorderingMs);
    this.wheel.insert(at, EventKind.datagramArrival, to.index, packet.bytes, packet);
  }

  /** What the receiver understands, or null when its codec rejects it. */
  private received(codec: Codec<unknown>, packet: Packet): { readonly value: unknown } | null {
    // The very object is passed on where both sides speak of the same codec; its laws say that the copy would be equal.
    if (packet.encoded === null && codec === packet.codec) return { value: packet.message };
    const bytes = packet.encoded ?? encodeToBytes(packet.codec, packet.message);
    try {
      return { value: codec.decode(bytes, 0, bytes.length) };
    } catch (error) {
      if (error instanceof MalformedMessage) return null;
      throw error;
    }
  }
}
