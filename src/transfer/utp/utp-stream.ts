/**
 * A stream of the Host contract over µTP (BEP 29): its states, what comes in, acknowledgements and the end; what goes out is the outlet's
 * business. Owns one connection; the port passes it its packets and wakes it up.
 */

import type { Codec } from '../../core/codec.ts';
import { CLOSE_REASONS, HostEvent } from '../../core/events.ts';
import type { Framing } from '../../core/framing.ts';
import {
  type Body,
  type CloseReason,
  type Host,
  type Peer,
  type Stream,
  STREAM_QUEUE_BYTES,
  type StreamCipher,
  type StreamHandler,
} from '../../core/host.ts';
import type { SentPacket } from './flight.ts';
import { Inlet } from './inlet.ts';
import { Outlet, type PacketSender } from './outlet.ts';
import { HEADER_BYTES, NO_PAYLOAD, PADDING_BYTES_MIN, PacketType, SELECTIVE_HEAD_BYTES, type UtpPacket, utpPacket } from './packet.ts';
import { Reordering } from './reordering.ts';
import { sequencePlus } from './sequence.ts';

/** What may wait for the handler or for its place in the order. */
export const RECEIVE_BYTES_MAX = 1 << 20;
/**
 * A lone packet is acknowledged after this, unless something is sent anyway, and two after this; so many at once. An acknowledgement costs
 * as much CPU time as a packet of data does, and two packets within a millisecond are followed by a third.
 */
const ACK_DELAY_MS = 20;
const ACK_DELAY_MS_MIN = 1;
const UNACKED_PACKETS_MAX = 16;
/** SYNs go out at 0, 1 and 2 s; after 4 s there is nobody. Who has another way to the peer does not want to wait longer. */
const SYNS_MAX = 3;
const SYN_TIMEOUT_MS = [1000, 1000, 2000] as const;
/** Until something else is heard, the answer to our SYN is confirmed again, so often: the word may have been lost, and we may be silent. */
const CONFIRM_MS = 1000;
const CONFIRMATIONS_MAX = 3;
/** The other end is given up when so many timeouts in a row, and so much time, have passed without a word of it. */
const TIMEOUTS_MAX = 4;
const SILENCE_MS_MAX = 60_000;
/** Routers forget who said nothing for half a minute. */
const KEEP_ALIVE_MS = 29_000;
/** A stream that is over still answers for so long after the last packet: the other end may not have heard that its own has arrived. */
const LINGER_MS = 10_000;
const NEVER = Number.POSITIVE_INFINITY;

/** The port, as its streams know it. */
export interface StreamOwner {
  readonly host: Host;
  /** Calls `runSoon` in an event of its own. */
  soon(stream: UtpStream): void;
  /** Nothing more comes for it. */
  forget(stream: UtpStream): void;
}

export class UtpStream implements Stream, PacketSender {
  readonly peer: Peer;
  readonly incoming: boolean;
  readonly receiveId: number;
  readonly sendId: number;
  queueBytesMax = STREAM_QUEUE_BYTES;
  /** The next stream of the port with the same id. */
  sameId: UtpStream | null = null;
  /** When `onDeadline` is to be called. */
  deadlineMs = NEVER;
  /** The port has it on its list. */
  isDue = false;

  private readonly owner: StreamOwner;
  private readonly host: Host;
  private state: 'connecting' | 'open' | 'closed' = 'connecting';
  private reason: CloseReason | null = null;
  private detail = '';
  private closeReported = false;
  private forgotten = false;

  private readonly inlet: Inlet;
  private readonly reordering: Reordering;
  private endReported = false;
  /** An acknowledgement is owed: for so many packets, at once, or since a moment. */
  private unacked = 0;
  private ackNow = false;
  private ackDueMs = NEVER;
  /** The room that was last told. */
  private toldBytes = RECEIVE_BYTES_MAX;
  /** How long the last packet was under way, by both clocks: told to its sender. */
  private delayUs = 0;

  private readonly outlet: Outlet;
  private clogged = false;
  private syns = 0;
  private timeouts = 0;
  private heardAtMs: number;
  private sentAtMs: number;
  private lingerUntilMs = NEVER;
  /** When we say again that we got the answer to our SYN, and how often we did. */
  private confirmAtMs = NEVER;
  private confirmations = 0;

