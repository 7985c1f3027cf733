/** The Host of a simulated node: one process, from its start to its stop or crash. The world owns it and hands it its events. */

import type { Codec } from '../core/codec.ts';
import { DatagramBindings } from '../core/datagram-bindings.ts';
import { endpointOf } from '../core/endpoint.ts';
import type { Framing } from '../core/framing.ts';
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
} from '../core/host.ts';
import type { Random } from '../core/random.ts';
import type { Addresses } from './addresses.ts';
import type { Connections } from './connections.ts';
import type { Datagrams } from './datagrams.ts';
import { EventKind } from './event-kinds.ts';
import { EXTRA_MAX } from './event-wheel.ts';
import { markedBody, simBody } from './sim-body.ts';
import type { SimNode } from './sim-node.ts';
import type { Nats } from './nats.ts';
import { SimStore } from './sim-store.ts';
import type { SimStream, StreamWorld } from './sim-stream.ts';
import { TICKS_PER_MS, ticksOf } from './ticks.ts';

/** What a look-up of a name takes. */
const RESOLVE_MS = 20;

/** What a host needs of its world. */
export interface HostWorld extends StreamWorld {
  readonly addresses: Addresses;
  readonly datagrams: Datagrams;
  readonly connections: Connections;
  /** Null in a world without public addresses. */
  readonly nats: Nats | null;
  readonly names: ReadonlyMap<string, readonly SimNode[]>;
  /** The node whose machine has that peer's address, or null. */
  machineAt(peer: Peer): SimNode | null;
  onTap: ((node: number, event: number, a: number, b: number, c: number) => void) | null;
}

export class SimHost implements Host {
  // What every datagram touches comes first.
  readonly index: number;
  /** False after stop or crash: no event reaches the protocol any more. */
  running = true;
  readonly encodes: boolean;
  /** The first format that was bound, the only one of most protocols; and all of them, once there is a second. */
  datagramCodec: Codec<unknown> | null = null;
  private datagramHandler: DatagramHandler<unknown> | null = null;
  datagramBindings: DatagramBindings | null = null;
  private readonly world: HostWorld;
  readonly random: Random;
  readonly node: SimNode;
  protocol: Protocol | null = null;
  /** Timers that are set and have not fired. */
  timersPending = 0;
  acceptor: StreamAcceptor<unknown, unknown> | null = null;
  acceptFraming: Framing<unknown, unknown> | null = null;
  /** Who takes streams at other ports of the machine; null where nobody does. */
  private doors: Map<Peer, StreamAcceptor<unknown, unknown>> | null = null;
  /** Open, opening and closing; null before the first. */
  private streamSet: Set<SimStream> | null = null;
  private readonly clockRate: number;

  constructor(world: HostWorld, node: SimNode, random: Random) {
    this.index = node.index;
    this.encodes = node.encodes;
    this.world = world;
    this.random = random;
    this.node = node;
    this.clockRate = node.clockRate;
  }

  get self(): { readonly datagram: Endpoint; readonly stream: Endpoint } {
    return { datagram: this.node.endpoint, stream: this.node.endpoint };
  }

  get streams(): Set<SimStream> {
    this.streamSet ??= new Set();
    return this.streamSet;
  }

  now(): number {
    return (this.world.wheel.now / TICKS_PER_MS) * this.clockRate;
  }

  setTimer(delayMs: number, kind: number, arg: number): Timer {
    if (!(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)) throw new RangeError(`a delay of 0 ms or more expected, got ${delayMs}`);
    if (!(kind >= 0 && kind <= EXTRA_MAX)) throw new RangeError(`a timer kind of 0 to ${EXTRA_MAX} expected, got ${kind}`);
    this.timersPending++;
    // At least a tick, so that a protocol which sets timers of 0 ms cannot stop the clock.
    const ticks = Math.max(1, ticksOf(delayMs / this.clockRate));
    return this.world.wheel.insert(this.world.wheel.now + ticks, EventKind.timer, kind, arg, this) as Timer;
  }

  clearTimer(timer: Timer): void {
    if (this.world.wheel.cancel(timer)) this.timersPending--;
  }

