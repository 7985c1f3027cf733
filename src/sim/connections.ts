/** How streams come to be and what becomes of them when a process or a machine goes; `sim-stream.ts` is what lies between. */

import { HostEvent } from '../core/events.ts';
import type { Framing } from '../core/framing.ts';
import type { CloseReason, Peer, StreamHandler } from '../core/host.ts';
import { CONNECT_TIMEOUT_MS } from '../core/host.ts';
import { RETRY_TICKS } from './chunks.ts';
import type { Counters } from './counters.ts';
import { EventKind } from './event-kinds.ts';
import type { SimHost } from './sim-host.ts';
import type { SimNode } from './sim-node.ts';
import type { StreamWorld } from './sim-stream.ts';
import { SILENT, SimStream } from './sim-stream.ts';
import { ticksOf } from './ticks.ts';

type AnyFraming = Framing<unknown, unknown>;
type AnyHandler = StreamHandler<unknown, unknown>;

/** At a door nothing is read before its stream was upgraded. */
const SILENCE: AnyFraming = { name: 'silence', deframer: () => ({ push: (_bytes, start) => start }) };

export class Connections {
  private readonly world: StreamWorld;
  private readonly counters: Counters;
  private readonly ephemeralPeer: (node: number, count: number) => Peer;
  private opened = 0;

  constructor(world: StreamWorld, counters: Counters, ephemeralPeer: (node: number, count: number) => Peer) {
    this.world = world;
    this.counters = counters;
    this.ephemeralPeer = ephemeralPeer;
  }

  /** `to` is null when nobody has that address: that takes as long as the protocol waits. */
  connect(host: SimHost, peer: Peer, to: SimNode | null, framing: AnyFraming, handler: AnyHandler): SimStream {
    const stream = new SimStream(this.world, host, to ?? host.node, peer, false, framing, handler);
    host.streams.add(stream);
    const { wheel } = this.world;
    if (to === null) this.failLater(stream, 'timeout', wheel.now + ticksOf(CONNECT_TIMEOUT_MS));
    else wheel.insert(this.world.chunks.arrivalOfControl(stream.out), EventKind.connectRequest, to.index, 0, stream);
    return stream;
  }

  /** Event connectRequest, at the node that is dialled. */
  request(stream: SimStream): void {
    if (stream.state === 'closed' || this.retried(stream, EventKind.connectRequest)) return;
    const to = stream.out.to;
    const host = to.host;
    const peer = this.ephemeralPeer(stream.host.node.index, this.opened++);
    const acceptor = stream.peer === to.peer ? host.acceptor : host.doorAt(stream.peer);
    const handler = acceptor === null ? null : acceptor.onConnection(peer);
    if (handler === null) {
      if (acceptor !== null) host.tap(HostEvent.streamRefused, peer, 0, 0);
      this.failLater(stream, 'refused', this.world.chunks.arrivalOfControl(stream.out));
      return;
    }
    const framing = stream.peer === to.peer ? (host.acceptFraming as AnyFraming) : SILENCE;
    const other = new SimStream(this.world, host, stream.host.node, peer, true, framing, handler);
    host.streams.add(other);
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
    const deadline = stream.startedAt + ticksOf(CONNECT_TIMEOUT_MS);
    const again = this.world.wheel.now + RETRY_TICKS;
    if (again >= deadline) this.failLater(stream, 'timeout', Math.max(deadline, this.world.wheel.now));
    else this.world.wheel.insert(again, kind, stream.out.to.index, 0, stream);
    return true;
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
