/**
 * The Host contract on real sockets and files: composes the parts of this folder and runs one protocol on them. What a protocol
 * object may expect is in `core/host.ts`; what belongs to a process alone (opening, closing, watching) is here.
 */

import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns';
import type { Codec } from '../core/codec.ts';
import { endpointOf, endpointPort } from '../core/endpoint.ts';
import type { Framing } from '../core/framing.ts';
import type {
  Body,
  DatagramHandler,
  Endpoint,
  Host,
  Multicaster,
  Peer,
  Protocol,
  ResolveOperation,
  Store,
  StoreHandler,
  StoreSpec,
  Stream,
  StreamAcceptor,
  StreamHandler,
  Timer,
} from '../core/host.ts';
import { Random } from '../core/random.ts';
import type { WebRtc } from '../core/web-rtc.ts';
import { type DatagramCounters, DatagramPort } from './datagram-port.ts';
import { EventLoop } from './event-loop.ts';
import { MulticastPort } from './multicast-port.ts';
import { PEERS_MAX, PeerTable } from './peer-table.ts';
import { type Proxy, ProxyError, ProxyNames } from './proxy.ts';
import { endpointFromNode } from './socket-address.ts';
import { Storage } from './storage.ts';
import { StoredBody } from './stored-body.ts';
import { CONNECTIONS_MAX, StreamPort } from './stream-port.ts';
import { WebRtcPort } from './web-rtc-port.ts';
import { WebSocketChannels } from './websocket-channels.ts';
import { TimerHeap } from './timer-heap.ts';
import { knock } from './tunnel.ts';

export interface SocketHostOptions {
  /** Where to bind: an IP literal. `::` (the default) is every address of both families, `0.0.0.0` every one of IPv4. */
  readonly address?: string;
  /** Where to bind the datagram socket; `address` unless given. One bound to loopback cannot send to the rest of the world. */
  readonly datagramAddress?: string;
  /** 0 (the default) takes any free port, null opens no datagram socket. A busy port becomes the next free one. */
  readonly datagramPort?: number | null;
  /** The same for the stream listener. Both ports are the same number when the same is asked for, and it is free. */
  readonly streamPort?: number | null;
  /** Streams that others may have open to us; the excess is closed at once. */
  readonly connectionsMax?: number;
  /** Folder for resume records; without it every store that exists is checked when it is opened. */
  readonly stateFolder?: string | null;
  /**
   * Everything goes through it and nothing around it: streams, and datagrams if it is a SOCKS proxy that takes them and `datagramPort` is not null; names are looked up by it.
   * Nothing is listened to, whatever the ports say. One that is down later makes streams fail, and datagrams get lost.
   */
  readonly proxy?: Proxy | null;
  /** For `random`; from the system when absent. */
  readonly seed?: number;
}

/** Gets what `Host.tap` and the host itself report: an event of `core/events.ts` and its three numbers. */
export type Tap = (event: number, a: number, b: number, c: number) => void;

export class SocketHost implements Host {
  readonly random: Random;
  private readonly options: SocketHostOptions;
  private readonly loop = new EventLoop();
  private readonly timers: TimerHeap;
  private readonly peers: PeerTable;
  private readonly datagrams: DatagramPort;
  private readonly streams: StreamPort;
  private readonly storage: Storage;
  private readonly names = new ProxyNames();
  private multicast: MulticastPort | null = null;
  private webRtc: WebRtcPort | null = null;
  private webSockets: WebSocketChannels | null = null;
  private protocol: Protocol | null = null;
  private watcher: Tap | null = null;
  private closing: Promise<void> | null = null;