  peer(endpoint: Endpoint): Peer {
    return this.world.addresses.peer(endpoint);
  }

  endpoint(peer: Peer): Endpoint {
    return this.world.addresses.endpoint(peer);
  }

  resolve(hostname: string, port: number, operation: ResolveOperation): void {
    const found: Endpoint[] = [];
    const literal = endpointOf(hostname, port);
    if (literal !== null) found.push(literal);
    for (const node of this.world.names.get(hostname) ?? []) {
      const endpoint = node.endpoint.slice();
      endpoint[4] = port >> 8;
      endpoint[5] = port & 0xff;
      found.push(endpoint);
    }
    const at = this.world.wheel.now + (literal === null ? ticksOf(RESOLVE_MS) : 1);
    this.world.wheel.insert(at, EventKind.resolved, this.node.index, found.length, new Resolution(this, operation, found));
  }

  bind<M>(codec: Codec<M>, handler: DatagramHandler<M>): void {
    const known = codec as Codec<unknown>;
    const taker = handler as DatagramHandler<unknown>;
    if (this.datagramCodec === null || this.datagramHandler === null || this.datagramCodec === known) {
      this.datagramCodec = known;
      this.datagramHandler = taker;
      if (this.datagramBindings === null) return;
    }
    if (this.datagramBindings === null) {
      this.datagramBindings = new DatagramBindings();
      this.datagramBindings.bind(this.datagramCodec, this.datagramHandler);
    }
    this.datagramBindings.bind(known, taker);
  }

  send<M>(peer: Peer, codec: Codec<M>, message: M): void {
    const { addresses, datagrams, nats } = this.world;
    const self = addresses.peerOfNode(this.index);
    if (nats === null) datagrams.send(this, self, addresses.nodeOfPeer(peer), codec, message);
    else datagrams.sendTranslated(nats, this, self, peer, codec, message);
  }

  packBody(body: Body, into: Uint8Array, offset: number): void {
    const { length, mark } = simBody(body);
    into.fill(mark, offset, offset + length);
  }

  unpackBody(bytes: Uint8Array): Body {
    return markedBody(bytes);
  }

  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream {
    const { connections, nats } = this.world;
    if (nats === null) return connections.connect(this, peer, this.world.machineAt(peer), framing, handler);
    return connections.connectTranslated(nats, this, peer, framing, handler);
  }

  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.acceptFraming = framing;
    this.acceptor = acceptor as unknown as StreamAcceptor<unknown, unknown>;
  }

  /** Takes streams at another port of this machine; not a part of the contract, but of what stands for WebRTC. */
  openDoor(at: Peer, acceptor: StreamAcceptor<never>): void {
    this.doors ??= new Map();
    this.doors.set(at, acceptor);
  }

  closeDoor(at: Peer): void {
    this.doors?.delete(at);
  }

  doorAt(peer: Peer): StreamAcceptor<unknown, unknown> | null {
    return this.doors?.get(peer) ?? null;
  }

  openStore(spec: StoreSpec, handler: StoreHandler): Store {
    return new SimStore(this, this.world.wheel, spec, handler);
  }

  tap(event: number, a: number, b: number, c: number): void {
    if (this.world.onTap !== null) this.world.onTap(this.node.index, event, a, b, c);
  }

  /** A message of the first format. */
  handleDatagram(from: Peer, message: unknown): void {
    this.datagramHandler?.onDatagram(from, message);
  }

  /** The process is gone: nothing reaches it any more. */
  halt(): void {
    this.running = false;
    this.acceptor = null;
    this.doors = null;
    this.datagramCodec = null;
    this.datagramHandler = null;
    this.datagramBindings = null;
  }
}

/** A name that is being looked up. */
export class Resolution {
  readonly host: SimHost;
  readonly operation: ResolveOperation;
  readonly found: readonly Endpoint[];

  constructor(host: SimHost, operation: ResolveOperation, found: readonly Endpoint[]) {
    this.host = host;
    this.operation = operation;
    this.found = found;
  }
}
