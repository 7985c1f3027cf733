/**
 * How streams share the links: pipes take turns at their sender's uplink, a chunk each, and wait where the receiver's downlink is
 * busy or the receiver does not consume. Idealised congestion control: both ends know at once what the other has room for, so that
 * links are full, queues short and shares even, as TCP would have it after some round trips.
 */

import type { Counters } from './counters.ts';
import { EventKind } from './event-kinds.ts';
import type { EventWheel } from './event-wheel.ts';
import type { Link } from './link.ts';
import type { Paths } from './paths.ts';
import type { Pipe } from './pipe.ts';
import { Place } from './pipe.ts';
import { ticksOf } from './ticks.ts';
import type { Traffic } from './traffic.ts';

/** Pipes with so little to send go first and need no room: requests must not wait behind other streams' blocks. */
const URGENT_BYTES = 1460;
/** How often what is held up is tried again. */
export const RETRY_TICKS = ticksOf(1000);

export interface StreamLimits {
  /** What a pipe sends in its turn. */
  readonly chunkBytes: number;
  /** What may be under way on one pipe and not consumed: the receiver's window. */
  readonly windowBytes: number;
  /** After so long without getting through, the sender gives up. */
  readonly deadMs: number;
}

export class Chunks {
  private readonly wheel: EventWheel;
  private readonly paths: Paths;
  private readonly counters: Counters;
  private readonly traffic: Traffic;
  private readonly limits: StreamLimits;
  private readonly deadTicks: number;

  constructor(wheel: EventWheel, paths: Paths, counters: Counters, traffic: Traffic, limits: StreamLimits) {
    this.wheel = wheel;
    this.paths = paths;
    this.counters = counters;
    this.traffic = traffic;
    this.limits = limits;
    this.deadTicks = ticksOf(limits.deadMs);
  }

  /** The pipe has something to send, or room to send it: it takes its turn. */
  activate(pipe: Pipe): void {
    if (pipe.place !== Place.idle && pipe.place !== Place.window) return;
    if (pipe.queuedBytes === 0) {
      this.finish(pipe);
      return;
    }
    this.enqueue(pipe);
    this.pump(pipe.from.link, pipe.from.index);
  }

  /** Event uplinkFree. */
  uplinkFree(link: Link, node: number): void {
    link.waking = false;
    this.pump(link, node);
  }

  /** Event chunkArrival. */
  arrive(pipe: Pipe, bytes: number): void {
    if (pipe.stalledBytes > 0 || this.isUnreachable(pipe)) {
      this.release(pipe, bytes);
      this.stall(pipe, bytes);
      return;
    }
    pipe.route?.refresh(this.wheel.now);
    const link = pipe.to.link;
    this.traffic.received(pipe.to.index, bytes);
    if (link.downTicksPerByte > 0) {
      const now = this.wheel.now;
      link.downFreeAt = Math.max(link.downFreeAt, now) + bytes * link.downTicksPerByte;
      const at = Math.ceil(link.downFreeAt);
      if (at > now) {
        this.wheel.insert(at, EventKind.chunkDelivery, pipe.to.index, bytes, pipe);
        return;
      }
    }
    this.deliver(pipe, bytes);
  }

  /** Event chunkDelivery. */
  deliver(pipe: Pipe, bytes: number): void {
    this.release(pipe, bytes);
    pipe.sink?.arrived(bytes);
  }

  /** Event chunkRetry: what is held up goes on in one piece, or the sender gives up. */
  retry(pipe: Pipe): void {
    if (!this.isUnreachable(pipe)) {
      const bytes = pipe.stalledBytes;
      pipe.stalledBytes = 0;
      this.traffic.received(pipe.to.index, bytes);
      pipe.sink?.arrived(bytes);
    } else if (this.wheel.now - pipe.stalledSince > this.deadTicks) {
      pipe.source.abort('reset', `nothing got through for ${this.limits.deadMs} ms`);
    } else {
      this.wheel.insert(this.wheel.now + RETRY_TICKS, EventKind.chunkRetry, pipe.from.index, pipe.stalledBytes, pipe);
    }
  }

  /** Event streamEnd: the sender has nothing more to say. `since` is the tick at which it first tried to tell. */
  end(pipe: Pipe, since: number): void {
    if (!this.isUnreachable(pipe)) pipe.sink?.endArrived();
    else if (this.wheel.now - since > this.deadTicks) pipe.source.abort('reset', `nothing got through for ${this.limits.deadMs} ms`);
    else this.wheel.insert(this.wheel.now + RETRY_TICKS, EventKind.streamEnd, pipe.to.index, since, pipe);
  }

