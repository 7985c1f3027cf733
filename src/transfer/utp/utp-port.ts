/**
 * µTP (BEP 29) on one host: many streams over the one datagram socket. Offers `connect` and `listen` as the Host does, with the same
 * framings and handlers, so that a protocol can use either. Owns its streams, who is about to become one, and two timers of its owner.
 */

import { latin1 } from '../../core/bytes.ts';
import { isLoopback } from '../../core/endpoint.ts';
import { HostEvent } from '../../core/events.ts';
import type { Framing } from '../../core/framing.ts';
import {
  type DatagramHandler,
  type Host,
  NO_TIMER,
  type Peer,
  type Stream,
  type StreamAcceptor,
  type StreamHandler,
  type Timer,
} from '../../core/host.ts';
import { type Newcomer, Newcomers } from './newcomers.ts';
import { NO_PAYLOAD, PacketType, type UtpPacket, utpPacket } from './packet.ts';
import { sequencePlus } from './sequence.ts';
import { clockUs, RECEIVE_BYTES_MAX, type StreamOwner, UtpStream } from './utp-stream.ts';

/** Streams in all, and those that one address has opened to us (loopback addresses excepted). More are refused. */
const STREAMS_MAX = 4096;
const STREAMS_PER_ADDRESS_MAX = 64;
/** Packets of no stream are answered so often in a second: as often as anybody can have use for it. */
const RESETS_PER_SECOND_MAX = 200;

/** The `arg` of the owner's timers. */
const Wake = { soon: 0, deadline: 1 } as const;

export class UtpPort implements DatagramHandler<UtpPacket>, StreamOwner {
  readonly host: Host;
  private readonly timerKind: number;
  /** By the id on packets to us; streams of different peers may have the same one and are chained. */
  private readonly byId = new Map<number, UtpStream>();
  private readonly streams = new Set<UtpStream>();
  /** Incoming ones by address. */
  private readonly perAddress = new Map<string, number>();
  private readonly newcomers = new Newcomers();
  private framing: Framing<unknown, unknown> | null = null;
  private acceptor: StreamAcceptor<unknown, unknown> | null = null;
  private due: UtpStream[] = [];
  private soonTimer: Timer = NO_TIMER;
  private deadlineTimer: Timer = NO_TIMER;
  private deadlineMs = Number.POSITIVE_INFINITY;
  private resetsLeft = RESETS_PER_SECOND_MAX;
  private resetsCountedAtMs = 0;

  /** `timerKind`: what the owner's `onTimer` passes on to ours. */
  constructor(host: Host, timerKind: number) {
    this.host = host;
    this.timerKind = timerKind;
  }

  /** Shares the host's datagram socket from now on. */
  start(): void {
    this.host.bind(utpPacket, this);
  }

  get size(): number {
    return this.streams.size;
  }

  /** As `Host.connect`; who does not answer is given up after four seconds. */
  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream {
    const { random } = this.host;
    let receiveId = random.below(0x10000);
    while (this.find(peer, receiveId) !== null) receiveId = random.below(0x10000);
    const ids = { incoming: false, receiveId, sendId: sequencePlus(receiveId, 1) };
    // BEP 29 begins with 1; a number that nobody can guess makes forged packets miss.
    return this.add(peer, ids, { sequence: random.below(0x10000), ack: 0 }, framing, handler);
  }

