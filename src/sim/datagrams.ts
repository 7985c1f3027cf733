/** Datagrams from node to node: queues with tail drop at slow links, faults on the way, decoding on arrival. */

import type { Codec } from '../core/codec.ts';
import { encodeToBytes, MalformedMessage } from '../core/codec.ts';
import type { DatagramBindings } from '../core/datagram-bindings.ts';
import { HostEvent } from '../core/events.ts';
import type { Peer } from '../core/host.ts';
import type { Counters } from './counters.ts';
import { EventKind } from './event-kinds.ts';
import type { EventWheel } from './event-wheel.ts';
import type { Nats, Route } from './nats.ts';
import type { Paths } from './paths.ts';
import type { SimHost } from './sim-host.ts';
import type { Traffic } from './traffic.ts';

/** What fits into a UDP datagram over IPv4. */
export const DATAGRAM_BYTES_MAX = 65_507;
/** IP and UDP headers, which take their share of a link. */
const DATAGRAM_HEADER_BYTES = 28;

/** Who is told of every datagram to a node that there is, and of every message that a stream is given: those who watch, or count. */
export interface MessageWatcher {
  /** `bytes` without headers of the network. `lost`: it will not arrive. */
  onMessage(from: number, to: number, bytes: number, message: unknown, lost: boolean): void;
}

/** A datagram under way. */
export class Packet {
  readonly from: Peer;
  readonly bytes: number;
  readonly codec: Codec<unknown>;
  readonly message: unknown;
  /** The encoded form in `bytes` mode. */
  readonly encoded: Uint8Array | null;
  /** In a world with NATs, which have their say when it arrives. */
  readonly route: Route | null;

