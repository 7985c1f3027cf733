/** One connection to a neighbour: greeting, packets both ways, what it has told, and how much it may say. Owns the stream. */

import { concatBytes } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import type { Compression, Deflater } from '../../core/compression.ts';
import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { type Greeting } from '../../wire/gnutella-handshake.ts';
import { inflatedFraming } from '../../wire/inflated-framing.ts';
import type { NodeInfo } from './node-info.ts';
import { Packet, packetCodec } from './packet.ts';
import type { PacketCounts } from './packet-counts.ts';
import { packetFrames } from './packet-frames.ts';
import type { QueryTable } from './query-table.ts';
import { TableReceiver } from './table-packets.ts';

/** Who reads so slowly is not worth waiting for. */
const QUEUE_BYTES_MAX = 1 << 20;
/** Beyond this, what can be done without is left out. */
const SPARE_BYTES_MAX = 128 << 10;
/** What counts for more than one packet. */
const COSTS: Readonly<Record<string, number>> = { Q2: 5, QHT: 5, QKR: 2, KHL: 2 };

/** Whom a link reports to. */
export interface LinkOwner {
  readonly compression: Compression;
  readonly sent: PacketCounts;
  onGreeting(link: Link, greeting: Greeting): void;
  onLinkPacket(link: Link, packet: Packet): void;
  onLinkClosed(link: Link): void;
  /** It has something to deflate, which `flush` sends. */
  onLinkWaiting(link: Link): void;
  /** Greets, once the stream is open. */
  onDialled(link: Link): void;
}

export interface LinkBounds {
  readonly packetsPerSecond: number;
  readonly packetsAtOnce: number;
}

export class Link implements StreamHandler<Greeting | Packet> {
  readonly isOutgoing: boolean;
  readonly begunMs: number;
  /** Where the other side listens: what was dialled, or the address that it comes from with the port that it tells. */
  endpoint: Endpoint;
  /** What the other side is. */
  kind: 'hub' | 'leaf' = 'hub';
  state: 'greeting' | 'answered' | 'up' | 'closed' = 'greeting';
  stream: Stream | null = null;
  /** In hex, from its LNI. */
  guid = '';
  info: NodeInfo | null = null;
  heardMs: number;
  pingedMs = 0;
  /** When a table was last sent to it, and which. */
  tableMs = Number.NEGATIVE_INFINITY;
  sentTable: QueryTable | null = null;
  toldMs = Number.NEGATIVE_INFINITY;
  /** How often it may search. */
  queries: number;
  queriesMs: number;
  /** It has said that it reads deflated packets, and that it deflates. */
  canInflate = false;
  deflates = false;
  private readonly owner: LinkOwner;
  private readonly receiver: TableReceiver;
  private bounds: LinkBounds;
  private allowance: number;
  private allowanceMs: number;
  private isHeld = false;
  private deflater: Deflater | null = null;
  private waiting: Uint8Array[] = [];

  constructor(owner: LinkOwner, endpoint: Endpoint, isOutgoing: boolean, nowMs: number, bounds: LinkBounds, queriesAtOnce: number) {
    this.owner = owner;
    this.receiver = new TableReceiver(owner.compression);
    this.endpoint = endpoint;
    this.isOutgoing = isOutgoing;
    this.begunMs = nowMs;
    this.heardMs = nowMs;
    this.bounds = bounds;
    this.allowance = bounds.packetsAtOnce;
    this.allowanceMs = nowMs;
    this.queries = queriesAtOnce;
    this.queriesMs = nowMs;
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** The words that it can answer; null: it has not told. */
  get table(): QueryTable | null {
    return this.receiver.table;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (this.state === 'closed') stream.reset();
    else if (this.isOutgoing) this.owner.onDialled(this);
  }

  onMessage(message: Greeting | Packet): void {
    if (this.state === 'closed') return;
    if (!(message instanceof Packet)) {
      this.owner.onGreeting(this, message);
      return;
    }
    this.owner.onLinkPacket(this, message);
    this.allowance -= COSTS[message.name] ?? 1;
    if (this.allowance >= 0 || this.isHeld || this.state !== 'up') return;
    // Nothing that it says is read until it is within its bounds again: the network holds its side up.
    this.isHeld = true;
    this.stream?.pause();
  }

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.close();
  }

  onClose(): void {
    this.stream = null;
    this.close();
  }

  /** Packets from here on. `bounds`: what this kind of neighbour may say. */
  begin(kind: 'hub' | 'leaf', isDeflating: boolean, bounds: LinkBounds, nowMs: number): void {
    this.kind = kind;
    this.state = 'up';
    this.heardMs = nowMs;
    this.bounds = bounds;
    this.allowance = bounds.packetsAtOnce;
    const { compression } = this.owner;
    if (isDeflating) this.deflater = compression.deflater();
    this.stream?.upgrade(this.deflates ? inflatedFraming(packetFrames, compression) : packetFrames, this);
  }

  /** False where it could not be said any more. */
  send(packet: Packet): boolean {
    if (this.stream === null || this.state !== 'up') return false;
    if (this.stream.queuedBytes > QUEUE_BYTES_MAX) {
      this.reset();
      return false;
    }
    this.owner.sent.add(packet.name);
    if (this.deflater === null) {
      this.stream.send(packetCodec, packet);
      return true;
    }
    this.waiting.push(encodeToBytes(packetCodec, packet));
    if (this.waiting.length === 1) this.owner.onLinkWaiting(this);
    return true;
  }

  /** For what others may do without: left out where too much waits already. */
  offer(packet: Packet): boolean {
    return this.stream !== null && this.stream.queuedBytes <= SPARE_BYTES_MAX && this.send(packet);
  }

  /** Packets that are sent in one go deflate better, and the other side can read all of them. */
  flush(): void {
    const waiting = this.waiting;
    this.waiting = [];
    if (this.deflater === null || waiting.length === 0) return;
    this.stream?.send(rawBytes, new RawBytes(this.deflater.push(concatBytes(waiting))));
  }

  say(head: RawBytes): void {
    this.stream?.send(rawBytes, head);
  }

  /** True when its table has changed; throws MalformedMessage. */
  takeTable(packet: Packet): boolean {
    return this.receiver.take(packet);
  }

  /** Called every second: who was held is read again when he may say something. */
  refill(nowMs: number): void {
    const { packetsAtOnce, packetsPerSecond } = this.bounds;
    this.allowance = Math.min(packetsAtOnce, this.allowance + ((nowMs - this.allowanceMs) * packetsPerSecond) / 1_000);
    this.allowanceMs = nowMs;
    if (!this.isHeld || this.allowance <= 0) return;
    this.isHeld = false;
    this.stream?.resume();
  }

  /** Whether it may search again; counts it. */
  takeQuery(nowMs: number, gapMs: number, atOnce: number): boolean {
    this.queries = Math.min(atOnce, this.queries + (nowMs - this.queriesMs) / gapMs);
    this.queriesMs = nowMs;
    if (this.queries < 1) return false;
    this.queries--;
    return true;
  }

  /** Says what is queued first. */
  close(): void {
    if (this.state === 'closed') return;
    this.flush();
    this.state = 'closed';
    this.stream?.end();
    this.owner.onLinkClosed(this);
  }

  reset(): void {
    this.stream?.reset();
    this.close();
  }

  /** It is somebody else's stream from now on. */
  handOver(): void {
    if (this.state === 'closed') return;
    this.stream = null;
    this.state = 'closed';
    this.owner.onLinkClosed(this);
  }
}
