/**
 * One neighbour: the stream to him, what he can and what he has told us, and what he may ask of us. Owns the stream, and what waits to be sent on it.
 * Garbage ends his connection and nothing else.
 */

import { MalformedMessage } from '../../core/codec.ts';
import type { Deflater } from '../../core/compression.ts';
import { endpointPort } from '../../core/endpoint.ts';
import type { CloseReason, Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { Allowance } from './allowance.ts';
import { type ByeCode, byeCodec } from './bye.ts';
import type { Capabilities } from './capabilities.ts';
import { type Guid, NO_GUID } from './guid.ts';
import type { NeighbourKind } from './handshake.ts';
import type { Horizon } from './horizon.ts';
import { addressOf, endpointFrom } from '../../wire/endpoint-key.ts';
import { Outbox } from './outbox.ts';
import { Packet, PacketType, packetCodec } from './packet.ts';
import type { RouteTable } from './route-table.ts';
import { IncomingTable } from './table-patch.ts';
import { vendorBit, type VendorKind } from './vendor-message.ts';

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
  readonly userAgent: string;
  readonly degree: number;
  readonly ttlMax: number;
  readonly servent: Guid | null;
  readonly takesProbes: boolean;
  readonly hasRouteTable: boolean;
  readonly hasUltrapeerTable: boolean;
  readonly hasVendorMessages: boolean;
  readonly understandsBye: boolean;
  readonly tellsHorizon: boolean;
  readonly speaksGuess: boolean;
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
  /** A bit for each vendor message that he understands (`vendorBit`). */
  private supported = 0;
  lastHeardMs: number;
  lastPingMs: number;
  lastAnswerMs = -1e9;
  unanswered = 0;
  /** Of the pongs that come now so many may be answers to our last ping. */
  pongsLeft = 0;
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
  // Addresses are numbers: a servent has some dozens of neighbours, a simulated world a hundred thousand servents.
  private readonly address: number;
  private readonly port: number;
  /** 0: he has not told. */
  private readonly listeningPort: number;
  /** Null until there is something that waits. */
  private outbox: Outbox | null = null;
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
    this.kind = kind;
    this.deflater = deflater;
    this.address = addressOf(peer) | 0;
    this.port = endpointPort(peer);
    // He is where his stream comes from, whatever he takes for his own address.
    const { listening } = capabilities;
    this.listeningPort = !stream.incoming ? this.port : listening === null ? 0 : endpointPort(listening);
    this.userAgent = capabilities.userAgent;
    this.degree = capabilities.degree;
    this.ttlMax = capabilities.ttlMax;
    this.servent = capabilities.servent;
    this.takesProbes = capabilities.takesProbes;
    this.hasRouteTable = capabilities.hasRouteTable;
    this.hasUltrapeerTable = capabilities.hasUltrapeerTable;
    this.hasVendorMessages = capabilities.hasVendorMessages;
    this.understandsBye = capabilities.understandsBye;
    this.tellsHorizon = capabilities.tellsHorizon;
    this.speaksGuess = capabilities.speaksGuess;
    this.incomingTable = hasTable ? new IncomingTable() : null;
    this.since = owner.now();
    this.lastHeardMs = this.since;
    this.lastPingMs = this.since;
    this.allowance = new Allowance(owner.messagesPerSecond, owner.messagesAtOnce, this.since);
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  get dropped(): number {
    return this.outbox?.dropped ?? 0;
  }

  get isIncoming(): boolean {
    return this.stream.incoming;
  }

  /** Where his stream comes from; a copy. */
  get endpoint(): Endpoint {
    return endpointFrom(this.address, this.port);
  }

  /** Where others can dial him, if he has told; a copy. */
  get listening(): Endpoint | null {
    return this.listeningPort === 0 ? null : endpointFrom(this.address, this.listeningPort);
  }

  listensAt(endpoint: Endpoint): boolean {
    return this.listeningPort !== 0 && this.hasAddressOf(endpoint) && endpointPort(endpoint) === this.listeningPort;
  }

  hasAddressOf(endpoint: Endpoint): boolean {
    return (addressOf(endpoint) | 0) === this.address;
  }

  /** He has told what he understands (0000/0). */
  learnSupported(kinds: readonly string[]): void {
    for (const kind of kinds) this.supported |= vendorBit(kind);
  }

  understands(kind: VendorKind): boolean {
    return (this.supported & vendorBit(kind)) !== 0;
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
      const packet = this.outbox?.take() ?? null;
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
    this.outbox ??= new Outbox(this.owner.queuedPacketsMax);
    if (!this.outbox.push(packet)) this.reset();
  }

  /** Says why, then ends. */
  bye(code: ByeCode, text: string): void {
    if (this.isClosed) return;
    if (this.understandsBye) {
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