  constructor(
    owner: StreamOwner,
    peer: Peer,
    ids: { readonly incoming: boolean; readonly receiveId: number; readonly sendId: number },
    numbers: { readonly sequence: number; readonly ack: number },
    framing: Framing<unknown, unknown>,
    handler: StreamHandler<unknown, unknown>,
  ) {
    const { host } = owner;
    this.owner = owner;
    this.host = host;
    this.peer = peer;
    this.incoming = ids.incoming;
    this.receiveId = ids.receiveId;
    this.sendId = ids.sendId;
    this.inlet = new Inlet(host, framing, handler);
    this.reordering = new Reordering(numbers.ack);
    this.outlet = new Outlet(host, host.endpoint(peer), numbers.sequence, this);
    this.heardAtMs = host.now();
    this.sentAtMs = this.heardAtMs;
  }

  // ---- Stream --------------------------------------------------------------------------------------------------------------

  get queuedBytes(): number {
    return this.outlet.queuedBytes;
  }

  send<M>(codec: Codec<M>, message: M): boolean {
    if (this.state === 'closed' || this.outlet.ending) return true;
    this.outlet.push(codec, message);
    return this.queued();
  }

  sendBulk<H>(codec: Codec<H>, head: H, body: Body): boolean {
    if (this.state === 'closed' || this.outlet.ending) return true;
    this.outlet.push(codec, head);
    this.outlet.pushBody(body);
    return this.queued();
  }

  pause(): void {
    this.inlet.paused = true;
  }

  resume(): void {
    if (!this.inlet.paused) return;
    this.inlet.paused = false;
    if (this.state === 'open') this.owner.soon(this);
  }

