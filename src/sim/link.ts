/** The access link of one node: its rates, what is being sent and received, who waits; `network.ts` moves it on. */

import type { Pipe } from './pipe.ts';
import { PipeQueue } from './pipe.ts';
import { TICKS_PER_SECOND } from './ticks.ts';

/** How much a downlink is asked to buffer: a share of a second, as home routers do, and a few chunks. */
const DOWNLINK_QUEUE_SECONDS = 0.2;
const DOWNLINK_QUEUE_CHUNKS = 2;

export interface LinkSpec {
  /** Bytes per second; 0 or absent is no limit. */
  readonly upBytesPerSecond?: number;
  readonly downBytesPerSecond?: number;
  /** Bytes of datagrams that wait for a slow link, each way, before the next one is dropped. */
  readonly datagramQueueBytes?: number;
  /** Larger datagrams never reach the node: the last part of the path drops them, without a word. */
  readonly datagramBytesMax?: number;
}

const DATAGRAM_QUEUE_BYTES = 64 << 10;

export class Link {
  /** 0: no limit. */
  readonly upTicksPerByte: number;
  readonly downTicksPerByte: number;
  readonly datagramQueueBytes: number;
  readonly datagramBytesMax: number;
  /** What may be under way to this downlink at once: enough to keep it busy, little enough that nothing waits long. */
  readonly downlinkBytesMax: number;

  /** Ticks, with fractions, when each way has finished what it has taken on. */
  upFreeAt = 0;
  downFreeAt = 0;
  /** The same for datagrams alone, which do not wait behind streams. */
  datagramUpFreeAt = 0;
  datagramDownFreeAt = 0;
  /** An uplinkFree event is in the wheel. */
  waking = false;
  /** Bytes of streams under way to the downlink. */
  downlinkBytes = 0;

  /** Pipes that take turns at the uplink; those with little to say go first (as in fq_codel, RFC 8290 section 4.1). */
  readonly turns = new PipeQueue();
  readonly urgent = new PipeQueue();
  /** Pipes that would send to this node, once its downlink has room. */
  readonly parked = new PipeQueue();

  constructor(spec: LinkSpec, chunkBytes: number) {
    const down = spec.downBytesPerSecond ?? 0;
    this.upTicksPerByte = ticksPerByte(spec.upBytesPerSecond ?? 0);
    this.downTicksPerByte = ticksPerByte(down);
    this.datagramQueueBytes = spec.datagramQueueBytes ?? DATAGRAM_QUEUE_BYTES;
    this.datagramBytesMax = spec.datagramBytesMax ?? Number.POSITIVE_INFINITY;
    this.downlinkBytesMax =
      down === 0 ? Number.POSITIVE_INFINITY : Math.ceil(down * DOWNLINK_QUEUE_SECONDS) + DOWNLINK_QUEUE_CHUNKS * chunkBytes;
  }

  static isLimited(spec: LinkSpec): boolean {
    if (spec.datagramBytesMax !== undefined) return true;
    return ticksPerByte(spec.upBytesPerSecond ?? 0) > 0 || ticksPerByte(spec.downBytesPerSecond ?? 0) > 0;
  }

  get waiting(): boolean {
    return !this.urgent.empty || !this.turns.empty;
  }

  take(): Pipe | null {
    return this.urgent.shift() ?? this.turns.shift();
  }
}

function ticksPerByte(bytesPerSecond: number): number {
  if (!(bytesPerSecond >= 0)) throw new RangeError(`a rate of 0 or more bytes per second expected, got ${bytesPerSecond}`);
  return bytesPerSecond === 0 || bytesPerSecond === Number.POSITIVE_INFINITY ? 0 : TICKS_PER_SECOND / bytesPerSecond;
}
