/**
 * Meetings (`core/web-rtc.ts`) in the simulator: who answers opens a port for this meeting alone, its description says which, and who has
 * offered connects to it over the world's links. Belongs to one process.
 */

import { formatEndpoint, parseEndpoint, withPort } from '../core/endpoint.ts';
import type { Deframer, Framing } from '../core/framing.ts';
import type { CloseReason, Endpoint, Host, Stream, StreamAcceptor, StreamHandler } from '../core/host.ts';
import type { Meeting, MeetingOperation, WebRtc } from '../core/web-rtc.ts';
import { SimHost } from './sim-host.ts';
import type { World } from './world.ts';

/** What it takes to find out one's own addresses. */
const DESCRIBE_MS = 5;
const FIRST_PORT = 49_152;

/** Nothing is read before the stream is carried. */
const silence: Framing<never> = { name: 'silence', deframer: (): Deframer<never> => ({ push: (_bytes, start) => start }) };

export class SimWebRtc implements WebRtc {
  private readonly world: World;
  readonly host: SimHost;
  private nextPort = FIRST_PORT;
  /** Meetings that were begun and have not become streams, failed or been dropped. */
  pending = 0;

  constructor(world: World, host: Host) {
    if (!(host instanceof SimHost)) throw new Error('expected the host of a simulated node');
    this.world = world;
    this.host = host;
  }

  offer(operation: MeetingOperation): Meeting {
    const meeting = new SimMeeting(this, operation);
    this.describe(meeting, 'v=0\r\ns=offer\r\n');
    return meeting;
  }

  answer(_offered: string, operation: MeetingOperation): Meeting {
    const meeting = new SimMeeting(this, operation);
    const endpoint = withPort(this.host.node.endpoint, this.nextPort++);
    this.host.openDoor(this.host.peer(endpoint), meeting);
    meeting.door = endpoint;
    this.describe(meeting, `v=0\r\ns=${formatEndpoint(endpoint)}\r\n`);
    return meeting;
  }

  private describe(meeting: SimMeeting, description: string): void {
    this.world.at(this.world.now + DESCRIBE_MS, () => {
      if (this.host.running && !meeting.over) meeting.operation.onDescribed(meeting, description);
    });
  }
}

class SimMeeting implements Meeting, StreamAcceptor<never>, StreamHandler<never> {
  readonly operation: MeetingOperation;
  over = false;
  door: Endpoint | null = null;
  private readonly owner: SimWebRtc;
  private stream: Stream | null = null;
  private carried: StreamHandler<unknown, unknown> | null = null;

  constructor(owner: SimWebRtc, operation: MeetingOperation) {
    this.owner = owner;
    this.operation = operation;
    owner.pending++;
  }

  answered(description: string): void {
    const endpoint = parseEndpoint(/^s=(\S+)\r$/m.exec(description)?.[1] ?? '');
    const { host } = this.owner;
    // What is no description leads nowhere; the same later event tells.
    this.stream = host.connect(host.peer(endpoint ?? host.node.endpoint), silence, this);
  }

  carry<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream {
    if (this.stream === null || this.carried !== null) throw new Error('expected a meeting that has just succeeded');
    this.carried = handler;
    this.stream.upgrade(framing, handler);
    return this.stream;
  }

  drop(): void {
    if (this.over) return;
    this.end();
    this.stream?.reset();
  }

  onConnection(): StreamHandler<never> | null {
    return this.over || this.stream !== null ? null : this;
  }

  onOpen(stream: Stream): void {
    if (this.over) return stream.reset();
    this.stream = stream;
    this.end();
    this.operation.onMet(this, stream.peer);
    if (this.carried === null) stream.reset();
    else this.carried.onOpen(stream);
  }

  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.stream?.reset();
  }

  onClose(reason: CloseReason): void {
    if (this.over) return;
    this.end();
    this.operation.onNotMet(this, reason);
  }

  private end(): void {
    this.over = true;
    this.owner.pending--;
    if (this.door !== null) this.owner.host.closeDoor(this.owner.host.peer(this.door));
  }
}
