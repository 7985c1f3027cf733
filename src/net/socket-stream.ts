/**
 * A stream of the Host contract on one TCP socket: cuts what arrives into messages, gathers what is sent in one event into one write,
 * and maps the ways in which sockets end to a CloseReason. Owned by the socket host; the protocol's handler hears of it in events.
 */

import type { Duplex } from 'node:stream';
import { type Codec, MalformedMessage } from '../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../core/framing.ts';
import type { Body, CloseReason, Peer, Stream, StreamCipher, StreamHandler } from '../core/host.ts';
import { CONNECT_TIMEOUT_MS, STREAM_QUEUE_BYTES } from '../core/host.ts';
import type { Deferred, EventLoop } from './event-loop.ts';
import { SendQueue } from './send-queue.ts';
import type { SlabPool } from './send-slab.ts';

/** A stream carries whatever its framing says; types are checked where it is made. */
type AnyHandler = StreamHandler<unknown, unknown>;

/** What a stream needs of its socket: one of Node's own, or what stands for one. Chunks come as `data`, unless it reads into a buffer. */
export type ByteSocket = Duplex & { readonly connecting: boolean; resetAndDestroy(): unknown };

/** Who keeps the streams: is told of each that opens and of the end of each. */
export interface StreamOwner {
  readonly loop: EventLoop;
  readonly slabs: SlabPool;
  onStreamOpened(stream: SocketStream): void;
  onStreamMalformed(stream: SocketStream): void;
  onStreamClosed(stream: SocketStream, reason: CloseReason): void;
}

/** Code that makes a connection attempt end as something else than `unreachable`. */
const CONNECT_FAILURES: Readonly<Record<string, CloseReason>> = {
  ECONNREFUSED: 'refused',
  // Accepted by its system and turned away by its program, before we heard of either.
  ECONNRESET: 'refused',
  EPIPE: 'refused',
  ETIMEDOUT: 'timeout',
};

export class SocketStream implements Stream, FrameSink<unknown, unknown>, Deferred {
  readonly peer: Peer;
  readonly incoming: boolean;
  queueBytesMax = STREAM_QUEUE_BYTES;
  private readonly owner: StreamOwner;
  private handler: AnyHandler;
  private deframer: Deframer<unknown, unknown>;
  private socket: ByteSocket | null = null;
  private readonly queue: SendQueue;
  private secure = false;
  private connected = false;
  private connectTimer: NodeJS.Timeout | null = null;
  /** Nothing is reported any more but onClose. */
  private finished = false;
  private reason: CloseReason | null = null;
  private detail = '';
  // Receiving.
  private paused = false;
  private upgraded = false;
  private decipher: StreamCipher | null = null;
  /** What came while paused, at most one receive buffer. */
  private remainder: Uint8Array | null = null;
  private endArrived = false;
  private endReported = false;
  private resuming = false;
  // Sending.
  private clogged = false;
  private ending = false;
  private flushing = false;

  constructor(owner: StreamOwner, peer: Peer, incoming: boolean, framing: Framing<unknown, unknown>, handler: AnyHandler) {
    this.owner = owner;
    this.peer = peer;
    this.incoming = incoming;
    this.handler = handler;
    this.deframer = framing.deframer();
    this.queue = new SendQueue(owner.slabs);
  }

  // ---- Stream ---------------------------------------------------------------------------------------------------------------

  get queuedBytes(): number {
    return this.queue.bytes;
  }

  send<M>(codec: Codec<M>, message: M): boolean {
    if (this.finished || this.ending) return true;
    this.queue.push(codec, message);
    return this.queued();
  }