  constructor(from: Peer, bytes: number, codec: Codec<unknown>, message: unknown, encoded: Uint8Array | null, route: Route | null) {
    this.from = from;
    this.route = route;
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
  private readonly traffic: Traffic;
  /** The process on each node, by index. */
  private readonly hosts: readonly SimHost[];
  private readonly nats: Nats | null;
  watcher: MessageWatcher | null = null;

  constructor(wheel: EventWheel, paths: Paths, counters: Counters, traffic: Traffic, hosts: readonly SimHost[], nats: Nats | null) {
    this.nats = nats;
    this.wheel = wheel;
    this.paths = paths;
    this.counters = counters;
    this.traffic = traffic;
    this.hosts = hosts;
  }

  /** `from` is the sender as others see it, `to` the index of a node or -1 when nobody has that address, `route` how NATs have changed both. */
  send(host: SimHost, from: Peer, to: number, codec: Codec<unknown>, message: unknown, route: Route | null = null): void {
    const { counters, paths } = this;
    const bytes = codec.size(message);
    counters.datagramsSent++;
    counters.datagramBytes += bytes;
    if (bytes > DATAGRAM_BYTES_MAX) {
      counters.dropped.tooBig++;
      return;
    }
    const encoded = host.encodes ? encodeToBytes(codec, message) : null;
    const leftAt = this.leave(host, bytes + DATAGRAM_HEADER_BYTES);
    if (leftAt < 0) counters.dropped.queue++;
    else if (to < 0 || to >= this.hosts.length) counters.dropped.absent++;
    else if (paths.isCut(host.index, to)) {
      counters.dropped.partition++;
      this.watcher?.onMessage(host.index, to, bytes, message, true);
    } else if (paths.happens(host.index, paths.faults.loss)) {
      counters.dropped.loss++;
      this.watcher?.onMessage(host.index, to, bytes, message, true);
    } else {
      this.watcher?.onMessage(host.index, to, bytes, message, false);
      const packet = new Packet(from, bytes, codec, message, encoded, route);
      if (paths.happens(host.index, paths.faults.duplication)) this.dispatch(host.index, to, leftAt, packet);
      this.dispatch(host.index, to, leftAt, packet);
    }
  }

  /** The same in a world with NATs. */
  sendTranslated(nats: Nats, host: SimHost, source: Peer, target: Peer, codec: Codec<unknown>, message: unknown): void {
    const now = this.wheel.now;
    const route = nats.leave('udp', host.index, source, target, now);
    if (route !== null) return this.send(host, route.from, nats.destination('udp', target, now), codec, message, route);
    this.counters.datagramsSent++;
    this.counters.datagramBytes += codec.size(message);
    this.counters.dropped.nat++;
  }

  /** Event datagramArrival: it has reached the receiver's link. */
  arrive(probablyTo: number, packet: Packet): void {
    const to = packet.route === null ? probablyTo : this.enter(packet.route);
    if (to < 0) return;
    const bytes = packet.bytes + DATAGRAM_HEADER_BYTES;
    this.traffic.received(to, bytes);
    if (this.traffic.limited[to] === 0 || this.passDownlink(to, packet, bytes)) this.deliver(to, packet);
  }

  /** The node to which the NATs on its side let a packet in, or -1. */
  private enter({ from, target }: Route): number {
    const at = (this.nats as Nats).enter('udp', from, target, this.wheel.now);
    // A mapping of a port to which nobody listens, such as one that a stream has left from.
    const to = at === null || at > this.hosts.length ? -1 : at - 1;
    if (at === null) this.counters.dropped.nat++;
    else if (to < 0) this.counters.dropped.absent++;
    return to;
  }

  /** Event datagramDelivery. */
  deliver(to: number, packet: Packet): void {
    const host = this.hosts[to] as SimHost;
    if (!host.running) {
      this.counters.dropped.absent++;
      return;
    }
    const codec = host.datagramCodec;
    if (codec === null) {
      this.counters.dropped.unbound++;
      return;
    }
    // The very object is passed on where both sides speak of the same codec; its laws say that the copy would be equal.
    if (packet.encoded === null && codec === packet.codec) {
      this.counters.datagramsDelivered++;
      host.handleDatagram(packet.from, packet.message);
      return;
    }
    if (host.datagramBindings !== null) return this.deliverToOneOf(host, host.datagramBindings, packet);
    const message = decoded(codec, packet);
    if (message === null) return this.reject(host, packet);
    this.counters.datagramsDelivered++;
    host.handleDatagram(packet.from, message.value);
  }

  /** As above, where several protocols share the socket. */
  private deliverToOneOf(host: SimHost, bindings: DatagramBindings, packet: Packet): void {
    const same = packet.encoded === null ? bindings.of(packet.codec) : null;
    if (same !== null) {
      this.counters.datagramsDelivered++;
      same.handler.onDatagram(packet.from, packet.message);
      return;
    }
    const bytes = packet.encoded ?? encodeToBytes(packet.codec, packet.message);
    const binding = bindings.recognizing(bytes, 0, bytes.length);
    const message = binding === null ? null : decoded(binding.codec, packet);
    if (binding === null || message === null) return this.reject(host, packet);
    this.counters.datagramsDelivered++;
    binding.handler.onDatagram(packet.from, message.value);
  }

  private reject(host: SimHost, packet: Packet): void {
    this.counters.dropped.malformed++;
    host.tap(HostEvent.datagramMalformed, packet.from, packet.bytes, 0);
  }

  /** When the datagram has left the sender's link, or -1 when its queue is full. */
  private leave(host: SimHost, bytes: number): number {
    const now = this.wheel.now;
    if (this.traffic.limited[host.index] === 0) {
      this.traffic.sent(host.index, bytes);
      return now;
    }
    const { link } = host.node;
    const takes = bytes * link.upTicksPerByte;
    const begins = Math.max(link.datagramUpFreeAt, now);
    if (begins + takes - now > (link.datagramQueueBytes + bytes) * link.upTicksPerByte) return -1;
    this.traffic.sent(host.index, bytes);
    link.datagramUpFreeAt = begins + takes;
    // What datagrams use is gone for streams.
    link.upFreeAt = Math.max(link.upFreeAt, now) + takes;
    return Math.ceil(link.datagramUpFreeAt);
  }

  /** True when it is through at once; else it is dropped, or delivered in a later event. */
  private passDownlink(to: number, packet: Packet, bytes: number): boolean {
    const { link } = (this.hosts[to] as SimHost).node;
    const now = this.wheel.now;
    if (packet.bytes > link.datagramBytesMax) {
      this.counters.dropped.tooBig++;
      return false;
    }
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
    this.wheel.insert(at, EventKind.datagramDelivery, to, packet.bytes, packet);
    return false;
  }

  private dispatch(from: number, to: number, leftAt: number, packet: Packet): void {
    const at = leftAt + this.paths.delay(from, to, leftAt) + this.paths.heldBack(from);
    this.wheel.insert(at, EventKind.datagramArrival, to, packet.bytes, packet);
  }
}

/** What the receiver understands, or null when its codec rejects it. */
function decoded(codec: Codec<unknown>, packet: Packet): { readonly value: unknown } | null {
  const bytes = packet.encoded ?? encodeToBytes(packet.codec, packet.message);
  try {
    return { value: codec.decode(bytes, 0, bytes.length) };
  } catch (error) {
    if (error instanceof MalformedMessage) return null;
    throw error;
  }
}
