/**
 * One neighbour: the stream to him, what he can and what he has told us, and what he may ask of us. Owns the stream, and what waits to be sent on it.
 * Garbage ends his connection and nothing else.
 */

import { MalformedMessage } from '../../core/codec.ts';
import type { Deflater } from '../../core/compression.ts';
import type { CloseReason, Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { Allowance } from './allowance.ts';
import { type ByeCode, byeCodec } from './bye.ts';
import type { Capabilities } from './capabilities.ts';
import { type Guid, NO_GUID } from './guid.ts';
import type { NeighbourKind } from './handshake.ts';
import type { Horizon } from './horizon.ts';
import { Outbox } from './outbox.ts';
import { Packet, PacketType, packetCodec } from './packet.ts';
import type { RouteTable } from './route-table.ts';
import { IncomingTable } from './table-patch.ts';

/** So much is gathered before it is deflated, but for no longer than `FLUSH_MS`. */
const FLUSH_BYTES = 4096;
export const FLUSH_MS = 200;
/** Of a hundred messages that mean nothing none is answered; then he is let go. */
const BAD_MAX = 100;
const OVER_BUDGET_MAX = 5_000;
/** What counts for more than one message. */
const COST: Readonly<Record<number, number>> = { [PacketType.query]: 2, [PacketType.push]: 2 };

export interface NeighbourOwner {
  readonly messagesPerSecond: number;
  readonly messagesAtOnce: number;
  readonly queuedPacketsMax: number;
  now(): number;
  onPacket(from: Neighbour, packet: Packet): void;
  onNeighbourClosed(neighbour: Neighbour): void;
  /** Call `flush` in FLUSH_MS. */
  flushLater(neighbour: Neighbour): void;
}

export class Neighbour implements StreamHandler<Packet> {
  /** Never given to another. */
  readonly number: number;
  readonly kind: NeighbourKind;
  readonly capabilities: Capabilities;
  readonly endpoint: Endpoint;
  /** Where others can dial him, if he has told. */
  readonly listening: Endpoint | null;
  readonly since: number;
  readonly incomingTable: IncomingTable | null;
  /** The last of ours that he was told; null before. */
  sentTable: RouteTable | null = null;
  /** Queries that have come further are not for him (BEAR/4). */
  hopsMax = 255;
  /** He is asked to pass pushes on to us, and has agreed. */
  proxy: Endpoint | null = null;
  /** He wants pushes for this servent passed on. */
  proxied: Guid | null = null;
  horizon: Horizon | null = null;
  /** `vendor/selector` of what he understands. */
  supported: ReadonlySet<string> | null = null;
  lastHeardMs: number;
  lastPingMs: number;
  lastAnswerMs = -1e9;
  unanswered = 0;
  files = 0;
  kibibytes = 0;
  received = 0;
  sent = 0;
  duplicates = 0;
  bad = 0;
  overBudget = 0;
  private readonly owner: NeighbourOwner;
  private readonly stream: Stream;
  private readonly allowance: Allowance;
  private readonly outbox: Outbox;
  private readonly deflater: Deflater | null;
  private gathered: Uint8Array | null = null;
  private gatheredBytes = 0;
  private isClogged = false;
  private isClosed = false;

  constructor(
    owner: NeighbourOwner,
    number: number,
    stream: Stream,
    peer: Endpoint,
    kind: NeighbourKind,
    capabilities: Capabilities,
    deflater: Deflater | null,
    hasTable: boolean,
  ) {
    this.owner = owner;
    this.number = number;
    this.stream = stream;
    this.endpoint = peer;
    this.kind = kind;
    this.capabilities = capabilities;
    this.deflater = deflater;
    this.listening = stream.incoming ? capabilities.listening : peer;
    this.incomingTable = hasTable ? new IncomingTable() : null;
    this.since = owner.now();
    this.lastHeardMs = this.since;
    this.lastPingMs = this.since;
    this.allowance = new Allowance(owner.messagesPerSecond, owner.messagesAtOnce, this.since);
    this.outbox = new Outbox(owner.queuedPacketsMax);
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  get dropped(): number {
    return this.outbox.dropped;
  }

  get isIncoming(): boolean {
    return this.stream.incoming;
  }

  /** What he must have in his table before a query goes there; null while all goes there. */
  get table(): RouteTable | null {
    return this.incomingTable?.table ?? null;
  }

  onOpen(): void {}

  onMessage(packet: Packet): void {
    if (this.isClosed) return;
    const now = this.owner.now();
    this.received++;
    this.lastHeardMs = now;
    this.unanswered = 0;
    if (!this.allowance.take(COST[packet.type] ?? 1, now)) {
      // Read and dropped: a servent that floods us costs no more than its bytes.
      if (++this.overBudget > OVER_BUDGET_MAX) this.bye(413, 'too many messages');
      return;
    }
    try {
      this.owner.onPacket(this, packet);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.bye(402, error.message);
    }
  }

  onBulk(): void {}

  onDrain(): void {
    this.isClogged = false;
    while (!this.isClogged) {
      const packet = this.outbox.take();
      if (packet === null) return;
      this.write(packet);
    }
  }

  onEnd(): void {
    this.close();
  }

  onClose(_reason: CloseReason, _detail: string): void {
    this.gone();
  }

  /** A message that means nothing, or what nobody should say. */
  onBad(): void {
    if (++this.bad > BAD_MAX) this.bye(402, 'too many bad messages');
  }

  send(packet: Packet): void {
    if (this.isClosed) return;
    this.sent++;
    if (!this.isClogged) return this.write(packet);
    if (!this.outbox.push(packet)) this.reset();
  }

  /** Says why, then ends. */
  bye(code: ByeCode, text: string): void {
    if (this.isClosed) return;
    if (this.capabilities.understandsBye) {
      const payload = new Uint8Array(byeCodec.size({ code, text }));
      byeCodec.encode({ code, text }, payload, 0);
      this.write(new Packet(NO_GUID, PacketType.bye, 1, 0, payload));
      this.flush();
    }
    this.close();
  }

  /** Deflates and sends what has been gathered. */
  flush(): void {
    const { gathered, deflater } = this;
    if (deflater === null || gathered === null || this.gatheredBytes === 0 || this.isClosed) return;
    const bytes = deflater.push(gathered.subarray(0, this.gatheredBytes));
    this.gatheredBytes = 0;
    if (!this.stream.send(rawBytes, new RawBytes(bytes))) this.isClogged = true;
  }

  close(): void {
    if (this.isClosed) return;
    this.stream.end();
    this.gone();
  }

  reset(): void {
    if (this.isClosed) return;
    this.stream.reset();
    this.gone();
  }

  private gone(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.gathered = null;
    this.owner.onNeighbourClosed(this);
  }

  private write(packet: Packet): void {
    if (this.deflater === null) {
      if (!this.stream.send(packetCodec, packet)) this.isClogged = true;
      return;
    }
    const size = packetCodec.size(packet);
    if (this.gatheredBytes === 0) this.owner.flushLater(this);
    else if (this.gatheredBytes + size > FLUSH_BYTES) this.flush();
    if (this.gathered === null || this.gathered.length < this.gatheredBytes + size)
      this.gathered = new Uint8Array(Math.max(FLUSH_BYTES, this.gatheredBytes + size));
    this.gatheredBytes = packetCodec.encode(packet, this.gathered, this.gatheredBytes);
    if (this.gatheredBytes >= FLUSH_BYTES) this.flush();
  }
}