  sendBulk<H>(codec: Codec<H>, head: H, body: Body): boolean {
    if (this.finished || this.ending) return true;
    this.queue.push(codec, head);
    // Bodies of this host are byte arrays: its own stores and deframers made them.
    this.queue.pushBody(body as Uint8Array);
    return this.queued();
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    if (this.connected && !this.finished) this.socket?.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.finished || !this.connected || this.resuming) return;
    this.resuming = true;
    this.owner.loop.later(this);
  }

  upgrade<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>, decipher?: StreamCipher): void {
    this.deframer = framing.deframer();
    this.handler = handler;
    this.upgraded = true;
    if (decipher === undefined) return;
    if (this.decipher !== null) throw new Error('expected a stream that is not deciphered yet');
    this.decipher = decipher;
    // What is being consumed right now is seen to by `consume`.
    if (this.remainder !== null) decipher.transform(this.remainder, 0, this.remainder.length, this.remainder, 0);
  }

  encipher(cipher: StreamCipher | null): void {
    this.queue.cipher = cipher;
  }

  end(): void {
    if (this.finished || this.ending) return;
    this.ending = true;
    this.flushSoon();
  }

  reset(): void {
    if (this.finished) return;
    this.finish('local', 'reset by us');
  }

  /** It was reset before there was a socket. */
  get isFinished(): boolean {
    return this.finished;
  }

  /** The connection attempt cannot even be made. */
  failToConnect(detail: string): void {
    this.reason ??= 'unreachable';
    this.detail ||= detail;
    this.onSocketClose();
  }

  /** What the socket is to be connected to has turned out not to be had, whatever became of the socket itself. */
  failAttached(reason: CloseReason, detail: string): void {
    this.reason ??= reason;
    this.detail ||= detail;
    this.socket?.destroy();
  }

  /** The host closes: what is queued is sent, but the other side's end is not waited for. */
  leave(): void {
    if (!this.ending || !this.connected) return this.reset();
    const socket = this.socket;
    if (socket === null || socket.writableFinished) socket?.destroy();
    else socket.once('finish', () => socket.destroy());
  }

  // ---- FrameSink: what the deframer reports -----------------------------------------------------------------------------------

  get open(): boolean {
    return !(this.paused || this.finished || this.upgraded);
  }

  onMessage(message: unknown): void {
    this.handler.onMessage(message);
  }

  onBulk(head: unknown, body: Body, offset: number): void {
    this.handler.onBulk(head, body, offset);
  }

  // ---- the socket ---------------------------------------------------------------------------------------------------------------

  /** Takes the socket over; a socket that still connects is given CONNECT_TIMEOUT_MS. With `handshake` the caller calls `onConnected`. */
  attach(socket: ByteSocket, openedBy: 'connect' | 'secureConnect' | 'handshake' = 'connect'): void {
    this.socket = socket;
    this.secure = openedBy === 'secureConnect';
    socket.on('error', this.onError);
    socket.on('end', this.onSocketEnd);
    socket.on('close', this.onSocketClose);
    // An accepted one is open already; TLS may still have to be spoken on a socket that is.
    if (openedBy === 'connect' && !socket.connecting) return;
    if (openedBy !== 'handshake') socket.on(openedBy, this.onConnected);
    this.connectTimer = setTimeout(this.onConnectTimeout, CONNECT_TIMEOUT_MS);
  }

  readonly onConnected = (): void => {
    this.clearConnectTimer();
    const socket = this.socket;
    if (this.finished || socket === null) return;
    this.connected = true;
    const loop = this.owner.loop;
    if (!loop.begin()) return;
    this.owner.onStreamOpened(this);
    this.handler.onOpen(this);
    if (this.paused) socket.pause();
    else if (!this.finished) socket.resume();
    loop.end();
    this.flushSoon();
  };

  /** Bytes[0, length) have arrived; borrowed. */
  readonly onReceived = (length: number, bytes: Uint8Array): boolean => {
    if (this.finished) return true;
    if (this.decipher !== null) this.decipher.transform(bytes, 0, length, bytes, 0);
    if (this.paused || this.remainder !== null) {
      this.keep(bytes, 0, length);
      return true;
    }
    if (!this.owner.loop.begin()) return true;
    this.consume(bytes, 0, length);
    this.owner.loop.end();
    return true;
  };

  private consume(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    // Once more for each handler that upgraded the stream in the middle of what has arrived.
    do {
      this.upgraded = false;
      const before = this.decipher;
      try {
        at = this.deframer.push(bytes, at, end, this);
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        this.owner.onStreamMalformed(this);
        this.finish('malformed', error.message);
        return;
      }
      if (this.decipher !== before) this.decipher?.transform(bytes, at, end, bytes, at);
    } while (at < end && this.upgraded && !this.finished && !this.paused);
    this.upgraded = false;
    if (at < end && !this.finished) this.keep(bytes, at, end);
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const kept = this.remainder;
    if (kept === null) {
      this.remainder = bytes.slice(start, end);
      return;
    }
    const joined = new Uint8Array(kept.length + end - start);
    joined.set(kept);
    joined.set(bytes.subarray(start, end), kept.length);
    this.remainder = joined;
  }

  /** After `resume`: what was kept goes first, then the socket may read again. */
  runDeferred(): void {
    this.resuming = false;
    if (this.finished || this.paused || !this.owner.loop.begin()) return;
    const kept = this.remainder;
    this.remainder = null;
    if (kept !== null) this.consume(kept, 0, kept.length);
    if (!this.paused && !this.finished) {
      if (this.endArrived) this.reportEnd();
      else this.socket?.resume();
    }
    this.owner.loop.end();
  }

  private readonly onSocketEnd = (): void => {
    this.endArrived = true;
    if (this.finished || this.paused || this.remainder !== null || !this.owner.loop.begin()) return;
    this.reportEnd();
    this.owner.loop.end();
  };

  private reportEnd(): void {
    if (this.endReported) return;
    this.endReported = true;
    this.handler.onEnd();
  }

  private queued(): boolean {
    this.flushSoon();
    if (this.queue.bytes <= this.queueBytesMax) return true;
    this.clogged = true;
    return false;
  }

  private flushSoon(): void {
    if (this.flushing || !this.connected || this.queue.writing) return;
    this.flushing = true;
    this.owner.loop.afterEvent(this.flusher);
  }

  private readonly flusher: Deferred = { runDeferred: () => this.flush() };

  private flush(): void {
    this.flushing = false;
    if (this.finished || !this.connected || this.socket === null) return;
    if (this.queue.ready) this.queue.write(this.socket, this.onWritten);
    // Node sends the end behind what it has been given before.
    if (this.ending && !this.queue.ready && this.socket.writable) this.socket.end();
  }

  private readonly onWritten = (): void => {
    this.queue.finished();
    if (this.finished) return;
    this.flush();
    if (!this.clogged || this.queue.bytes > this.queueBytesMax / 2 || !this.owner.loop.begin()) return;
    this.clogged = false;
    this.handler.onDrain();
    this.owner.loop.end();
  };

  private readonly onConnectTimeout = (): void => {
    this.finish('timeout', `no answer within ${CONNECT_TIMEOUT_MS} ms`);
  };

  private readonly onError = (error: NodeJS.ErrnoException): void => {
    const code = error.code ?? error.message;
    if (this.reason !== null) return;
    this.reason = this.connected ? 'reset' : (CONNECT_FAILURES[code] ?? 'unreachable');
    this.detail = code;
  };

  private finish(reason: CloseReason, detail: string): void {
    this.finished = true;
    this.reason = reason;
    this.detail = detail;
    this.remainder = null;
    // Node refuses to send a reset on a TLS socket.
    if (this.connected && !this.secure) this.socket?.resetAndDestroy();
    else this.socket?.destroy();
  }

  private readonly onSocketClose = (): void => {
    this.clearConnectTimer();
    this.finished = true;
    this.queue.clear();
    this.remainder = null;
    const bothEnded = this.ending && this.endArrived;
    const reason = this.reason ?? (bothEnded ? 'ended' : 'reset');
    const reported = this.owner.loop.begin();
    this.owner.onStreamClosed(this, reason);
    if (!reported) return;
    this.handler.onClose(reason, this.reason === null ? 'closed by both sides' : this.detail);
    this.owner.loop.end();
  };

  private clearConnectTimer(): void {
    if (this.connectTimer !== null) clearTimeout(this.connectTimer);
    this.connectTimer = null;
  }
}
