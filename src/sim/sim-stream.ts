/**
 * One end of a virtual stream: what a protocol holds. It owns the pipe that leads away from it, consumes the one that leads to it,
 * and keeps the promises of `Stream` in `core/host.ts`. Every report to the handler is an event of its own host.
 */

import type { Codec } from '../core/codec.ts';
import { encodeToBytes, MalformedMessage } from '../core/codec.ts';
import { CLOSE_REASONS, HostEvent } from '../core/events.ts';
import type { Deframer, Framing, FrameSink } from '../core/framing.ts';
import type { Body, CloseReason, Peer, Stream, StreamCipher, StreamHandler } from '../core/host.ts';
import { STREAM_QUEUE_BYTES } from '../core/host.ts';
import { RawBytes } from '../core/raw-bytes.ts';
import type { Chunks } from './chunks.ts';
import type { MessageWatcher } from './datagrams.ts';
import { EventKind } from './event-kinds.ts';
import type { EventWheel } from './event-wheel.ts';
import { Pipe, PipeItem } from './pipe.ts';
import { markedBody, type SimBody, simBody } from './sim-body.ts';
import type { SimHost } from './sim-host.ts';
import type { SimNode } from './sim-node.ts';

/** What streams need of their world. */
export interface StreamWorld {
  readonly wheel: EventWheel;
  readonly chunks: Chunks;
  /** Streams with something to send, which takes its turn once the event is over. */
  readonly unsent: SimStream[];
  readonly watcher: MessageWatcher | null;
}

type AnyHandler = StreamHandler<unknown, unknown>;
type AnyFraming = Framing<unknown, unknown>;

export class SimStream implements Stream, FrameSink<unknown, unknown> {
  readonly host: SimHost;
  readonly peer: Peer;
  readonly incoming: boolean;
  queueBytesMax = STREAM_QUEUE_BYTES;
  /** Leads away from us; the other end's leads here. */
  readonly out: Pipe;
  other: SimStream | null = null;
  handler: AnyHandler;
  state: 'connecting' | 'open' | 'closed' = 'connecting';
  /** When `connect` was called. */
  readonly startedAt: number;

  private readonly world: StreamWorld;
  private framing: AnyFraming;
  private deframer: Deframer<unknown, unknown> | null = null;
  private paused = false;
  private resuming = false;
  /** The handler was exchanged while the deframer was at work. */
  private upgraded = false;
  private consuming = false;
  private cipher: StreamCipher | null = null;
  private decipher: StreamCipher | null = null;
  /** Arrived and unconsumed bytes that have been deciphered. */
  private clearBytes = 0;
  private unsent = false;
  private wantsDrain = false;
  private draining = false;

  constructor(world: StreamWorld, host: SimHost, to: SimNode, peer: Peer, incoming: boolean, framing: AnyFraming, handler: AnyHandler) {
    this.world = world;
    this.host = host;
    this.peer = peer;
    this.incoming = incoming;
    this.framing = framing;
    this.handler = handler;
    this.startedAt = world.wheel.now;
    this.out = new Pipe(host.node, to, this, host.node.encodes);
  }

  // ---- what the protocol calls ---------------------------------------------------------------------------------------------

  get queuedBytes(): number {
    return this.out.queuedBytes;
  }

  send<M>(codec: Codec<M>, message: M): boolean {
    return this.queue(codec, message, null);
  }

