/**
 * A stream of the host as a Duplex of Node, for libraries that want one: bytes as they come, held back both ways as the stream is. Owns
 * the stream from then on.
 */

import { Duplex } from 'node:stream';
import type { Framing } from '../core/framing.ts';
import type { CloseReason, Stream, StreamHandler } from '../core/host.ts';
import { RawBytes, rawBytes } from '../core/raw-bytes.ts';

const bytesAsTheyCome: Framing<Uint8Array> = {
  name: 'bytes as they come',
  deframer: () => ({
    push(bytes, start, end, sink) {
      // Lent to us for the moment, and read later.
      sink.onMessage(bytes.slice(start, end));
      return end;
    },
  }),
};

export class StreamDuplex extends Duplex implements StreamHandler<Uint8Array> {
  private readonly stream: Stream;
  private written: (() => void) | null = null;

  constructor(stream: Stream) {
    super();
    this.stream = stream;
    stream.upgrade(bytesAsTheyCome, this);
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (this.stream.send(rawBytes, new RawBytes(chunk))) done();
    else this.written = done;
  }

  override _final(done: () => void): void {
    this.stream.end();
    done();
  }

  override _read(): void {
    this.stream.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // What was ended leaves in its own time; anything else is over.
    if (!this.writableFinished) this.stream.reset();
    done(error);
  }

  onOpen(): void {}

  onMessage(bytes: Uint8Array): void {
    if (!this.push(bytes)) this.stream.pause();
  }

  onBulk(): void {}

  onDrain(): void {
    const done = this.written;
    this.written = null;
    done?.();
  }

  onEnd(): void {
    this.push(null);
  }

  onClose(_reason: CloseReason, _detail: string): void {
    this.destroy();
  }
}