  constructor(options: SocketHostOptions = {}) {
    this.options = options;
    this.random = new Random(options.seed ?? randomBytes(6).readUIntBE(0, 6));
    this.peers = new PeerTable(randomBytes(4).readInt32BE(0), PEERS_MAX);
    const tap: Tap = (event, a, b, c) => this.tap(event, a, b, c);
    this.timers = new TimerHeap(this.loop, { onTimer: (kind, arg) => this.protocol?.onTimer(kind, arg) });
    this.datagrams = new DatagramPort(this.loop, this.peers, tap);
    this.streams = new StreamPort(this.loop, this.peers, tap, options.proxy ?? null, this.names);
    this.storage = new Storage(this.loop, options.stateFolder ?? null, tap);
  }

  // ---- the process's side -------------------------------------------------------------------------------------------------

  /**
   * Binds the sockets; `self` says where. Rejects with the system's error (EADDRINUSE only when all ports tried are taken). With a proxy: sees whether that is there and rejects
   * with a ProxyError when it is not, or lets us not in.
   */
  async open(): Promise<void> {
    if (this.options.proxy) return this.openThrough(this.options.proxy);
    const { address = '::', datagramAddress = address, streamPort = 0, datagramPort = 0, connectionsMax = CONNECTIONS_MAX } = this.options;
    try {
      await this.bindSockets(address, datagramAddress, streamPort, datagramPort, connectionsMax);
    } catch (error) {
      const noIpv6 =
        [address, datagramAddress].includes('::') &&
        ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!noIpv6) throw error;
      const [forStreams, forDatagrams] = [address, datagramAddress].map((each) => (each === '::' ? '0.0.0.0' : each)) as [string, string];
      await this.bindSockets(forStreams, forDatagrams, streamPort, datagramPort, connectionsMax);
    }
  }

  /** Content is about to be opened: what that takes is made ready meanwhile. */
  expectStores(): void {
    this.storage.threads.warm();
  }

  /** A way to speak to these multicast groups in the networks that this host listens in; a host has one at most. */
  async openMulticast(groups: readonly Endpoint[]): Promise<Multicaster> {
    if (this.options.proxy) throw new Error('expected a host without a proxy: multicast goes around it');
    this.multicast ??= await MulticastPort.open(this.loop, this.options.address ?? '::', groups);
    return this.multicast;
  }

  /** WebSockets, those of clients to us and ours to servers. */
  openChannels(): WebSocketChannels {
    this.webSockets ??= new WebSocketChannels(this.loop);
    return this.webSockets;
  }

  /** A way to peers in browsers, bound to the address of this host; `iceServers` (`stun:host:port`) tell it how others see it. */
  openWebRtc(iceServers: readonly string[]): WebRtc {
    this.webRtc ??= new WebRtcPort(
      this.loop,
      this.peers,
      (event, a, b, c) => this.tap(event, a, b, c),
      this.options.address ?? '::',
      iceServers,
    );
    return this.webRtc;
  }

  /** Makes the protocol; `start` is its first event. One protocol a host. */
  run<P extends Protocol>(factory: (host: Host) => P): P {
    if (this.protocol !== null) throw new Error('expected a host without a protocol, this one has one already');
    const protocol = factory(this);
    this.protocol = protocol;
    if (this.loop.begin()) {
      protocol.start();
      this.loop.end();
    }
    return protocol;
  }

  /** Stops the protocol, lets ended streams send what they hold and stores write what they have, then lets go of everything. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    if (this.protocol !== null && this.loop.begin()) {
      this.protocol.stop();
      this.loop.end();
    }
    this.loop.stopped = true;
    this.timers.close();
    await this.webSockets?.close();
    await Promise.all([this.streams.close(), this.datagrams.close(), this.multicast?.close(), this.webRtc?.close(), this.storage.close()]);
  }

  /** Reports events to `watcher` from now on, or to nobody. */
  watch(watcher: Tap | null): void {
    this.watcher = watcher;
  }

  /** Counts since the host was made, for people. */
  get counters(): Readonly<DatagramCounters> & { readonly streams: number; readonly timers: number; readonly peers: number } {
    return { ...this.datagrams.counters, streams: this.streams.size, timers: this.timers.size, peers: this.peers.size };
  }

  // ---- Host ---------------------------------------------------------------------------------------------------------------

  get self(): { readonly datagram: Endpoint | null; readonly stream: Endpoint | null } {
    return { datagram: this.datagrams.endpoint, stream: this.streams.endpoint };
  }

  now(): number {
    return this.loop.now();
  }

  setTimer(delayMs: number, kind: number, arg: number): Timer {
    return this.timers.set(delayMs, kind, arg);
  }

  clearTimer(timer: Timer): void {
    this.timers.clear(timer);
  }

  peer(endpoint: Endpoint): Peer {
    return this.peers.intern(endpoint, endpoint.length);
  }

  endpoint(peer: Peer): Endpoint {
    return this.peers.endpoint(peer);
  }

  resolve(hostname: string, port: number, operation: ResolveOperation): void {
    const literal = endpointOf(hostname.replace(/^\[(.*)\]$/, '$1'), port);
    if (literal !== null) {
      this.loop.later({ runDeferred: () => this.resolved(operation, [literal]) });
      return;
    }
    if (this.options.proxy) {
      const named = this.names.endpointFor(hostname, port);
      this.loop.later({ runDeferred: () => this.resolved(operation, named === null ? [] : [named]) });
      return;
    }
    lookup(hostname, { all: true }, (error, addresses) => {
      const endpoints = error === null ? addresses.map(({ address }) => endpointFromNode(address, port)) : [];
      this.resolved(
        operation,
        endpoints.filter((endpoint) => endpoint !== null),
      );
    });
  }

  bind<M>(codec: Codec<M>, handler: DatagramHandler<M>): void {
    this.datagrams.bind(codec, handler);
  }

  send<M>(peer: Peer, codec: Codec<M>, message: M): void {
    this.datagrams.send(peer, codec, message);
  }

  packBody(body: Body, into: Uint8Array, offset: number): void {
    // Bodies of this host are byte arrays: its own stores and deframers made them.
    into.set(body as Uint8Array, offset);
    if (!(body instanceof StoredBody) || body.lender === null) return;
    body.lender.returned();
    body.lender = null;
  }

  unpackBody(bytes: Uint8Array): Body {
    return bytes;
  }

  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>, secureName?: string): Stream {
    return this.streams.connect(peer, framing, handler, secureName);
  }

  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.streams.listen(framing, acceptor);
  }

  openStore(spec: StoreSpec, handler: StoreHandler): Store {
    return this.storage.open(spec, handler);
  }

  tap(event: number, a: number, b: number, c: number): void {
    if (this.watcher !== null) this.watcher(event, a, b, c);
  }

  private async openThrough(proxy: Proxy): Promise<void> {
    // The only question that a SOCKS proxy can be asked, and be asked nothing of the outside, is the one for a relay.
    if (proxy.kind === 'http' || this.options.datagramPort === null) return knock(proxy);
    try {
      await this.datagrams.openThrough(proxy, this.names);
    } catch (error) {
      // No datagrams, then; `self` says so.
      if (!(error instanceof ProxyError && error.letIn)) throw error;
    }
  }

  private async bindSockets(
    address: string,
    datagramAddress: string,
    streamPort: number | null,
    datagramPort: number | null,
    connectionsMax: number,
  ): Promise<void> {
    if (streamPort !== null) await this.streams.open(address, streamPort, connectionsMax);
    try {
      // One number for both where the same is wanted: peers know an address, not two.
      const own = streamPort === datagramPort ? this.streams.endpoint : null;
      if (datagramPort !== null) await this.datagrams.open(datagramAddress, own === null ? datagramPort : endpointPort(own));
    } catch (error) {
      await this.streams.close();
      throw error;
    }
  }

  private resolved(operation: ResolveOperation, endpoints: readonly Endpoint[]): void {
    if (!this.loop.begin()) return;
    operation.onResolved(endpoints);
    this.loop.end();
  }
}
