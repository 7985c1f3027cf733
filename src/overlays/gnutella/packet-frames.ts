/** How a stream of messages is cut. Owns what of a direction has not been reported yet. */

import { concatBytes } from '../../core/bytes.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { HEAD_BYTES, type Packet, packetAt, payloadBytes } from './packet.ts';

const NOTHING = new Uint8Array(0);

export const packetFrames: Framing<Packet> = { name: 'gnutella', deframer: () => new PacketDeframer() };

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
