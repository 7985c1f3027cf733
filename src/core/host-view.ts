/** A host seen through another: passes everything on as it is. For what wants to change one thing about it; owns nothing. */

import type { Codec } from './codec.ts';
import type { Framing } from './framing.ts';
import type {
  Body,
  DatagramHandler,
  Endpoint,
  Host,
  Peer,
  ResolveOperation,
  Store,
  StoreHandler,
  StoreSpec,
  Stream,
  StreamAcceptor,
  StreamHandler,
  Timer,
} from './host.ts';
import type { Random } from './random.ts';

export class HostView implements Host {
  protected readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  get random(): Random {
    return this.host.random;
  }

  get self(): { readonly datagram: Endpoint | null; readonly stream: Endpoint | null } {
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

  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>, secureName?: string): Stream {
    return this.host.connect(peer, framing, handler, secureName);
  }

  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.host.listen(framing, acceptor);
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