  /** The receiver has consumed something. */
  consumed(pipe: Pipe): void {
    if (pipe.place === Place.window && pipe.flightBytes < this.limits.windowBytes) this.activate(pipe);
  }

  /** A tick at which something small from `pipe.from` arrives, behind all that was sent before. */
  arrivalOfControl(pipe: Pipe): number {
    const now = this.wheel.now;
    pipe.arrivalTick = Math.max(pipe.arrivalTick, now + this.paths.chunkDelay(pipe.from.index, pipe.to.index, now, 1));
    return pipe.arrivalTick;
  }

  private pump(link: Link, node: number): void {
    while (link.waiting) {
      const now = this.wheel.now;
      if (link.upFreeAt > now) {
        if (!link.waking) this.wheel.insert(Math.ceil(link.upFreeAt), EventKind.uplinkFree, node, 0, link);
        link.waking = true;
        return;
      }
      const pipe = link.take();
      if (pipe !== null) this.transmit(pipe, link);
    }
  }

  private transmit(pipe: Pipe, link: Link): void {
    const receiver = pipe.to.link;
    if (pipe.flightBytes >= this.limits.windowBytes) {
      pipe.place = Place.window;
      return;
    }
    if (receiver.downlinkBytes >= receiver.downlinkBytesMax && pipe.queuedBytes > URGENT_BYTES) {
      pipe.place = Place.downlink;
      receiver.parked.push(pipe);
      return;
    }
    const now = this.wheel.now;
    const bytes = pipe.cut(this.limits.chunkBytes);
    let leftAt = now;
    if (link.upTicksPerByte > 0) {
      // The event that woke us was rounded up to a whole tick; the link was not idle for that fraction.
      const begins = now - link.upFreeAt < 1 ? link.upFreeAt : now;
      link.upFreeAt = begins + bytes * link.upTicksPerByte;
      leftAt = Math.ceil(link.upFreeAt);
    }
    this.traffic.sent(pipe.from.index, bytes);
    this.counters.chunks++;
    this.counters.streamBytes += bytes;
    receiver.downlinkBytes += bytes;
    pipe.arrivalTick = Math.max(pipe.arrivalTick, leftAt + this.paths.chunkDelay(pipe.from.index, pipe.to.index, leftAt, bytes));
    this.wheel.insert(pipe.arrivalTick, EventKind.chunkArrival, pipe.to.index, bytes, pipe);
    if (pipe.queuedBytes > 0) this.enqueue(pipe);
    else {
      pipe.place = Place.idle;
      this.finish(pipe);
    }
    pipe.source.taken();
  }

  private enqueue(pipe: Pipe): void {
    pipe.place = Place.uplink;
    const link = pipe.from.link;
    if (pipe.queuedBytes <= URGENT_BYTES) link.urgent.push(pipe);
    else link.turns.push(pipe);
  }

  /** All that was handed over has left: so does the end, if that was asked for. */
  private finish(pipe: Pipe): void {
    if (!pipe.ending || pipe.endSent) return;
    pipe.endSent = true;
    this.wheel.insert(this.arrivalOfControl(pipe), EventKind.streamEnd, pipe.to.index, this.wheel.now, pipe);
    pipe.source.endTaken();
  }

  /** The downlink has room again for as many bytes: those that wait for it take their turns. */
  private release(pipe: Pipe, bytes: number): void {
    const link = pipe.to.link;
    link.downlinkBytes -= bytes;
    while (link.downlinkBytes < link.downlinkBytesMax) {
      const parked = link.parked.shift();
      if (parked === null) return;
      this.enqueue(parked);
      this.pump(parked.from.link, parked.from.index);
    }
  }

  private stall(pipe: Pipe, bytes: number): void {
    if (pipe.stalledBytes === 0) {
      pipe.stalledSince = this.wheel.now;
      this.wheel.insert(this.wheel.now + RETRY_TICKS, EventKind.chunkRetry, pipe.from.index, bytes, pipe);
    }
    pipe.stalledBytes += bytes;
  }

  isUnreachable(pipe: Pipe): boolean {
    if (pipe.route !== null && !pipe.route.isAlive(this.wheel.now)) return true;
    return pipe.to.silent || this.paths.isCut(pipe.from.index, pipe.to.index);
  }
}
