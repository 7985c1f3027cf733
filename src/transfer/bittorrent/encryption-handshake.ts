/**
 * What both sides of an encrypted handshake (MSE) have in common: a framing of their own that gathers what the next step needs, byte for
 * byte and bounded, and makes way for BitTorrent's when the handshake is done. A handshake owns the beginning of one connection.
 */

import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../../core/framing.ts';
import type { Body, CloseReason, Stream, StreamHandler } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import type { Rc4 } from '../../core/rc4.ts';
import { concatBytes, writeU16, writeU32 } from '../../core/bytes.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import type { PeerConnection } from './peer-connection.ts';
import type { PeerMessage, PieceHead } from './peer-messages.ts';

/** PadA to PadD: what hides how long the parts of the handshake are. */
export const PAD_BYTES_MAX = 512;
/** VC, eight zeros: they show the dialler where the answer begins, and the other side that the torrent is the same. */
export const VERIFICATION_BYTES = 8;
export const METHOD_BYTES = 4;
export const LENGTH_BYTES = 2;
/** Nothing is gathered that is longer than a pad and the mark after it. */
const GATHERED_BYTES_MAX = PAD_BYTES_MAX + SHA1_BYTES;

export abstract class EncryptionHandshake implements StreamHandler<PeerMessage, PieceHead>, Deframer<PeerMessage, PieceHead> {
  /** For the stream that this handshake is the beginning of. */
  readonly framing: Framing<PeerMessage, PieceHead> = { name: 'encrypted handshake', deframer: () => this };
  protected readonly connection: PeerConnection;
  protected readonly random: Random;
  protected readonly gathered = new Uint8Array(GATHERED_BYTES_MAX);
  protected gatheredBytes = 0;
  private neededBytes = 0;

  constructor(connection: PeerConnection, random: Random) {
    this.connection = connection;
    this.random = random;
  }

  /** Set by who dials, and by `onOpen`, before anything can arrive. */
  protected get stream(): Stream {
    return this.connection.stream as Stream;
  }

  /** The bytes that were needed are there: gathered[0, gatheredBytes). Asks for the next, or makes way. */
  protected abstract step(): void;
  abstract onMessage(message: PeerMessage): void;

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<PeerMessage, PieceHead>): number {
    let at = start;
    while (at < end && sink.open) {
      const stop = Math.min(end, at + this.neededBytes - this.gatheredBytes);
      this.gathered.set(bytes.subarray(at, stop), this.gatheredBytes);
      this.gatheredBytes += stop - at;
      at = stop;
      // A step may need nothing, as an empty pad does.
      while (this.gatheredBytes === this.neededBytes && sink.open) this.step();
    }
    return at;
  }

  /** From here on so many bytes are needed. */
  protected need(bytes: number): void {
    this.gatheredBytes = 0;
    this.neededBytes = bytes;
  }

  protected needMore(bytes: number): void {
    this.neededBytes += bytes;
  }

  /** Whether a pad of at most PAD_BYTES_MAX has ended with the mark; if not, one byte more is needed. */
  protected endsWith(mark: Uint8Array): boolean {
    const from = this.gatheredBytes - mark.length;
    if (mark.every((byte, index) => this.gathered[from + index] === byte)) return true;
    if (from === PAD_BYTES_MAX) throw new MalformedMessage(`a padding of at most ${PAD_BYTES_MAX} bytes expected, its end did not come`);
    this.needMore(1);
    return false;
  }

  /** Deciphers what has been gathered. */
  protected decipher(cipher: Rc4): Uint8Array {
    cipher.transform(this.gathered, 0, this.gatheredBytes, this.gathered, 0);
    return this.gathered;
  }

  protected say(...parts: readonly Uint8Array[]): void {
    this.stream.send(rawBytes, new RawBytes(concatBytes(parts)));
  }

  protected pad(): Uint8Array {
    return this.random.fill(new Uint8Array(this.random.below(PAD_BYTES_MAX + 1)));
  }

  /** VC, what is provided or selected, a pad with its length, and, from the dialler, the length of what comes with it. */
  protected confirmation(cipher: Rc4, method: number, initialBytes: number | null): Uint8Array {
    const pad = this.pad();
    const bytes = new Uint8Array(
      VERIFICATION_BYTES + METHOD_BYTES + LENGTH_BYTES + pad.length + (initialBytes === null ? 0 : LENGTH_BYTES),
    );
    const at = writeU16(bytes, writeU32(bytes, VERIFICATION_BYTES, method), pad.length);
    bytes.set(pad, at);
    if (initialBytes !== null) writeU16(bytes, at + pad.length, initialBytes);
    cipher.transform(bytes, 0, bytes.length, bytes, 0);
    return bytes;
  }

  // ---- what is the connection's ----------------------------------------------------------------------------------------------

  onOpen(stream: Stream): void {
    this.connection.onOpen(stream);
  }

  onBulk(_head: PieceHead, _body: Body, _offset: number): void {}

  onDrain(): void {
    this.connection.onDrain();
  }

  onEnd(): void {
    this.connection.onEnd();
  }

  onClose(reason: CloseReason, detail: string): void {
    this.connection.onClose(reason, detail);
  }
}

/** The length of a pad. Throws MalformedMessage when it is too long. */
export function padBytes(length: number): number {
  if (length <= PAD_BYTES_MAX) return length;
  throw new MalformedMessage(`a padding of at most ${PAD_BYTES_MAX} bytes expected, ${length} are announced`);
}
