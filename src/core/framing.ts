/** How a byte stream is cut into messages and bodies; a framing is stateless, its deframer belongs to one stream direction. */

import type { Body } from './host.ts';

/**
 * A kind of connection: what may arrive on it. `M` is the union of its messages, `H` the heads of frames whose body is passed
 * on in slices as it arrives (a BitTorrent block, an HTTP body) and never gathered by the deframer.
 */
export interface Framing<M, H = never> {
  readonly name: string;
  deframer(): Deframer<M, H>;
}

export interface Deframer<M, H = never> {
  /**
   * Parses bytes[start, end) and reports to the sink, in order. Stops early when `sink.open` turns false (the handler paused,
   * reset or upgraded the stream) and returns the offset of the first byte not consumed; otherwise consumes everything, keeping
   * an incomplete frame of at most the framing's own bound. Throws MalformedMessage when a frame is over its bound, before it
   * allocates, or is no message. The bytes are borrowed until it returns.
   */
  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M, H>): number;
}

export interface FrameSink<M, H = never> {
  /** False while nothing more may be reported. */
  readonly open: boolean;
  onMessage(message: M): void;
  /** A slice of the body that belongs to `head`, `offset` bytes into it; borrowed until it returns. */
  onBulk(head: H, body: Body, offset: number): void;
}
