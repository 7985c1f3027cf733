/**
 * Channels (`core/channel.ts`) in the simulator: the HTTP upgrade of a WebSocket on a stream of the world, then frames of a length and
 * that many bytes. Belongs to one process; what a WebSocket does for the sake of browsers and proxies is left out.
 */

import { readU32, writeU32 } from '../core/bytes.ts';
import type { Channel, ChannelAcceptor, ChannelDialler, ChannelHandler, ChannelRequest } from '../core/channel.ts';
import { type Codec, encodeToBytes, MalformedMessage } from '../core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../core/framing.ts';
import type { CloseReason, Endpoint, Host, Stream, StreamHandler } from '../core/host.ts';
import { httpRequest, httpResponse, httpResponses } from '../wire/http.ts';
import { type HttpResponse, NO_BODY } from '../wire/http-head.ts';

const LENGTH_BYTES = 4;
const UPGRADE_HEADERS = new Map([
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
]);

export class SimChannels implements ChannelAcceptor, ChannelDialler {
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  dial(url: string, messageBytesMax: number, handler: ChannelHandler): Channel {
    const [, hostname = '', port = '80', path = '/'] = /^ws:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? [];
    const channel = new SimChannel(messageBytesMax, handler);
    this.host.resolve(hostname, Number(port), {
      onResolved: ([endpoint]) => this.connect(channel, endpoint, path),
    });
    return channel;
  }

  accept(stream: Stream, _request: ChannelRequest, messageBytesMax: number, handler: ChannelHandler): void {
    stream.send(httpResponse, { status: 101, reason: 'Switching Protocols', minor: 1, headers: UPGRADE_HEADERS, body: NO_BODY });
    const channel = new SimChannel(messageBytesMax, handler);
    channel.begin(stream);
    handler.onChannelOpen(channel);
  }

  private connect(channel: SimChannel, endpoint: Endpoint | undefined, path: string): void {
    if (endpoint === undefined) return channel.onClose('unreachable');
    this.host.connect(this.host.peer(endpoint), httpResponses, new Upgrade(channel, path));
  }
}

/** The client's side of the beginning. */
class Upgrade implements StreamHandler<HttpResponse> {
  private readonly channel: SimChannel;
  private readonly path: string;
  private stream: Stream | null = null;

  constructor(channel: SimChannel, path: string) {
    this.channel = channel;
    this.path = path;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.send(httpRequest, { method: 'GET', target: this.path, minor: 1, headers: UPGRADE_HEADERS, body: NO_BODY });
  }

  onMessage({ status }: HttpResponse): void {
    if (this.stream === null) return;
    if (status !== 101) return this.stream.reset();
    this.channel.begin(this.stream);
    this.channel.opened();
  }

  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.stream?.end();
  }

  onClose(reason: CloseReason): void {
    this.channel.onClose(reason);
  }
}

class SimChannel implements Channel, StreamHandler<Uint8Array> {
  private readonly messageBytesMax: number;
  private readonly handler: ChannelHandler;
  private stream: Stream | null = null;
  private closing = false;

  constructor(messageBytesMax: number, handler: ChannelHandler) {
    this.messageBytesMax = messageBytesMax;
    this.handler = handler;
  }

  get queuedBytes(): number {
    return this.stream?.queuedBytes ?? 0;
  }

  send<M>(codec: Codec<M>, message: M): void {
    if (!this.closing) this.stream?.send(frame, encodeToBytes(codec, message));
  }

  close(): void {
    this.closing = true;
    this.stream?.end();
  }

  begin(stream: Stream): void {
    this.stream = stream;
    stream.upgrade(framesOf(this.messageBytesMax), this);
  }

  opened(): void {
    if (this.closing) return this.stream?.end();
    this.handler.onChannelOpen(this);
  }

  onOpen(): void {}

  onMessage(bytes: Uint8Array): void {
    if (bytes.length > this.messageBytesMax) this.stream?.reset();
    else this.handler.onChannelMessage(bytes);
  }

  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.closing = true;
    this.stream?.end();
  }

  onClose(reason: CloseReason): void {
    this.stream = null;
    this.handler.onChannelClosed(reason);
  }
}

const frame: Codec<Uint8Array> = {
  name: 'channel frame',
  size: (bytes) => LENGTH_BYTES + bytes.length,
  encode(bytes, into, offset) {
    writeU32(into, offset, bytes.length);
    into.set(bytes, offset + LENGTH_BYTES);
    return offset + LENGTH_BYTES + bytes.length;
  },
  decode: (bytes, start, end) => bytes.slice(start + LENGTH_BYTES, end),
};

function framesOf(bytesMax: number): Framing<Uint8Array> {
  return { name: frame.name, deframer: () => new FrameDeframer(bytesMax) };
}

class FrameDeframer implements Deframer<Uint8Array> {
  private readonly bytesMax: number;
  private readonly head = new Uint8Array(LENGTH_BYTES);
  private headBytes = 0;
  private body: Uint8Array | null = null;
  private bodyBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Uint8Array>): number {
    let at = start;
    while (sink.open) {
      if (this.body === null) {
        while (this.headBytes < LENGTH_BYTES && at < end) this.head[this.headBytes++] = bytes[at++] as number;
        if (this.headBytes < LENGTH_BYTES) return at;
        const length = readU32(this.head, 0);
        if (length > this.bytesMax) throw new MalformedMessage(`a message has at most ${this.bytesMax} bytes, got ${length}`);
        this.body = new Uint8Array(length);
        this.bodyBytes = 0;
      }
      const part = bytes.subarray(at, Math.min(end, at + this.body.length - this.bodyBytes));
      this.body.set(part, this.bodyBytes);
      this.bodyBytes += part.length;
      at += part.length;
      if (this.bodyBytes < this.body.length) return at;
      const whole = this.body;
      this.body = null;
      this.headBytes = 0;
      sink.onMessage(whole);
    }
    return at;
  }
}
