/** How a stream of messages is cut, plain or out of a zlib stream (compression is negotiated for each direction). Owns what of a direction has not been reported yet. */

import { concatBytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Compression, Inflater } from '../../core/compression.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { HEAD_BYTES, type Packet, packetAt, payloadBytes } from './packet.ts';

const NOTHING = new Uint8Array(0);
/** So much is inflated at a time: half a megabyte comes of it at most, and what that holds is looked at before there is more. */
const INFLATED_AT_ONCE_BYTES = 512;

export const packetFrames: Framing<Packet> = { name: 'gnutella', deframer: () => new PacketDeframer() };

/** The same out of a zlib stream. */
export function inflatedPacketFrames(compression: Compression): Framing<Packet> {
  return { name: 'gnutella, deflated', deframer: () => new InflatedDeframer(compression.inflater()) };
}

class PacketDeframer implements Deframer<Packet> {
  /** The beginning of a message whose end has not come yet. */
  private kept: Uint8Array = NOTHING;

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Packet>): number {
    if (!sink.open) return start;
    const before = this.kept.length;
    const all = before === 0 ? bytes : concatBytes([this.kept, bytes.subarray(start, end)]);
    const stop = before === 0 ? end : all.length;
    this.kept = NOTHING;
    const at = reportPackets(all, before === 0 ? start : 0, stop, sink);
    if (sink.open) {
      this.kept = all.slice(at, stop);
      return end;
    }
    // What was kept was no whole message, so that the first one ends behind it.
    return before === 0 ? at : start + at - before;
  }
}

class InflatedDeframer implements Deframer<Packet> {
  private readonly inflater: Inflater;
  /** Inflated, and not reported yet. */
  private kept: Uint8Array = NOTHING;
  /** The last byte that was inflated is not given back as consumed while whole messages may be left of it: it is asked for again. */
  private owesByte = false;

  constructor(inflater: Inflater) {
    this.inflater = inflater;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Packet>): number {
    let at = start;
    while (sink.open && at < end) {
      if (this.owesByte) {
        this.owesByte = false;
        at++;
      } else {
        const stop = Math.min(end, at + INFLATED_AT_ONCE_BYTES);
        const inflated = this.inflater.push(bytes.subarray(at, stop));
        if (inflated === null) throw new MalformedMessage('a zlib stream expected, got none');
        this.kept = this.kept.length === 0 ? inflated : concatBytes([this.kept, inflated]);
        at = stop;
      }
      const reported = reportPackets(this.kept, 0, this.kept.length, sink);
      this.kept = this.kept.slice(reported);
      if (sink.open) continue;
      this.owesByte = true;
      return at - 1;
    }
    return at;
  }
}

/** Reports whole messages while the sink is open; returns where the first that was not reported begins. */
function reportPackets(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Packet>): number {
  let at = start;
  while (sink.open && end - at >= HEAD_BYTES) {
    const length = payloadBytes(bytes, at);
    if (end - at < HEAD_BYTES + length) break;
    const packet = packetAt(bytes, at, length);
    at += HEAD_BYTES + length;
    sink.onMessage(packet);
  }
  return at;
}
