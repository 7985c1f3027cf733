/** Runs a protocol whose streams go over µTP: its host is the real one but for `connect` and `listen`. */

import type { Codec } from '../../src/core/codec.ts';
import type { Framing } from '../../src/core/framing.ts';
import type {
  Body,
  DatagramHandler,
  Endpoint,
  Host,
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
} from '../../src/core/host.ts';
import { UtpPort } from '../../src/transfer/utp/index.ts';

/** No protocol under test has a timer of this kind. */
const UTP_TIMER = 99;

export class OverUtp<P extends Protocol> implements Protocol {
  readonly inner: P;
  readonly port: UtpPort;

  constructor(host: Host, factory: (host: Host) => P) {
    this.port = new UtpPort(host, UTP_TIMER);
    this.inner = factory(new UtpHost(host, this.port));
  }

  start(): void {
    this.port.start();
    this.inner.start();
  }

  onTimer(kind: number, arg: number): void {
    if (kind === UTP_TIMER) this.port.onTimer(arg);
    else this.inner.onTimer(kind, arg);
  }

  stop(): void {
    this.inner.stop();
    this.port.close();
  }

  inspect(): unknown {
    return this.inner.inspect();
  }
}

class UtpHost implements Host {
  private readonly host: Host;
  private readonly port: UtpPort;

  constructor(host: Host, port: UtpPort) {
    this.host = host;
    this.port = port;
  }

  get random() {
    return this.host.random;
  }
  get self() {
    return this.host.self;
  }
  now(): number {
    return this.host.now();
  }
  setTimer(delayMs: number, kind: number, arg: number): Timer {
    return this.host.setTimer(delayMs, kind, arg);
  }
  clearTimer(timer: Timer): void {
    this.host.clearTimer(timer);
  }
  peer(endpoint: Endpoint): Peer {
    return this.host.peer(endpoint);
  }
  endpoint(peer: Peer): Endpoint {
    return this.host.endpoint(peer);
  }
  resolve(hostname: string, port: number, operation: ResolveOperation): void {
    this.host.resolve(hostname, port, operation);
  }
  bind<M>(codec: Codec<M>, handler: DatagramHandler<M>): void {
    this.host.bind(codec, handler);
  }
  send<M>(peer: Peer, codec: Codec<M>, message: M): void {
    this.host.send(peer, codec, message);
  }
  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream {
    return this.port.connect(peer, framing, handler);
  }
  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.port.listen(framing, acceptor);
  }
  packBody(body: Body, into: Uint8Array, offset: number): void {
    this.host.packBody(body, into, offset);
  }
  unpackBody(bytes: Uint8Array): Body {
    return this.host.unpackBody(bytes);
  }
  openStore(spec: StoreSpec, handler: StoreHandler): Store {
    return this.host.openStore(spec, handler);
  }
  tap(event: number, a: number, b: number, c: number): void {
    this.host.tap(event, a, b, c);
  }
}
