/**
 * The sending half of a stream: cuts what is queued into packets as fast as the path and the other side take them, and sends again what
 * is lost (BEP 29). Owns the queue, what is under way, and all that is known of the path.
 */

import type { Codec } from '../../core/codec.ts';
import type { Body, Endpoint, Host, StreamCipher } from '../../core/host.ts';
import { DelayHistory } from './delay-history.ts';
import { Flight, type SentPacket } from './flight.ts';
import { Ledbat } from './ledbat.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';
import { HEADER_BYTES, NO_PAYLOAD, PacketType, type UtpPacket } from './packet.ts';
import { PacketSize } from './packet-size.ts';
import { RoundTrip } from './round-trip.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Whoever puts packets on the wire. */
export interface PacketSender {
  transmit(packet: SentPacket, now: number): void;
}

export class Outlet {
  /** The last byte has been queued: an end follows it. */
  ending = false;
  readonly flight: Flight;
  readonly roundTrip = new RoundTrip();
  private readonly sender: PacketSender;
  private readonly outgoing: OutgoingBytes;
  private readonly size: PacketSize;
  private readonly ledbat: Ledbat;
  private readonly delays = new DelayHistory();
  private endSent = false;
  /** What the other side has room for, by its last word. */
  private roomBytes = 0;
  /** Since when it has had none, or when it was last tried; NEVER while it has some. */
  private noRoomSinceMs = NEVER;
  private sentAtMs: number;

  constructor(host: Host, endpoint: Endpoint, sequence: number, sender: PacketSender) {
    this.sender = sender;
    this.outgoing = new OutgoingBytes(host);
    this.flight = new Flight(sequence);
    this.size = new PacketSize(endpoint);
    this.ledbat = new Ledbat(this.payloadBytesMax);
    this.sentAtMs = host.now();
  }

  /** Queued and never sent. */
  get queuedBytes(): number {
    return this.outgoing.bytes;
  }

  /** Everything has arrived, the end too. */
  get isOver(): boolean {
    return this.endSent && this.flight.empty;
  }

  /** Everything has arrived but the end, as far as we know. */
  get onlyEndLeft(): boolean {
    return this.endSent && this.flight.span === 1;
  }

  push<M>(codec: Codec<M>, message: M): void {
    this.outgoing.push(codec, message);
  }

  pushBody(body: Body): void {
    this.outgoing.pushBody(body);
  }

  encipher(cipher: StreamCipher | null): void {
    this.outgoing.cipher = cipher;
  }

  clear(): void {
    this.outgoing.clear();
  }

  inspect(): {
    readonly windowBytes: number;
    readonly flightBytes: number;
    readonly packetBytes: number;
    readonly queueingMs: number | null;
  } {
    const { ledbat, flight, size, delays } = this;
    return { windowBytes: ledbat.windowBytes, flightBytes: flight.bytes, packetBytes: size.bytes, queueingMs: delays.queueingMs };
  }

  // ---- what the other side says ----------------------------------------------------------------------------------------------

  /** Every packet acknowledges, tells of room and of delays. */
  hear(packet: UtpPacket, now: number): void {
    const { flight, ledbat, roundTrip } = this;
    if (packet.delayUs !== 0) this.delays.add(packet.delayUs, now);
    const full = flight.bytes + this.payloadBytesMax > ledbat.windowBytes;
    flight.acknowledge(packet.ack, packet.selective, packet.type === PacketType.state, now);
    if (flight.roundTripMs >= 0) roundTrip.sample(flight.roundTripMs);
    if (flight.ackedBytes > 0) {
      roundTrip.progressed();
      ledbat.acknowledged(flight.ackedBytes, this.delays.queueingMs, full, roundTrip.ms, now);
    }
    if (flight.passedBytes > 0 && this.size.passed(flight.passedBytes, now)) ledbat.resize(this.payloadBytesMax);
    if (flight.newLoss) ledbat.lost();
    this.hearOfRoom(packet.windowBytes, now);
    if (flight.failedBytes > 0) this.size.failed(flight.failedBytes, now);
  }

