/**
 * One direction of a stream: the items on their way, cut into chunks at the sender and consumed at the receiver. Both ends live in
 * one process, so a chunk under way is only a number of bytes; the items wait here until the receiver has got all of them.
 */

import type { Body, StreamCipher } from '../core/host.ts';
import type { Route } from './nats.ts';
import type { SimNode } from './sim-node.ts';
import type { SimStream } from './sim-stream.ts';

/** A message, or the head of a bulk with its body behind it. */
export class PipeItem {
  readonly message: unknown;
  /** Bytes of the message or the head. */
  readonly headBytes: number;
  /** Bytes of head and body. */
  readonly bytes: number;
  readonly body: Body | null;
  /** The encoded message, or the encoded head and body, in `bytes` mode. */
  readonly encoded: Uint8Array | null;
  next: PipeItem | null = null;

  constructor(message: unknown, headBytes: number, body: Body | null, encoded: Uint8Array | null) {
    this.message = message;
    this.headBytes = headBytes;
    this.bytes = body === null ? headBytes : headBytes + body.length;
    this.body = body;
    this.encoded = encoded;
  }
}

/** Where a pipe waits: nowhere, at its sender's uplink, for the receiver's downlink, or for the receiver to consume. */
export const Place = { idle: 0, uplink: 1, downlink: 2, window: 3, closed: 4 } as const;
type Place = (typeof Place)[keyof typeof Place];

export class Pipe {
  readonly from: SimNode;
  readonly to: SimNode;
  readonly source: SimStream;
  /** The receiving end, once there is one. */
  sink: SimStream | null = null;
  /** True: what passes is encoded, and cut by the receiver's deframer. */
  readonly encodes: boolean;
  /** The NATs on the way, in a world with any; both directions share it. */
  route: Route | null = null;

  place: Place = Place.idle;
  /** The next one in the queue where it waits. */
  next: Pipe | null = null;

  /** Handed over and not yet taken by the network. */
  queuedBytes = 0;
  /** Taken by the network and not yet consumed by the receiver. */
  flightBytes = 0;
  /** Arrived and not yet consumed. */
  arrivedBytes = 0;
  /** Held up by a partition or a dead receiver, since when. */
  stalledBytes = 0;
  stalledSince = 0;
  /** Nothing sent later may arrive before this tick. */
  arrivalTick = 0;
  /** The sender has ended this direction; the network has taken the end; it has arrived; it has been reported. */
  ending = false;
  endSent = false;
  endArrived = false;
  endReported = false;

  /** Items from the first that is not consumed; the one that leaves next and how much of it has left; the last. */
  reading: PipeItem | null = null;
  readOffset = 0;
  private cutting: PipeItem | null = null;
  private cutOffset = 0;
  private last: PipeItem | null = null;

  constructor(from: SimNode, to: SimNode, source: SimStream, encodes: boolean) {
    this.from = from;
    this.to = to;
    this.source = source;
    this.encodes = encodes;
  }

  append(item: PipeItem): void {
    if (this.reading === null) {
      this.reading = item;
      this.readOffset = 0;
    } else {
      (this.last as PipeItem).next = item;
    }
    if (this.cutting === null) {
      this.cutting = item;
      this.cutOffset = 0;
    }
    this.last = item;
    this.queuedBytes += item.bytes;
  }

  /**
   * Takes the next chunk: whole items up to about `target` bytes. Only an item that would make it more than twice that is split,
   * so that a block of 16 KiB with its head is one chunk.
   */
  cut(target: number): number {
    let bytes = 0;
    while (bytes < target && this.cutting !== null) {
      const rest = this.cutting.bytes - this.cutOffset;
      if (bytes + rest > target * 2) {
        this.cutOffset += target - bytes;
        bytes = target;
      } else {
        bytes += rest;
        this.cutting = this.cutting.next;
        this.cutOffset = 0;
      }
    }
    this.queuedBytes -= bytes;
    this.flightBytes += bytes;
    return bytes;
  }

  /** The receiver has consumed so many bytes: moves on over the items. */
  skip(bytes: number): void {
    this.flightBytes -= bytes;
    this.arrivedBytes -= bytes;
    let left = bytes;
    while (this.reading !== null && this.reading.bytes - this.readOffset <= left) {
      left -= this.reading.bytes - this.readOffset;
      this.reading = this.reading.next;
      this.readOffset = 0;
    }
    this.readOffset += left;
  }

  /** A copy of the arrived and unconsumed bytes, in `bytes` mode. */
  arrivedCopy(): Uint8Array {
    const bytes = new Uint8Array(this.arrivedBytes);
    let filled = 0;
    let offset = this.readOffset;
    for (let item = this.reading; item !== null && filled < bytes.length; item = item.next) {
      const encoded = item.encoded as Uint8Array;
      const piece = encoded.subarray(offset, Math.min(encoded.length, offset + bytes.length - filled));
      bytes.set(piece, filled);
      filled += piece.length;
      offset = 0;
    }
    return bytes;
  }

  /** Passes the arrived and unconsumed bytes, but for the first `clearBytes`, through a cipher where they lie, in `bytes` mode. */
  decipher(cipher: StreamCipher, clearBytes: number): void {
    let from = this.readOffset + clearBytes;
    let end = this.readOffset + this.arrivedBytes;
    for (let item = this.reading; item !== null && end > 0; item = item.next) {
      const encoded = item.encoded as Uint8Array;
      const stop = Math.min(end, encoded.length);
      if (from < stop) cipher.transform(encoded, from, stop, encoded, from);
      from = Math.max(0, from - encoded.length);
      end -= encoded.length;
    }
  }

  /** Everything that arrived is consumed and nothing is under way or to come. */
  get drained(): boolean {
    return this.endArrived && this.flightBytes === 0 && this.queuedBytes === 0;
  }

  /** Drops what has not left; what is under way still arrives. */
  close(): void {
    this.place = Place.closed;
    this.cutting = null;
    this.queuedBytes = 0;
  }
}

/** Pipes waiting in line, linked through themselves. Closed ones are skipped. */
export class PipeQueue {
  private head: Pipe | null = null;
  private tail: Pipe | null = null;

  get empty(): boolean {
    while (this.head !== null && this.head.place === Place.closed) this.dropHead(this.head);
    return this.head === null;
  }

  push(pipe: Pipe): void {
    pipe.next = null;
    if (this.tail === null) this.head = pipe;
    else this.tail.next = pipe;
    this.tail = pipe;
  }

  shift(): Pipe | null {
    if (this.empty) return null;
    const pipe = this.head as Pipe;
    this.dropHead(pipe);
    return pipe;
  }

  private dropHead(pipe: Pipe): void {
    this.head = pipe.next;
    if (this.head === null) this.tail = null;
    pipe.next = null;
  }
}