  upgrade<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>, decipher?: StreamCipher): void {
    this.inlet.upgrade(framing, handler, decipher ?? null);
  }

  encipher(cipher: StreamCipher | null): void {
    this.outlet.encipher(cipher);
  }

  end(): void {
    if (this.state === 'closed' || this.outlet.ending) return;
    this.outlet.ending = true;
    this.owner.soon(this);
  }

  reset(): void {
    if (this.state === 'closed') return;
    this.sendReset();
    this.close('local', 'reset by us');
  }

  inspect(): unknown {
    const receivedBytes = this.inlet.bytes + this.reordering.earlyBytes;
    return { state: this.state, roundTripMs: this.outlet.roundTrip.ms, receivedBytes, ...this.outlet.inspect() };
  }

  // ---- what the port calls ---------------------------------------------------------------------------------------------------

  /** The other end is there: an incoming stream has proven its address, or an outgoing one was answered. */
  opened(): void {
    this.state = 'open';
    this.host.tap(HostEvent.streamOpened, this.peer, this.incoming ? 1 : 0, 0);
    this.inlet.handler.onOpen(this);
    this.owner.soon(this);
  }

  /** An event of its own: tells what is to be told and sends what is to be sent. */
  runSoon(now: number): void {
    if (this.state === 'closed' && !this.closeReported) this.reportClose();
    if (this.forgotten) return;
    if (this.state === 'connecting') {
      if (this.syns === 0) this.sendSyn(now);
    } else if (this.state === 'open') {
      this.passOn();
      this.sendAll(now);
      if (this.clogged && this.outlet.queuedBytes <= this.queueBytesMax / 2 && this.state === 'open') {
        this.clogged = false;
        this.inlet.handler.onDrain();
        this.sendAll(now);
      }
    } else if (this.ackNow) this.sendAck(now);
    this.deadlineMs = this.nextDeadline(now);
  }

  onPacket(packet: UtpPacket, now: number): void {
    if (packet.type === PacketType.reset) return this.onReset(packet);
    // Packets with other numbers are strays of an earlier connection, or forged. Data that overtook the answer to our SYN comes again.
    if (this.state === 'connecting' ? !this.isAnswer(packet) : !this.outlet.flight.isPlausible(packet.ack)) return;
    this.heardAtMs = now;
    this.timeouts = 0;
    this.confirmAtMs = NEVER;
    if (packet.timestampUs !== 0) this.delayUs = (clockUs(now) - packet.timestampUs) >>> 0;
    if (this.state === 'closed') {
      // Only an end that was not heard of: it is said again.
      if (packet.type !== PacketType.state) {
        this.ackNow = true;
        this.lingerUntilMs = now + LINGER_MS;
      }
      this.owner.soon(this);
      return;
    }
    if (this.state === 'connecting') this.onAnswer(packet, now);
    this.outlet.hear(packet, now);
    this.endIfOver();
    if (packet.type === PacketType.data || packet.type === PacketType.fin) this.takeData(packet);
    this.owner.soon(this);
  }

  /** `deadlineMs` is over. */
  onDeadline(now: number): void {
    if (now >= this.lingerUntilMs) return this.leave();
    if (this.state === 'closed') return;
    if (this.state === 'connecting') {
      if (this.syns === SYNS_MAX) this.close('timeout', 'no answer to a SYN');
      else this.sendSyn(now);
    } else {
      if (now >= this.outlet.timeoutAtMs) this.onTimeout(now);
      if (now >= this.outlet.askAtMs) this.outlet.ask(now);
      if (now >= this.ackDueMs || now >= this.sentAtMs + KEEP_ALIVE_MS) this.ackNow = true;
      if (now >= this.confirmAtMs) this.confirmAgain(now);
    }
    this.owner.soon(this);
  }

  /** The process ends. */
  vanish(): void {
    if (this.state !== 'closed') this.sendReset();
    this.state = 'closed';
    this.closeReported = true;
    this.leave();
  }

  // ---- arriving ------------------------------------------------------------------------------------------------------------

  private isAnswer(packet: UtpPacket): boolean {
    return packet.type === PacketType.state && packet.ack === sequencePlus(this.outlet.flight.next, -1);
  }

  /** The answer to our SYN. Its number is that of the first packet with data, which is still to come. */
  private onAnswer(packet: UtpPacket, now: number): void {
    this.reordering.ack = sequencePlus(packet.sequence, -1);
    if (this.syns === 1) this.outlet.roundTrip.sample(now - this.sentAtMs);
    // Says at once that it was got: until then the other side does not know whether our address is ours.
    this.ackNow = true;
    this.confirmAtMs = now + CONFIRM_MS;
    this.opened();
  }

  private takeData(packet: UtpPacket): void {
    const { reordering } = this;
    const final = packet.type === PacketType.fin;
    const place = reordering.place(packet.sequence, packet.payload, final, RECEIVE_BYTES_MAX - this.inlet.bytes);
    if (place !== 'next') {
      // Twice, or out of order: the other side is waiting to learn what is missing.
      this.ackNow = true;
      return;
    }
    this.unacked++;
    // A gap that is filled, and an end, are what the other side waits for.
    if (reordering.hasGap || final) this.ackNow = true;
    for (let payload: Uint8Array | null = packet.payload; payload !== null; payload = reordering.takeNext()) this.inlet.push(payload);
  }

  private passOn(): void {
    const problem = this.inlet.pump();
    if (problem !== null) {
      this.host.tap(HostEvent.streamMalformed, this.peer, 0, 0);
      this.sendReset();
      this.close('malformed', problem);
      return;
    }
    this.reportEnd();
  }

  private reportEnd(): void {
    if (this.endReported || this.state !== 'open' || !this.reordering.complete || this.inlet.paused || this.inlet.bytes > 0) return;
    this.endReported = true;
    this.inlet.handler.onEnd();
    this.endIfOver();
  }

  /** Both sides have said their last, and heard the other's. */
  private endIfOver(): void {
    if (this.state !== 'open' || !this.endReported || !this.outlet.isOver) return;
    this.lingerUntilMs = this.host.now() + LINGER_MS;
    this.ackNow = true;
    this.close('ended', 'closed by both sides');
  }

  private onReset(packet: UtpPacket): void {
    if (this.state === 'closed') return this.leave();
    const known = this.state === 'connecting' || packet.ack === this.outlet.flight.next || this.outlet.flight.isPlausible(packet.ack);
    if (!known) return;
    // What came before it counts: some reset as soon as they have said their last.
    if (this.state === 'open') this.passOn();
    // It had ended, has got all but our end, and knows nothing of us any more.
    if (this.endReported && this.outlet.onlyEndLeft) return this.close('ended', 'closed by both sides');
    this.close(this.state === 'connecting' ? 'refused' : 'reset', 'by the other side');
  }

  /** What the other side may still send. */
  private get roomBytes(): number {
    return Math.max(0, RECEIVE_BYTES_MAX - this.inlet.bytes - this.reordering.earlyBytes);
  }

  // ---- leaving -------------------------------------------------------------------------------------------------------------

  private queued(): boolean {
    this.owner.soon(this);
    if (this.outlet.queuedBytes <= this.queueBytesMax) return true;
    this.clogged = true;
    return false;
  }

  private sendAll(now: number): void {
    if (this.state !== 'open') return;
    this.outlet.sendAll(now);
    const room = this.roomBytes;
    const roomAgain = this.toldBytes < RECEIVE_BYTES_MAX / 2 && room >= RECEIVE_BYTES_MAX / 2;
    if (this.ackNow || roomAgain || this.unacked >= UNACKED_PACKETS_MAX) this.sendAck(now);
    else if (this.unacked > 1) this.ackDueMs = Math.min(this.ackDueMs, now + ACK_DELAY_MS_MIN);
    else if (this.unacked > 0) this.ackDueMs = Math.min(this.ackDueMs, now + ACK_DELAY_MS);
  }

  transmit(packet: SentPacket, now: number): void {
    const { type, sequence, payload, triesBytes } = packet;
    const selective = this.reordering.selective();
    const selectiveBytes = selective === null ? 0 : SELECTIVE_HEAD_BYTES + selective.length;
    const bytes = HEADER_BYTES + payload.length;
    // What would make it larger than the path takes goes in a packet of its own.
    const fits = bytes + selectiveBytes <= Math.max(triesBytes, this.outlet.datagramBytes);
    const padding = triesBytes - bytes - (fits ? selectiveBytes : 0);
    this.put(type, this.sendId, sequence, fits ? selective : null, padding >= PADDING_BYTES_MIN ? padding : 0, payload, now);
    if (!fits) this.ackNow = true;
  }

  private sendAck(now: number): void {
    this.put(PacketType.state, this.sendId, this.outlet.flight.next, this.reordering.selective(), 0, NO_PAYLOAD, now);
  }

  private sendSyn(now: number): void {
    // All copies have the number that the answer will acknowledge.
    const sequence = sequencePlus(this.outlet.flight.next, -1);
    this.syns++;
    this.put(PacketType.syn, this.receiveId, sequence, null, 0, NO_PAYLOAD, now);
    this.deadlineMs = now + (SYN_TIMEOUT_MS[this.syns - 1] as number);
  }

  private sendReset(): void {
    if (this.state === 'connecting' && this.syns === 0) return;
    this.put(PacketType.reset, this.sendId, this.outlet.flight.next, null, 0, NO_PAYLOAD, this.host.now());
  }

  /** Every packet acknowledges what has come. */
  private put(
    type: PacketType,
    connection: number,
    sequence: number,
    selective: Uint8Array | null,
    padding: number,
    payload: Uint8Array,
    now: number,
  ): void {
    this.unacked = 0;
    this.ackNow = false;
    this.ackDueMs = NEVER;
    this.sentAtMs = now;
    this.toldBytes = this.roomBytes;
    this.host.send(this.peer, utpPacket, {
      type,
      connection,
      timestampUs: clockUs(now),
      delayUs: this.delayUs,
      windowBytes: this.toldBytes,
      sequence,
      ack: this.reordering.ack,
      selective,
      padding,
      payload,
    });
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  private nextDeadline(now: number): number {
    if (this.state === 'connecting') return this.deadlineMs;
    if (this.state === 'closed') return this.lingerUntilMs;
    const least = Math.min(this.outlet.timeoutAtMs, this.outlet.askAtMs, this.confirmAtMs, this.ackDueMs, this.sentAtMs + KEEP_ALIVE_MS);
    return Math.max(now, least);
  }

  private confirmAgain(now: number): void {
    this.confirmations++;
    this.confirmAtMs = this.confirmations < CONFIRMATIONS_MAX ? now + CONFIRM_MS : NEVER;
    this.ackNow = true;
  }

  private onTimeout(now: number): void {
    this.timeouts++;
    const silentMs = now - this.heardAtMs;
    if (this.timeouts > TIMEOUTS_MAX && silentMs >= SILENCE_MS_MAX) return this.close('reset', `silent for ${Math.round(silentMs)} ms`);
    this.outlet.timedOut(now);
  }

  // ---- the end -------------------------------------------------------------------------------------------------------------

  private close(reason: CloseReason, detail: string): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.reason = reason;
    this.detail = detail;
    this.inlet.clear();
    this.outlet.clear();
    if (this.lingerUntilMs === NEVER) this.leave();
    this.owner.soon(this);
  }

  private reportClose(): void {
    this.closeReported = true;
    const reason = this.reason as CloseReason;
    this.host.tap(HostEvent.streamClosed, this.peer, CLOSE_REASONS.indexOf(reason), this.incoming ? 1 : 0);
    this.inlet.handler.onClose(reason, this.detail);
  }

  private leave(): void {
    if (this.forgotten) return;
    this.forgotten = true;
    this.deadlineMs = NEVER;
    this.lingerUntilMs = NEVER;
    this.owner.forget(this);
  }
}

/** The clock of a packet: microseconds, modulo 2^32. 0 means none, and is left out. */
export function clockUs(now: number): number {
  return Math.floor((now * 1000) % 0x1_0000_0000) || 1;
}