  private hearOfRoom(bytes: number, now: number): void {
    // What was sent against the odds was thrown away there: it goes again as soon as there is room.
    if (this.noRoomSinceMs !== NEVER && bytes > 0) this.flight.giveUpAll(now);
    this.roomBytes = bytes;
    if (bytes > 0) this.noRoomSinceMs = NEVER;
    else if (this.noRoomSinceMs === NEVER) this.noRoomSinceMs = now;
  }

  // ---- sending -------------------------------------------------------------------------------------------------------------

  private get payloadBytesMax(): number {
    return this.size.bytes - HEADER_BYTES;
  }

  /** Datagrams of this size get through. */
  get datagramBytes(): number {
    return this.size.bytes;
  }

  sendAll(now: number): void {
    if (this.flight.empty && now - this.sentAtMs > this.roundTrip.timeoutMs) this.ledbat.rested();
    this.sendAgain(now);
    this.sendNew(now);
    if (!this.ending || this.endSent || this.outgoing.bytes > 0 || this.flight.full) return;
    this.endSent = true;
    this.transmit(this.flight.add(PacketType.fin, NO_PAYLOAD, 0), now);
  }

  private sendAgain(now: number): void {
    const { flight } = this;
    for (let packet = flight.firstLost; packet !== null; packet = flight.firstLost) {
      // One always may: after a timeout the window is one packet, which may be smaller than the one to send.
      if (flight.bytes > 0 && flight.bytes + packet.payload.length > this.ledbat.windowBytes) return;
      this.transmit(packet, now);
    }
  }

  private sendNew(now: number): void {
    const { flight, outgoing } = this;
    const windowBytes = Math.min(this.ledbat.windowBytes, this.roomBytes);
    while (outgoing.bytes > 0 && !flight.full && flight.firstLost === null) {
      const most = Math.min(this.payloadBytesMax, outgoing.bytes);
      const fits = flight.bytes + most <= windowBytes;
      // A window smaller than a packet lets one through at a time, in a size that the other side has room for.
      if (!fits && (flight.bytes > 0 || this.roomBytes === 0)) return;
      this.sendPacket(fits ? most : Math.min(most, this.roomBytes), now);
    }
  }

  private sendPacket(payloadBytes: number, now: number): void {
    const tries = payloadBytes === this.payloadBytesMax ? this.size.next(now) : 0;
    const packet = this.flight.add(PacketType.data, this.outgoing.cut(payloadBytes), tries);
    if (tries > 0) this.size.trying(tries);
    this.transmit(packet, now);
  }

  private transmit(packet: SentPacket, now: number): void {
    this.flight.transmitted(packet, now);
    this.sentAtMs = now;
    this.sender.transmit(packet, now);
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  /** When what is under way is to be taken for lost. */
  get timeoutAtMs(): number {
    return this.flight.empty ? NEVER : this.flight.quietSinceMs + this.roundTrip.timeoutMs;
  }

  /** When the other side, which has no room for anything, is to be asked again. */
  get askAtMs(): number {
    const waits = this.roomBytes === 0 && this.flight.empty && this.outgoing.bytes > 0;
    return waits ? this.noRoomSinceMs + this.roundTrip.timeoutMs : NEVER;
  }

  timedOut(now: number): void {
    this.flight.giveUpAll(now);
    if (this.flight.failedBytes > 0) this.size.failed(this.flight.failedBytes, now);
    this.roundTrip.timedOut();
    this.ledbat.timedOut();
  }

  /** It may have said since that there is room, unheard: one packet against the odds brings an answer. */
  ask(now: number): void {
    this.noRoomSinceMs = now;
    this.roundTrip.timedOut();
    this.sendPacket(Math.min(this.payloadBytesMax, this.outgoing.bytes), now);
  }
}
