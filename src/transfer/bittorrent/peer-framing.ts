/**
 * Cuts the bytes of a peer connection (BEP 3) into the handshake, messages and slices of blocks. The deframer belongs to one
 * direction of one stream and owns the bytes of at most one incomplete frame; a block is never gathered.
 */

import { readU32 } from '../../core/bytes.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import {
  checkFrame,
  checkProtocolHeader,
  HANDSHAKE_BYTES,
  isKnownFrame,
  type PeerMessage,
  PeerMessageId,
  PIECE_HEAD_BYTES,
  type PieceHead,
  peerMessage,
  pieceHead,
} from './peer-messages.ts';

export const peerWire: Framing<PeerMessage, PieceHead> = {
  name: 'bittorrent',
  deframer: () => new PeerDeframer(),
};

/** Holds a handshake and nearly every message; bigger ones double it as their bytes arrive. */
const CARRY_BYTES = 128;
const CARRY_KEPT_BYTES = 4096;
const LENGTH_AND_ID_BYTES = 5;
const NO_HEAD: PieceHead = { piece: 0, begin: 0, length: 0 };

class PeerDeframer implements Deframer<PeerMessage, PieceHead> {
  private handshaken = false;
  /** The block that is passing through, and how much of it has. */
  private head: PieceHead = NO_HEAD;
  private headOffset = 0;
  /** Bytes of an unknown message still to be passed over. */
  private skipBytes = 0;
  /** The beginning of a frame that the last chunk did not complete. */
  private carry = new Uint8Array(CARRY_BYTES);
  private carried = 0;

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<PeerMessage, PieceHead>): number {
    let at = start;
    while (at < end && sink.open) {
      if (this.headOffset < this.head.length) at = this.passBlock(bytes, at, end, sink);
      else if (this.skipBytes > 0) at = this.passUnknown(at, end);
      else if (this.carried > 0) at = this.complete(bytes, at, end, sink);
      else {
        const need = this.needs(bytes, at, end - at);
        if (need > end - at) at = this.keep(bytes, at, end);
        else {
          this.take(bytes, at, need, sink);
          at += need;
        }
      }
    }
    return at;
  }

  private passBlock(bytes: Uint8Array, at: number, end: number, sink: FrameSink<PeerMessage, PieceHead>): number {
    const head = this.head;
    const offset = this.headOffset;
    const stop = Math.min(end, at + head.length - offset);
    this.headOffset = offset + stop - at;
    sink.onBulk(head, bytes.subarray(at, stop), offset);
    return stop;
  }

  private passUnknown(at: number, end: number): number {
    const stop = Math.min(end, at + this.skipBytes);
    this.skipBytes -= stop - at;
    return stop;
  }

  /**
   * How many bytes the frame at `at` must have before anything can be done with it, judged by the `available` ones that are
   * there. Throws as soon as they cannot begin a frame, so that what is kept is bounded before it is kept.
   */
  private needs(bytes: Uint8Array, at: number, available: number): number {
    if (!this.handshaken) {
      checkProtocolHeader(bytes, at, at + available);
      return HANDSHAKE_BYTES;
    }
    if (available < 4) return 4;
    const length = readU32(bytes, at);
    if (length === 0) return 4;
    if (available < LENGTH_AND_ID_BYTES) return LENGTH_AND_ID_BYTES;
    const id = bytes[at + 4] as number;
    checkFrame(id, length);
    if (id === PeerMessageId.piece) return PIECE_HEAD_BYTES;
    return isKnownFrame(id) ? 4 + length : LENGTH_AND_ID_BYTES;
  }

  /** Acts on bytes[at, at + need), which are all that the frame needs. */
  private take(bytes: Uint8Array, at: number, need: number, sink: FrameSink<PeerMessage, PieceHead>): void {
    if (!this.handshaken) {
      this.handshaken = true;
      sink.onMessage(peerMessage.decode(bytes, at, at + need));
    } else if (need === PIECE_HEAD_BYTES && bytes[at + 4] === PeerMessageId.piece) {
      this.head = pieceHead.decode(bytes, at, at + need);
      this.headOffset = 0;
    } else if (need === LENGTH_AND_ID_BYTES && !isKnownFrame(bytes[at + 4] as number)) {
      this.skipBytes = readU32(bytes, at) - 1;
    } else {
      sink.onMessage(peerMessage.decode(bytes, at, at + need));
    }
  }

  /** Adds to the frame that was carried over, byte for byte as far as it is known to need them. */
  private complete(bytes: Uint8Array, from: number, end: number, sink: FrameSink<PeerMessage, PieceHead>): number {
    let at = from;
    for (;;) {
      const need = this.needs(this.carry, 0, this.carried);
      if (need <= this.carried) {
        this.carried = 0;
        const frame = this.carry;
        // One big bitfield must not cost its room for as long as the connection lasts.
        if (frame.length > CARRY_KEPT_BYTES) this.carry = new Uint8Array(CARRY_BYTES);
        this.take(frame, 0, need, sink);
        return at;
      }
      if (at === end) return at;
      at = this.keep(bytes, at, Math.min(end, at + need - this.carried));
    }
  }

  /** The carry grows with what has arrived, not with what a length prefix promises. */
  private keep(bytes: Uint8Array, at: number, stop: number): number {
    const length = this.carried + stop - at;
    if (length > this.carry.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.carry.length));
      grown.set(this.carry.subarray(0, this.carried));
      this.carry = grown;
    }
    if (stop - at < 64) for (let index = at; index < stop; index++) this.carry[this.carried + index - at] = bytes[index] as number;
    else this.carry.set(bytes.subarray(at, stop), this.carried);
    this.carried = length;
    return stop;
  }
}
