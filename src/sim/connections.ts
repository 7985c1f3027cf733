/** How streams come to be and what becomes of them when a process or a machine goes; `sim-stream.ts` is what lies between. */

import { HostEvent } from '../core/events.ts';
import type { Framing } from '../core/framing.ts';
import type { CloseReason, Peer, StreamHandler } from '../core/host.ts';
import { CONNECT_TIMEOUT_MS } from '../core/host.ts';
import type { Addresses } from './addresses.ts';
import { RETRY_TICKS } from './chunks.ts';
import type { Counters } from './counters.ts';
import { EventKind } from './event-kinds.ts';
import type { Nats, Route } from './nats.ts';
import type { SimHost } from './sim-host.ts';
import type { SimNode } from './sim-node.ts';
import type { StreamWorld } from './sim-stream.ts';
import { SILENT, SimStream } from './sim-stream.ts';
import { ticksOf } from './ticks.ts';

type AnyFraming = Framing<unknown, unknown>;
type AnyHandler = StreamHandler<unknown, unknown>;

/** What connections need of their world. */
export interface ConnectionWorld extends StreamWorld {
  readonly addresses: Addresses;
  readonly nodes: readonly SimNode[];
  readonly nats: Nats | null;
}

/** At a door nothing is read before its stream was upgraded. */
const SILENCE: AnyFraming = { name: 'silence', deframer: () => ({ push: (_bytes, start) => start }) };

export class Connections {
  private readonly world: ConnectionWorld;
  private readonly counters: Counters;
  private readonly ephemeralPeer: (node: number, count: number) => Peer;
  private opened = 0;
  /** Streams that were dialled through NATs: each leaves from a port of its own. */
  private translated = 0;

  constructor(world: ConnectionWorld, counters: Counters, ephemeralPeer: (node: number, count: number) => Peer) {
    this.world = world;
    this.counters = counters;
    this.ephemeralPeer = ephemeralPeer;
  }

  /** `to` is null when nobody has that address: that takes as long as the protocol waits. */
  connect(host: SimHost, peer: Peer, to: SimNode | null, framing: AnyFraming, handler: AnyHandler, route: Route | null = null): SimStream {
    const stream = new SimStream(this.world, host, to ?? host.node, peer, false, framing, handler);
    stream.out.route = route;
    host.streams.add(stream);
    const { wheel } = this.world;
    if (to === null) this.failLater(stream, 'timeout', wheel.now + ticksOf(CONNECT_TIMEOUT_MS));
    else wheel.insert(this.world.chunks.arrivalOfControl(stream.out), EventKind.connectRequest, to.index, 0, stream);
    return stream;
  }

  /** The same in a world with NATs. */
  connectTranslated(nats: Nats, host: SimHost, peer: Peer, framing: AnyFraming, handler: AnyHandler): SimStream {
    const now = this.world.wheel.now;
    const route = nats.leave('tcp', host.index, this.ephemeralPeer(host.index, this.translated++), peer, now);
    const to = route === null ? null : (this.world.nodes[nats.destination('tcp', peer, now)] ?? null);
    return this.connect(host, peer, to, framing, handler, route);
  }

  /** Event connectRequest, at the node that is dialled. */
  request(stream: SimStream): void {
    if (stream.state === 'closed' || this.retried(stream, EventKind.connectRequest)) return;
    const to = stream.out.to;
    const host = to.host;
    const { route } = stream.out;
    const peer = route?.from ?? this.ephemeralPeer(stream.host.node.index, this.opened++);
    const target = route === null ? stream.peer : this.enter(route);
    // A NAT drops in silence what it does not let in; a mapping that has changed hands on the way is as good as none.
    if (target === null || this.world.addresses.machineOfPeer(target) !== to.index)
      return this.failLater(stream, 'timeout', this.deadlineOf(stream));
    // At other ports of the machine there are doors, or nobody.
    const acceptor = target === to.peer ? host.acceptor : host.doorAt(target);
    const handler = acceptor === null ? null : acceptor.onConnection(peer);
    if (handler === null) {
      if (acceptor !== null) host.tap(HostEvent.streamRefused, peer, 0, 0);
      this.failLater(stream, 'refused', this.world.chunks.arrivalOfControl(stream.out));
      return;
    }
    const framing = target === to.peer ? (host.acceptFraming as AnyFraming) : SILENCE;
    const other = new SimStream(this.world, host, stream.host.node, peer, true, framing, handler);
    host.streams.add(other);
    other.out.route = route;
    // The answer first: what the newcomer is told in its onOpen comes after it.
    const at = this.world.chunks.arrivalOfControl(other.out);
    this.world.wheel.insert(at, EventKind.connectAccepted, stream.host.node.index, 0, new Acceptance(stream, other));
    other.opened(stream);
  }

  /** Event connectAccepted, at the node that dialled. */
  accepted(acceptance: Acceptance): void {
    const { stream, other } = acceptance;
    if (stream.state === 'closed') {
      other.abort('reset', 'the other side gave up');
      return;
    }
    if (other.state === 'closed') {
      stream.close('reset', 'closed at once');
      return;
    }
    this.counters.streamsOpened++;
    stream.out.route?.answered(this.world.wheel.now);
    stream.opened(other);
  }

  /** Event connectFailed. */
  failed(failure: ConnectFailure): void {
    this.counters.streamsFailed++;
    failure.stream.close(failure.reason, '');
  }

  /** The process has ended in an orderly way: what it ended is still sent, all else is reset, as the operating system does. */
  leave(host: SimHost): void {
    for (const stream of host.streams) {
      stream.handler = SILENT;
      if (!stream.out.ending) stream.abort('local', '');
      else stream.resume();
    }
  }

  /** The process is gone at once. With the machine on, the operating system resets its streams; else nobody hears of it. */
  crash(host: SimHost): void {
    for (const stream of host.streams) {
      if (!host.node.silent) stream.tellOther();
      stream.vanish();
    }
    host.streams.clear();
  }

  private failLater(stream: SimStream, reason: CloseReason, at: number): void {
    this.world.wheel.insert(at, EventKind.connectFailed, stream.host.node.index, 0, new ConnectFailure(stream, reason));
  }

  /** Nobody answers: asks again as long as the one who dials waits. */
  private retried(stream: SimStream, kind: number): boolean {
    if (!this.world.chunks.isUnreachable(stream.out)) return false;
    const deadline = this.deadlineOf(stream);
    const again = this.world.wheel.now + RETRY_TICKS;
    if (again >= deadline) this.failLater(stream, 'timeout', deadline);
    else this.world.wheel.insert(again, kind, stream.out.to.index, 0, stream);
    return true;
  }

  /** When who dials gives up, or now if that is over. */
  private deadlineOf(stream: SimStream): number {
    return Math.max(stream.startedAt + ticksOf(CONNECT_TIMEOUT_MS), this.world.wheel.now);
  }

  private enter(route: Route): Peer | null {
    return (this.world.nats as Nats).enter('tcp', route.from, route.target, this.world.wheel.now, route);
  }
}

/** The answer to a connect request, under way. */
export class Acceptance {
  readonly stream: SimStream;
  readonly other: SimStream;

  constructor(stream: SimStream, other: SimStream) {
    this.stream = stream;
    this.other = other;
  }
}

export class ConnectFailure {
  readonly stream: SimStream;
  readonly reason: CloseReason;

  constructor(stream: SimStream, reason: CloseReason) {
    this.stream = stream;
    this.reason = reason;
  }
}
