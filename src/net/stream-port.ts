/** The TCP side of a host: its listener, the streams it has open, and the receive buffer they share. Owned by the socket host. */

import { createServer, type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { endpointIp, endpointPort, isLoopback } from '../core/endpoint.ts';
import { CLOSE_REASONS, HostEvent } from '../core/events.ts';
import type { Framing } from '../core/framing.ts';
import type { CloseReason, Endpoint, Peer, Stream, StreamAcceptor, StreamHandler } from '../core/host.ts';
import type { Deferred, EventLoop } from './event-loop.ts';
import { bindNextFree } from './next-free-port.ts';
import type { PeerTable } from './peer-table.ts';
import { ProxiedStream } from './proxied-stream.ts';
import type { Proxy, ProxyNames } from './proxy.ts';
import { SecureSockets } from './secure-sockets.ts';
import { SlabPool } from './send-slab.ts';
import { endpointFromNode, isWildcard } from './socket-address.ts';
import { SocketStream, type StreamOwner } from './socket-stream.ts';

/** One buffer for all sockets: what is pushed from it is consumed before the next read. `bench/net.ts` chose the size. */
export const RECEIVE_BUFFER_BYTES = 256 << 10;
export const CONNECTIONS_MAX = 4096;
const BACKLOG = 511;
/** How long streams may take to send what is queued when the host closes. */
export const CLOSE_GRACE_MS = 1000;

type Tap = (event: number, a: number, b: number, c: number) => void;

export class StreamPort implements StreamOwner {
  readonly loop: EventLoop;
  readonly slabs = new SlabPool();
  endpoint: Endpoint | null = null;
  private readonly peers: PeerTable;
  private readonly tap: Tap;
  private readonly streams = new Set<SocketStream>();
  private readonly secure = new SecureSockets();
  /** Set: nobody is dialled but the proxy. */
  private readonly proxy: Proxy | null;
  private readonly names: ProxyNames;
  private readonly receiveBuffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
  private server: Server | null = null;
  private framing: Framing<unknown, unknown> | null = null;
  private acceptor: StreamAcceptor<unknown, unknown> | null = null;
  private onIdle: (() => void) | null = null;

  constructor(loop: EventLoop, peers: PeerTable, tap: Tap, proxy: Proxy | null, names: ProxyNames) {
    this.proxy = proxy;
    this.names = names;
    this.loop = loop;
    this.peers = peers;
    this.tap = tap;
  }

  get size(): number {
    return this.streams.size;
  }

  /** Listens at the address on the first free port from `port` on; 0 is any. Rejects with the system's error. */
  async open(address: string, port: number, connectionsMax: number): Promise<void> {
    await bindNextFree(port, (candidate) => this.bindServer(address, candidate, connectionsMax));
  }

  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.framing = framing;
    this.acceptor = acceptor;
  }

  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>, secureName?: string): Stream {
    const endpoint = this.peers.endpoint(peer);
    const stream = this.add(peer, false, framing, handler);
    const port = endpointPort(endpoint);
    if (port === 0) {
      // Port 0 means "any" to the system: not an address that something can be sent to.
      this.loop.later(new Unreachable(stream, 'port 0 is no address'));
      return stream;
    }
    if (this.proxy !== null) return this.connectThrough(this.proxy, endpoint, stream, secureName);
    const to = { host: endpointIp(endpoint), port, ...this.localAddressFor(endpoint) };
    if (secureName !== undefined) {
      void this.secure.open(to, secureName, this.readerOf(stream), stream);
      return stream;
    }
    const socket = new Socket({ allowHalfOpen: true, noDelay: true, onread: this.readerOf(stream) });
    stream.attach(socket.connect(to));
    return stream;
  }

  private connectThrough(proxy: Proxy, endpoint: Endpoint, stream: SocketStream, secureName: string | undefined): Stream {
    const to = this.names.addressOf(endpoint);
    if (to === null) this.loop.later(new Unreachable(stream, 'nobody is at that address'));
    else if (secureName === undefined) new ProxiedStream(proxy, to, this.receiveBuffer, stream).dial();
    else void this.secure.openThrough(proxy, to, secureName, this.readerOf(stream), stream);
    return stream;
  }

  onStreamOpened(stream: SocketStream): void {
    this.tap(HostEvent.streamOpened, stream.peer, stream.incoming ? 1 : 0, 0);
  }

  onStreamMalformed(stream: SocketStream): void {
    this.tap(HostEvent.streamMalformed, stream.peer, 0, 0);
  }

  onStreamClosed(stream: SocketStream, reason: CloseReason): void {
    this.streams.delete(stream);
    this.peers.release(stream.peer);
    this.tap(HostEvent.streamClosed, stream.peer, CLOSE_REASONS.indexOf(reason), stream.incoming ? 1 : 0);
    if (this.streams.size === 0) this.onIdle?.();
  }

  /** Stops listening, lets streams that have ended send what they hold for CLOSE_GRACE_MS, then resets what is left. */
  async close(): Promise<void> {
    const server = this.server;
    this.server = null;
    const closed = server === null ? null : new Promise<void>((resolve) => server.close(() => resolve()));
    for (const stream of this.streams) stream.leave();
    if (this.streams.size > 0) {
      await new Promise<void>((resolve) => {
        const graceTimer = setTimeout(() => {
          for (const stream of this.streams) stream.reset();
        }, CLOSE_GRACE_MS);
        this.onIdle = () => {
          clearTimeout(graceTimer);
          resolve();
        };
      });
    }
    await closed;
  }

  private add(peer: Peer, incoming: boolean, framing: Framing<unknown, unknown>, handler: StreamHandler<unknown, unknown>): SocketStream {
    const stream = new SocketStream(this, peer, incoming, framing, handler);
    this.streams.add(stream);
    this.peers.hold(peer);
    return stream;
  }

  private readerOf(stream: SocketStream): OnReadOpts {
    return { buffer: this.receiveBuffer, callback: stream.onReceived };
  }

  /** A host at one particular address speaks from it, so that many nodes on 127.0.0.0/8 can be told apart. */
  private localAddressFor(to: Endpoint): { localAddress?: string } {
    const own = this.endpoint;
    if (own === null || own.length !== to.length || isLoopback(own) !== isLoopback(to)) return {};
    const ip = endpointIp(own);
    return isWildcard(ip) ? {} : { localAddress: ip };
  }

  private bindServer(address: string, port: number, connectionsMax: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, this.onAccepted);
    server.maxConnections = connectionsMax;
    server.on('drop', () => this.tap(HostEvent.streamRefused, 0, 0, 0));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, backlog: BACKLOG, ipv6Only: false }, () => {
        server.removeListener('error', reject);
        // Out of file descriptors: the connection in question is lost, the listener goes on.
        server.on('error', () => this.tap(HostEvent.streamRefused, 0, 0, 0));
        const bound = server.address();
        if (bound !== null && typeof bound === 'object') this.endpoint = endpointFromNode(bound.address, bound.port);
        this.server = server;
        resolve();
      });
    });
  }

  private readonly onAccepted = (accepted: Socket): void => {
    const { remoteAddress, remotePort } = accepted;
    const endpoint = remoteAddress === undefined ? null : endpointFromNode(remoteAddress, remotePort ?? 0);
    if (endpoint === null || this.framing === null || this.acceptor === null || !this.loop.begin()) {
      accepted.on('error', () => {});
      accepted.resetAndDestroy();
      return;
    }
    const peer = this.peers.intern(endpoint, endpoint.length);
    const handler = this.acceptor.onConnection(peer);
    this.loop.end();
    if (handler === null) {
      this.tap(HostEvent.streamRefused, peer, 0, 0);
      accepted.on('error', () => {});
      accepted.resetAndDestroy();
      return;
    }
    const stream = this.add(peer, true, this.framing, handler);
    stream.attach(reading(accepted, this.readerOf(stream)));
    stream.onConnected();
  };
}