  sendBulk<H>(codec: Codec<H>, head: H, body: Body): boolean {
    return this.queue(codec, head, simBody(body));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.resuming || this.state !== 'open') return;
    this.resuming = true;
    this.world.wheel.insert(this.world.wheel.now, EventKind.streamResume, this.host.node.index, 0, this);
  }

  upgrade<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>, decipher?: StreamCipher): void {
    this.framing = framing;
    this.handler = handler;
    this.deframer = null;
    this.upgraded = true;
    if (decipher === undefined) return;
    if (this.decipher !== null) throw new Error('expected a stream that is not deciphered yet');
    this.decipher = decipher;
  }

  encipher(cipher: StreamCipher | null): void {
    this.cipher = cipher;
  }

  end(): void {
    if (this.state === 'closed' || this.out.ending) return;
    this.out.ending = true;
    this.markUnsent();
  }

  reset(): void {
    if (this.state === 'closed') return;
    this.tellOther();
    this.close('local', '');
  }

  // ---- what the world calls ------------------------------------------------------------------------------------------------

  /** The event in which something was sent is over. */
  flush(): void {
    this.unsent = false;
    if (this.state === 'open') this.world.chunks.activate(this.out);
  }

  opened(other: SimStream): void {
    this.other = other;
    this.out.sink = other;
    this.state = 'open';
    this.host.tap(HostEvent.streamOpened, this.peer, this.incoming ? 1 : 0, 0);
    this.handler.onOpen(this);
    this.markUnsent();
  }

  /** Bytes have come off the link. */
  arrived(bytes: number): void {
    if (this.state !== 'open') {
      // Whoever sends to a stream that is gone is told so, as with TCP; an earlier word may have been lost. A machine without power says nothing.
      if (!this.host.node.silent) this.tellOther();
      return;
    }
    this.incomingPipe.arrivedBytes += bytes;
    this.consume();
  }

  endArrived(): void {
    if (this.state !== 'open') return;
    this.incomingPipe.endArrived = true;
    this.consume();
  }

  /** Event streamResume. */
  resumed(): void {
    this.resuming = false;
    if (this.state === 'open') this.consume();
  }

  /** The network has taken something of what was queued. */
  taken(): void {
    if (!this.wantsDrain || this.draining || this.out.queuedBytes > this.queueBytesMax / 2) return;
    this.draining = true;
    this.world.wheel.insert(this.world.wheel.now, EventKind.streamDrain, this.host.node.index, 0, this);
  }

  /** Event streamDrain. */
  drained(): void {
    this.draining = false;
    if (this.state !== 'open' || this.out.queuedBytes > this.queueBytesMax / 2) return;
    this.wantsDrain = false;
    this.handler.onDrain();
  }

  /** Our end of the stream has left: when the other side had ended before, this was the last thing to happen. */
  endTaken(): void {
    if (this.other !== null && this.incomingPipe.endReported) this.close('ended', '');
  }

  /** The network, or the host, ends it; the handler hears of it in a later event. */
  abort(reason: CloseReason, detail: string): void {
    if (this.state === 'closed') return;
    this.tellOther();
    this.close(reason, detail);
  }

  /** Lets go without a word: the process is gone. */
  vanish(): void {
    this.handler = SILENT;
    this.state = 'closed';
    this.out.close();
  }

  close(reason: CloseReason, detail: string): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.out.close();
    this.out.route?.wane(this.world.wheel.now);
    const code = CLOSE_REASONS.indexOf(reason);
    this.world.wheel.insert(this.world.wheel.now, EventKind.streamClosed, this.host.node.index, code, new Closing(this, reason, detail));
  }

  /** Event streamReset: the other side, or its operating system, has dropped the stream. */
  resetArrived(): void {
    if (this.other !== null && !this.world.chunks.isUnreachable(this.other.out)) this.close('reset', 'by the other side');
  }

  /** Event streamClosed. */
  closed(closing: Closing): void {
    this.host.streams.delete(this);
    this.host.tap(HostEvent.streamClosed, this.peer, CLOSE_REASONS.indexOf(closing.reason), this.incoming ? 1 : 0);
    this.handler.onClose(closing.reason, closing.detail);
  }

  tellOther(): void {
    if (this.other === null || this.other.state === 'closed') return;
    this.world.wheel.insert(this.world.chunks.arrivalOfControl(this.out), EventKind.streamReset, this.out.to.index, 0, this.other);
  }

  // ---- FrameSink: what the deframer reports in `bytes` mode ------------------------------------------------------------------

  get open(): boolean {
    return this.state === 'open' && !this.paused && !this.upgraded;
  }

  onMessage(message: unknown): void {
    this.handler.onMessage(message);
  }

  onBulk(head: unknown, body: Body, offset: number): void {
    this.handler.onBulk(head, markedBody(body as Uint8Array), offset);
  }

  // ---- inside --------------------------------------------------------------------------------------------------------------

  private get incomingPipe(): Pipe {
    return (this.other as SimStream).out;
  }

  private queue(codec: Codec<unknown>, message: unknown, body: SimBody | null): boolean {
    if (this.state === 'closed' || this.out.ending) return true;
    const encoded = this.out.encodes ? encodeWithBody(codec, message, body) : null;
    if (encoded !== null) this.cipher?.transform(encoded, 0, encoded.length, encoded, 0);
    const item = new PipeItem(message, codec.size(message), body, encoded);
    this.world.watcher?.onMessage(this.host.index, this.out.to.index, item.bytes, message, false);
    this.out.append(item);
    this.markUnsent();
    if (this.out.queuedBytes <= this.queueBytesMax) return true;
    this.wantsDrain = true;
    return false;
  }

  private markUnsent(): void {
    if (this.unsent) return;
    this.unsent = true;
    this.world.unsent.push(this);
  }

  private consume(): void {
    // Called again from inside only if a handler could do what ends in an arrival, which it cannot.
    if (this.consuming) throw new Error('a stream is consumed from inside its own handler');
    this.consuming = true;
    const pipe = this.incomingPipe;
    while (pipe.arrivedBytes > 0 && this.state === 'open' && !this.paused) {
      if (pipe.encodes) this.consumeBytes(pipe);
      else this.consumeItem(pipe);
    }
    this.consuming = false;
    if (this.state !== 'open') return;
    this.world.chunks.consumed(pipe);
    if (!this.paused && pipe.drained && !pipe.endReported) {
      pipe.endReported = true;
      this.handler.onEnd();
      if (this.out.endSent) this.close('ended', '');
    }
  }

  /** Reports the next message or slice in full, exactly as the deframer would have cut it. */
  private consumeItem(pipe: Pipe): void {
    const item = pipe.reading as PipeItem;
    const offset = pipe.readOffset;
    if (item.message instanceof RawBytes) {
      this.deframe(pipe, item.message.bytes.slice(offset, offset + pipe.arrivedBytes));
      return;
    }
    const body = item.body as SimBody | null;
    if (body === null) {
      const rest = item.bytes - offset;
      const whole = pipe.arrivedBytes >= rest;
      pipe.skip(whole ? rest : pipe.arrivedBytes);
      if (whole) this.handler.onMessage(item.message);
      return;
    }
    if (offset + pipe.arrivedBytes < item.headBytes) {
      pipe.skip(pipe.arrivedBytes);
      return;
    }
    const begin = Math.max(offset, item.headBytes);
    const end = Math.min(item.bytes, offset + pipe.arrivedBytes);
    pipe.skip(end - offset);
    if (end > begin || body.length === 0) this.handler.onBulk(item.message, body.part(end - begin), begin - item.headBytes);
  }

  private consumeBytes(pipe: Pipe): void {
    const decipher = this.decipher;
    if (decipher !== null) {
      pipe.decipher(decipher, this.clearBytes);
      this.clearBytes = pipe.arrivedBytes;
    }
    this.deframe(pipe, pipe.arrivedCopy());
    // What a cipher that was set meanwhile is to decipher begins with the first unconsumed byte.
    this.clearBytes = decipher === null ? 0 : pipe.arrivedBytes;
  }

  private deframe(pipe: Pipe, bytes: Uint8Array): void {
    this.upgraded = false;
    this.deframer ??= this.framing.deframer();
    try {
      const used = this.deframer.push(bytes, 0, bytes.length, this);
      if (used < bytes.length && this.open)
        throw new Error(`framing ${this.framing.name} took ${used} of ${bytes.length} bytes while open`);
      pipe.skip(used);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.host.tap(HostEvent.streamMalformed, this.peer, 0, 0);
      this.abort('malformed', error.message);
    }
  }
}

/** Listens on behalf of a process that is gone. */
export const SILENT: AnyHandler = {
  onOpen() {},
  onMessage() {},
  onBulk() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
};

/** The last event of a stream's end. */
export class Closing {
  readonly stream: SimStream;
  readonly reason: CloseReason;
  readonly detail: string;

  constructor(stream: SimStream, reason: CloseReason, detail: string) {
    this.stream = stream;
    this.reason = reason;
    this.detail = detail;
  }
}

function encodeWithBody(codec: Codec<unknown>, message: unknown, body: SimBody | null): Uint8Array {
  if (body === null) return encodeToBytes(codec, message);
  const headBytes = codec.size(message);
  const encoded = new Uint8Array(headBytes + body.length);
  codec.encode(message, encoded, 0);
  return encoded.fill(body.mark, headBytes);
}
