/**
 * A data connection between two users, for who gives a file or gives or gets a list: texts without lengths, of which only he knows where they end, so that whoever
 * speaks is his own framing. Owns what has been said and is not understood yet.
 */

import { type Codec, MalformedMessage } from '../../../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../../../core/framing.ts';
import type { CloseReason, Stream, StreamHandler } from '../../../core/host.ts';
import { RawBytes, rawBytes } from '../../../core/raw-bytes.ts';
import { utf8Bytes } from '../../../core/utf8.ts';
import { ASK_BYTES_MAX } from './transfer-texts.ts';

/** Of a file that is sent; says nothing. */
export interface RawHead {
  readonly kind: 'file';
}

export const RAW_HEAD: RawHead = { kind: 'file' };

export const rawHeadCodec: Codec<RawHead> = {
  name: 'napster file',
  size: () => 0,
  encode: (_head, _into, offset) => offset,
  decode(_bytes, start, end) {
    if (end > start) throw new MalformedMessage(`nothing expected before the file, got ${end - start} bytes`);
    return RAW_HEAD;
  },
};

/** What a listener has until who has come is given his own. */
export const rawFrames: Framing<never, RawHead> = {
  name: 'napster data',
  deframer: () => ({ push: (_bytes, start) => start }),
};

export abstract class RawStream implements StreamHandler<never, RawHead>, Deframer<never, RawHead>, Framing<never, RawHead> {
  readonly name: string = 'napster data';
  protected stream: Stream | null = null;
  /** Text that is not understood yet. */
  protected heard = new Uint8Array(0);
  /** Of one text. */
  protected readonly textBytesMax: number = ASK_BYTES_MAX;

  deframer(): Deframer<never, RawHead> {
    return this;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (stream.incoming) stream.upgrade(this, this);
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<never, RawHead>): number {
    let at = start;
    while (at < end && sink.open) {
      const room = this.textBytesMax - this.heard.length;
      if (room <= 0) throw new MalformedMessage(`a text of at most ${this.textBytesMax} bytes expected`);
      const taken = this.takes(bytes.subarray(at, Math.min(end, at + room)));
      at += taken;
    }
    return at;
  }

  /** Text has come; answers how many bytes of it belong to what is expected. */
  protected abstract takes(bytes: Uint8Array): number;

  protected keep(bytes: Uint8Array): void {
    const all = new Uint8Array(this.heard.length + bytes.length);
    all.set(this.heard);
    all.set(bytes, this.heard.length);
    this.heard = all;
  }

  /** False: no more until `onDrain`. */
  protected speak(text: string): boolean {
    return this.stream?.send(rawBytes, new RawBytes(utf8Bytes(text))) ?? true;
  }

  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.stream?.end();
    this.over();
  }

  onClose(_reason: CloseReason, _detail: string): void {
    this.stream = null;
    this.over();
  }

  /** The connection is; called again, it does nothing. */
  protected abstract over(): void;
}
