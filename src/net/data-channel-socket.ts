/**
 * A WebRTC data channel (RFC 8831) as a socket: a stream of bytes both ways, in messages that every browser takes. Owns the channel; the
 * connection that it runs in is closed with it.
 */

import { Duplex } from 'node:stream';
import type { DataChannel } from 'node-datachannel';
import { nativeCallback } from './native-callback.ts';

/** Browsers take more, but one large message holds up all others (RFC 8831 §6.6). */
const MESSAGE_BYTES_MAX = 64 << 10;
/** What may wait in the library, and how much of it is left when more is given. */
const BUFFERED_BYTES_MAX = 1 << 20;
const BUFFERED_BYTES_LOW = 256 << 10;
/**
 * What comes while we do not read: the library takes it from the other side without end. A peer sends what it was asked for, which is
 * less than this.
 */
const UNREAD_BYTES_MAX = 32 << 20;

interface Chunk {
  readonly chunk: Uint8Array;
}

export class DataChannelSocket extends Duplex {
  readonly connecting = false;
  private readonly channel: DataChannel;
  private readonly onGone: () => void;
  private readonly messageBytesMax: number;
  private waiting: (() => void) | null = null;

  /** `onGone` is called once, when it is of no use any more. */
  constructor(channel: DataChannel, onGone: () => void) {
    super({ writableHighWaterMark: BUFFERED_BYTES_MAX });
    this.channel = channel;
    this.onGone = onGone;
    this.messageBytesMax = Math.min(MESSAGE_BYTES_MAX, channel.maxMessageSize());
    channel.setBufferedAmountLowThreshold(BUFFERED_BYTES_LOW);
    channel.onBufferedAmountLow(nativeCallback(this.onLow));
    channel.onMessage(nativeCallback(this.onMessage));
    channel.onClosed(nativeCallback(this.onClosed));
    channel.onError(nativeCallback((message) => void this.destroy(new Error(message))));
  }

  resetAndDestroy(): void {
    this.destroy();
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.sendAll([chunk], 0, 0, done);
  }

  override _writev(chunks: readonly Chunk[], done: (error?: Error) => void): void {
    this.sendAll(
      chunks.map(({ chunk }) => chunk),
      0,
      0,
      done,
    );
  }

  override _final(done: () => void): void {
    // It sends what waits before it tells the other side.
    this.channel.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.waiting = null;
    this.channel.close();
    this.onGone();
    done(error);
  }

  /** From byte `offset` of chunk `index` on; small neighbours share a message. */
  private sendAll(chunks: readonly Uint8Array[], index: number, offset: number, done: (error?: Error) => void): void {
    let [at, from] = [index, offset];
    while (at < chunks.length) {
      if (!this.channel.isOpen()) return done(new Error('EPIPE'));
      if (this.channel.bufferedAmount() > BUFFERED_BYTES_MAX) {
        this.waiting = () => this.sendAll(chunks, at, from, done);
        return;
      }
      const message = new Uint8Array(Math.min(this.messageBytesMax, bytesFrom(chunks, at, from, this.messageBytesMax)));
      let filled = 0;
      while (filled < message.length) {
        const chunk = chunks[at] as Uint8Array;
        const part = chunk.subarray(from, from + message.length - filled);
        message.set(part, filled);
        filled += part.length;
        from += part.length;
        if (from === chunk.length) [at, from] = [at + 1, 0];
      }
      this.channel.sendMessageBinary(message);
    }
    done();
  }

  private readonly onLow = (): void => {
    const { waiting } = this;
    this.waiting = null;
    waiting?.();
  };

  private readonly onMessage = (message: string | Buffer | ArrayBuffer): void => {
    if (this.destroyed) return;
    // BitTorrent has no use for text.
    if (typeof message === 'string') return void this.destroy(new Error('text on a channel of bytes'));
    this.push(Buffer.isBuffer(message) ? message : Buffer.from(message));
    if (this.readableLength > UNREAD_BYTES_MAX) this.destroy(new Error('sends more than it was asked for'));
  };

  private readonly onClosed = (): void => {
    if (this.destroyed) return;
    this.once('end', () => this.destroy());
    this.push(null);
    // Nobody may be reading.
    if (this.isPaused()) this.destroy();
  };
}

/** Bytes from there to the end, counted no further than `enough`. */
function bytesFrom(chunks: readonly Uint8Array[], index: number, offset: number, enough: number): number {
  let bytes = -offset;
  for (let at = index; at < chunks.length && bytes < enough; at++) bytes += (chunks[at] as Uint8Array).length;
  return bytes;
}