/**
 * Node lets only the side that connects read into a buffer of its own; the side that accepts gets a fresh one for each read, at three
 * times the CPU (0.86 s a GiB against 0.30). A second socket around the same handle can do it: the handle is moved over, with what
 * the server needs to count it. Should these internals change, the accepted socket is used as it is.
 */
function reading(accepted: Socket, onread: OnReadOpts): Socket {
  const inner = accepted as unknown as AcceptedInternals;
  const { _handle: handle, server } = inner;
  if (handle === null || typeof handle !== 'object' || !('useUserBuffer' in handle)) {
    accepted.on('data', (bytes: Buffer) => onread.callback(bytes.length, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
    return accepted;
  }
  inner._handle = null;
  const options = { handle, allowHalfOpen: true, pauseOnCreate: true, onread };
  const socket = new Socket(options as unknown as SocketConstructorOpts);
  (socket as unknown as AcceptedInternals).server = server;
  (socket as unknown as AcceptedInternals)._server = server;
  return socket;
}

interface AcceptedInternals {
  _handle: object | null;
  server: unknown;
  _server: unknown;
}

class Unreachable implements Deferred {
  private readonly stream: SocketStream;
  private readonly why: string;

  constructor(stream: SocketStream, why: string) {
    this.stream = stream;
    this.why = why;
  }

  runDeferred(): void {
    this.stream.failToConnect(this.why);
  }
}
