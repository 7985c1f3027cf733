/**
 * Channels as WebSockets (RFC 6455) of the library `ws`, which is loaded when the first is wanted. Owned by the socket host, whose events
 * they report; each channel owns its socket.
 */

import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import type { Channel, ChannelAcceptor, ChannelDialler, ChannelHandler, ChannelRequest } from '../core/channel.ts';
import { type Codec, encodeToBytes } from '../core/codec.ts';
import { CONNECT_TIMEOUT_MS, type Stream } from '../core/host.ts';
import type { EventLoop } from './event-loop.ts';
import { StreamDuplex } from './stream-duplex.ts';

/** Proxies and home routers forget a connection that says nothing for a minute. Who does not answer until the next ping is gone. */
const PING_MS = 45_000;
const NORMAL_CLOSURE = 1000;
/** How long the other side may take to say goodbye too; where the host has closed, it is not heard any more. */
const CLOSE_MS_MAX = 250;

export class WebSocketChannels implements ChannelDialler, ChannelAcceptor {
  private readonly loop: EventLoop;
  private readonly channels = new Set<WebSocketChannel>();
  #library: Promise<typeof import('ws')> | null = null;

  constructor(loop: EventLoop) {
    this.loop = loop;
  }

  dial(url: string, messageBytesMax: number, handler: ChannelHandler): Channel {
    const channel = this.add(handler);
    void this.connect(channel, url, messageBytesMax);
    return channel;
  }

  accept(stream: Stream, request: ChannelRequest, messageBytesMax: number, handler: ChannelHandler): void {
    const channel = this.add(handler);
    const duplex = new StreamDuplex(stream);
    duplex.on('error', () => {});
    duplex.on('close', () => channel.onSocketGone('no WebSocket'));
    void this.upgrade(channel, duplex, request, messageBytesMax);
  }

  closed(channel: WebSocketChannel): void {
    this.channels.delete(channel);
  }

  /** What was sent still leaves, goodbyes among it; nothing is waited for longer than a moment. */
  async close(): Promise<void> {
    await Promise.all([...this.channels].map((channel) => channel.end()));
  }

  private add(handler: ChannelHandler): WebSocketChannel {
    const channel = new WebSocketChannel(this, this.loop, handler);
    this.channels.add(channel);
    return channel;
  }

  private async connect(channel: WebSocketChannel, url: string, maxPayload: number): Promise<void> {
    const { WebSocket } = await this.library();
    if (channel.closing) return channel.onSocketGone('given up');
    try {
      channel.attach(new WebSocket(url, { maxPayload, perMessageDeflate: false, handshakeTimeout: CONNECT_TIMEOUT_MS }));
    } catch (error) {
      channel.onSocketGone(error instanceof Error ? error.message : 'no URL of a WebSocket');
    }
  }

  private async upgrade(channel: WebSocketChannel, duplex: StreamDuplex, request: ChannelRequest, maxPayload: number): Promise<void> {
    const { WebSocketServer } = await this.library();
    const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload });
    // Of a request of Node's own server it looks at these alone.
    const asNode = { method: request.method, url: request.target, headers: Object.fromEntries(request.headers) } as IncomingMessage;
    server.handleUpgrade(asNode, duplex, Buffer.alloc(0), (socket) => channel.attach(socket));
  }

  private library(): Promise<typeof import('ws')> {
    this.#library ??= import('ws');
    return this.#library;
  }
}

class WebSocketChannel implements Channel {
  closing = false;
  private readonly owner: WebSocketChannels;
  private readonly loop: EventLoop;
  private readonly handler: ChannelHandler;
  private socket: WebSocket | null = null;
  private gone = false;
  private detail = '';
  private heard = true;
  private pinging: NodeJS.Timeout | null = null;
  private onGone: (() => void) | null = null;

  constructor(owner: WebSocketChannels, loop: EventLoop, handler: ChannelHandler) {
    this.owner = owner;
    this.loop = loop;
    this.handler = handler;
  }

  get queuedBytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  send<M>(codec: Codec<M>, message: M): void {
    const socket = this.socket;
    if (socket === null || this.closing || socket.readyState !== socket.OPEN) return;
    socket.send(encodeToBytes(codec, message), { binary: false });
  }

  close(): void {
    this.closing = true;
    if (this.socket?.readyState === this.socket?.CONNECTING) this.socket?.terminate();
    else this.socket?.close(NORMAL_CLOSURE);
  }

  /** The host closes: says goodbye, and resolves when the socket is gone. */
  async end(): Promise<void> {
    if (this.gone || this.socket === null) return;
    const gone = new Promise<void>((resolve) => (this.onGone = resolve));
    this.close();
    const timer = setTimeout(() => this.socket?.terminate(), CLOSE_MS_MAX);
    await gone;
    clearTimeout(timer);
  }

  attach(socket: WebSocket): void {
    this.socket = socket;
    socket.on('message', this.onMessage);
    socket.on('pong', this.onHeard);
    socket.on('error', (error: Error) => (this.detail = error.message));
    socket.on('close', (code: number, reason: Buffer) => this.onSocketGone(this.detail || reason.toString() || `closed with code ${code}`));
    if (socket.readyState === socket.OPEN) this.onOpen();
    else socket.on('open', this.onOpen);
  }

  onSocketGone(detail: string): void {
    if (this.gone) return;
    this.gone = true;
    if (this.pinging !== null) clearInterval(this.pinging);
    this.owner.closed(this);
    this.onGone?.();
    if (!this.loop.begin()) return;
    this.handler.onChannelClosed(detail);
    this.loop.end();
  }

  private readonly onOpen = (): void => {
    this.pinging = setInterval(this.ping, PING_MS);
    this.pinging.unref();
    if (this.closing) return this.close();
    if (!this.loop.begin()) return;
    this.handler.onChannelOpen(this);
    this.loop.end();
  };

  private readonly onMessage = (data: RawData): void => {
    this.heard = true;
    // Without `binaryType` set otherwise it is one Buffer.
    const bytes = data as Buffer;
    if (!this.loop.begin()) return;
    this.handler.onChannelMessage(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    this.loop.end();
  };

  private readonly onHeard = (): void => {
    this.heard = true;
  };

  private readonly ping = (): void => {
    if (!this.heard) return this.socket?.terminate();
    this.heard = false;
    this.socket?.ping();
  };
}