  /** As `Host.listen`. */
  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.framing = framing;
    this.acceptor = acceptor;
  }

  /** Resets every stream without a word to its handler: the process ends. */
  close(): void {
    this.acceptor = null;
    for (const stream of [...this.streams]) stream.vanish();
    this.host.clearTimer(this.soonTimer);
    this.host.clearTimer(this.deadlineTimer);
  }

  /** The owner's timer of `timerKind` has fired. */
  onTimer(arg: number): void {
    const now = this.host.now();
    if (arg === Wake.soon) this.runDue(now);
    else this.runDeadlines(now);
  }

  inspect(): unknown {
    return [...this.streams].map((stream) => stream.inspect());
  }

  // ---- what streams call -----------------------------------------------------------------------------------------------------

  soon(stream: UtpStream): void {
    if (stream.isDue) return;
    stream.isDue = true;
    this.due.push(stream);
    if (this.soonTimer === NO_TIMER) this.soonTimer = this.host.setTimer(0, this.timerKind, Wake.soon);
  }

  forget(stream: UtpStream): void {
    if (!this.streams.delete(stream)) return;
    const first = this.byId.get(stream.receiveId);
    if (first === stream) {
      if (stream.sameId === null) this.byId.delete(stream.receiveId);
      else this.byId.set(stream.receiveId, stream.sameId);
    } else {
      let before = first;
      while (before !== undefined && before.sameId !== stream) before = before.sameId ?? undefined;
      if (before !== undefined) before.sameId = stream.sameId;
    }
    if (stream.incoming) this.countAddress(stream.peer, -1);
  }

  // ---- packets -------------------------------------------------------------------------------------------------------------

  onDatagram(from: Peer, packet: UtpPacket): void {
    if (packet.type === PacketType.syn) return this.onSyn(from, packet);
    const stream = this.find(from, packet.connection);
    if (stream !== null) return stream.onPacket(packet, this.host.now());
    const newcomer = this.newcomers.find(from, packet.connection);
    if (newcomer !== null) return this.confirm(newcomer, packet);
    if (packet.type === PacketType.reset) this.onStrayReset(from, packet);
    else this.refuse(from, packet);
  }

  private onSyn(from: Peer, packet: UtpPacket): void {
    const receiveId = sequencePlus(packet.connection, 1);
    // A SYN sent twice, since our answer was lost or late: the stream's own words are answer enough.
    if (this.find(from, receiveId) !== null) return;
    const before = this.newcomers.find(from, receiveId);
    if (before !== null && before.ack === packet.sequence) return this.answer(before, packet);
    if (this.acceptor === null || this.streams.size >= STREAMS_MAX || !this.hasRoomFor(from)) {
      this.host.tap(HostEvent.streamRefused, from, 0, 0);
      return this.refuse(from, packet);
    }
    const sequence = this.host.random.below(0x10000);
    const newcomer = { peer: from, receiveId, ack: packet.sequence, sequence, atMs: this.host.now() };
    this.newcomers.add(newcomer);
    this.answer(newcomer, packet);
  }

  private answer(newcomer: Newcomer, syn: UtpPacket): void {
    const now = this.host.now();
    this.put(newcomer.peer, {
      type: PacketType.state,
      connection: sequencePlus(newcomer.receiveId, -1),
      delayUs: (clockUs(now) - syn.timestampUs) >>> 0,
      windowBytes: RECEIVE_BYTES_MAX,
      sequence: newcomer.sequence,
      ack: newcomer.ack,
    });
  }

  /** Whoever knows the number that we have answered with is where the SYN said it was. */
  private confirm(newcomer: Newcomer, packet: UtpPacket): void {
    if (packet.type === PacketType.reset) return this.newcomers.delete(newcomer);
    if (packet.ack !== sequencePlus(newcomer.sequence, -1)) return;
    this.newcomers.delete(newcomer);
    const handler = this.acceptor?.onConnection(newcomer.peer) ?? null;
    if (handler === null || this.framing === null) {
      this.host.tap(HostEvent.streamRefused, newcomer.peer, 0, 0);
      return this.refuse(newcomer.peer, packet);
    }
    const { peer, receiveId, sequence, ack } = newcomer;
    const ids = { incoming: true, receiveId, sendId: sequencePlus(receiveId, -1) };
    const stream = this.add(peer, ids, { sequence, ack }, this.framing, handler);
    this.countAddress(peer, 1);
    stream.opened();
    stream.onPacket(packet, this.host.now());
  }

  /** Some answer with the id that we send with instead of the one we listen to. */
  private onStrayReset(from: Peer, packet: UtpPacket): void {
    for (const steps of [-1, 1]) {
      const stream = this.find(from, sequencePlus(packet.connection, steps));
      if (stream !== null && stream.sendId === packet.connection) return stream.onPacket(packet, this.host.now());
    }
  }

  private refuse(to: Peer, packet: UtpPacket): void {
    const now = this.host.now();
    if (now - this.resetsCountedAtMs >= 1000) {
      this.resetsCountedAtMs = now;
      this.resetsLeft = RESETS_PER_SECOND_MAX;
    }
    if (this.resetsLeft === 0) return;
    this.resetsLeft--;
    const { connection, sequence } = packet;
    // Both ends of a stream know both of its ids, which differ by one; what was sent with one is answered with the same.
    this.put(to, {
      type: PacketType.reset,
      connection,
      delayUs: 0,
      windowBytes: 0,
      sequence: this.host.random.below(0x10000),
      ack: sequence,
    });
  }

  private put(to: Peer, fields: Pick<UtpPacket, 'type' | 'connection' | 'delayUs' | 'windowBytes' | 'sequence' | 'ack'>): void {
    const rest = { timestampUs: clockUs(this.host.now()), selective: null, padding: 0, payload: NO_PAYLOAD };
    this.host.send(to, utpPacket, { ...fields, ...rest });
  }

  // ---- streams -------------------------------------------------------------------------------------------------------------

  private add<M, H>(
    peer: Peer,
    ids: { readonly incoming: boolean; readonly receiveId: number; readonly sendId: number },
    numbers: { readonly sequence: number; readonly ack: number },
    framing: Framing<M, H>,
    handler: StreamHandler<M, H>,
  ): UtpStream {
    const stream = new UtpStream(this, peer, ids, numbers, framing, handler);
    stream.sameId = this.byId.get(ids.receiveId) ?? null;
    this.byId.set(ids.receiveId, stream);
    this.streams.add(stream);
    this.soon(stream);
    return stream;
  }

  private find(peer: Peer, receiveId: number): UtpStream | null {
    let stream = this.byId.get(receiveId) ?? null;
    while (stream !== null && stream.peer !== peer) stream = stream.sameId;
    return stream;
  }

  private hasRoomFor(peer: Peer): boolean {
    const endpoint = this.host.endpoint(peer);
    return isLoopback(endpoint) || (this.perAddress.get(latin1(endpoint, 0, endpoint.length - 2)) ?? 0) < STREAMS_PER_ADDRESS_MAX;
  }

  private countAddress(peer: Peer, change: number): void {
    const endpoint = this.host.endpoint(peer);
    const key = latin1(endpoint, 0, endpoint.length - 2);
    const count = (this.perAddress.get(key) ?? 0) + change;
    if (count > 0) this.perAddress.set(key, count);
    else this.perAddress.delete(key);
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  private runDue(now: number): void {
    this.soonTimer = NO_TIMER;
    // What becomes due meanwhile has its turn later, so that datagrams get theirs in between.
    const batch = this.due;
    this.due = [];
    for (const stream of batch) {
      stream.isDue = false;
      stream.runSoon(now);
      this.wakeBy(stream.deadlineMs, now);
    }
  }

  private wakeBy(deadlineMs: number, now: number): void {
    if (deadlineMs >= this.deadlineMs) return;
    this.host.clearTimer(this.deadlineTimer);
    this.deadlineMs = deadlineMs;
    this.deadlineTimer = this.host.setTimer(Math.max(0, deadlineMs - now), this.timerKind, Wake.deadline);
  }

  /** Deadlines mostly move on before they are reached: the timer is left as it is and finds out. */
  private runDeadlines(now: number): void {
    this.deadlineTimer = NO_TIMER;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const stream of this.streams) {
      if (stream.deadlineMs <= now) stream.onDeadline(now);
      if (!stream.isDue && stream.deadlineMs < next) next = stream.deadlineMs;
    }
    if (next < Number.POSITIVE_INFINITY) this.wakeBy(next, now);
  }
}
