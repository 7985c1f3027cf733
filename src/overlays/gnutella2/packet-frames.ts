/** How a connection is cut into packets. Owns what of one direction has not been reported. */

import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { NO_PAYLOAD, type Packet, packetBytes, packetCodec } from './packet.ts';

const KEPT_BYTES_MIN = 256;

export const packetFrames: Framing<Packet> = { name: 'gnutella2', deframer: () => new PacketDeframer() };

class PacketDeframer implements Deframer<Packet> {
  /** The beginning of a packet whose end has not come; grows with what comes, not with what is announced. */
  private kept = NO_PAYLOAD;
  private keptBytes = 0;

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Packet>): number {
    let at = start;
    while (sink.open && at < end) {
      if (this.keptBytes > 0) at = this.finishKept(bytes, at, end, sink);
      else {
        const size = packetBytes(bytes, at, end);
        if (size < 0 || at + size > end) {
          this.keep(bytes, at, end);
          return end;
        }
        at += size;
        sink.onMessage(packetCodec.decode(bytes, at - size, at));
      }
    }
    return at;
  }

  private finishKept(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Packet>): number {
    const size = packetBytes(this.kept, 0, this.keptBytes);
    // The header comes byte by byte: it has at most four before the length is known.
    const stop = size < 0 ? start + 1 : Math.min(end, start + size - this.keptBytes);
    this.keep(bytes, start, stop);
    if (size !== this.keptBytes) return stop;
    this.keptBytes = 0;
    sink.onMessage(packetCodec.decode(this.kept, 0, size));
    return stop;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.keptBytes + end - start;
    if (length > this.kept.length) {
      const larger = new Uint8Array(Math.max(KEPT_BYTES_MIN, 2 * length));
      larger.set(this.kept.subarray(0, this.keptBytes));
      this.kept = larger;
    }
    this.kept.set(bytes.subarray(start, end), this.keptBytes);
    this.keptBytes = length;
  }
}
