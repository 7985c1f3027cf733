/**
 * Packets by datagram: cut into parts, acknowledged part by part and sent again where that is asked for, put together on the other side. What strangers can make it
 * keep is bounded, and so is what it says to them. Owns what is on its way.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { concatBytes } from '../../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import type { Compression } from '../../core/compression.ts';
import { HostEvent } from '../../core/events.ts';
import type { DatagramHandler, Host, Peer } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { DatagramFlag, PART_BYTES_MAX, PART_HEADER_BYTES, type PacketPart, partCodec } from './datagram.ts';
import type { PacketCounts } from './packet-counts.ts';
import { HEADER_BYTES_MAX, NO_PAYLOAD, type Packet, PACKET_BYTES_MAX, packetCodec } from './packet.ts';

const RESEND_MS = 6_000;
const GIVE_UP_MS = 26_000;
const ASSEMBLE_MS = 30_000;
/** Packets that wait to be acknowledged; more are not taken. */
const SENDING_MAX = 1_024;
/** Packets that have come in part: of all others, and of one. */
const ASSEMBLIES_MAX = 128;
const ASSEMBLIES_PER_PEER_MAX = 4;
const KEPT_BYTES_MAX = 4 << 20;
/** Packets that have come whole, so that a part which comes again is not a packet that comes again. */
const WHOLE_MAX = 2_048;
/** Shorter ones are seldom made shorter. */
const DEFLATE_BYTES_MIN = 200;
const ACKNOWLEDGED_BYTES_PER_S = 16_000;
const SEQUENCES = 0x1_0000;

export interface PacketHandler {
  readonly compression: Compression;
  readonly sent: PacketCounts;
  onPacket(from: Peer, packet: Packet): void;
}

interface Sending {
  readonly to: Peer;
  readonly sequence: number;
  readonly flags: number;
  /** Null where it has been acknowledged. */
  readonly parts: (Uint8Array | null)[];
  readonly begunMs: number;
  left: number;
  sentMs: number;
}

interface Assembly {
  readonly from: Peer;
  readonly begunMs: number;
  readonly parts: (Uint8Array | null)[];
  left: number;
  bytes: number;
}

export class Transceiver implements DatagramHandler<PacketPart> {
  private readonly host: Host;
  private readonly handler: PacketHandler;
  private readonly sending = new Map<number, Sending>();
  private readonly assemblies = new Map<number, Assembly>();
  private readonly whole = new Lru<number, number>(WHOLE_MAX);
  private readonly acknowledgements: AnswerBudget;
  private sequence: number;
  private keptBytes = 0;

  constructor(host: Host, handler: PacketHandler) {
    this.host = host;
    this.handler = handler;
    this.sequence = host.random.below(SEQUENCES);
    this.acknowledgements = new AnswerBudget(ACKNOWLEDGED_BYTES_PER_S, host.now());
  }

  start(): void {
    this.host.bind(partCodec, this);
  }

  /** What is held for others: bytes of parts, and packets that wait for acknowledgements. */
  get kept(): { readonly bytes: number; readonly sending: number } {
    return { bytes: this.keptBytes, sending: this.sending.size };
  }

  /** Sends a packet; `isReliable`: again and again until it has been acknowledged. */
  send(to: Peer, packet: Packet, isReliable = false): void {
    const plain = encodeToBytes(packetCodec, packet);
    const small = plain.length >= DEFLATE_BYTES_MIN ? this.handler.compression.deflate(plain) : plain;
    const isDeflated = small.length < plain.length;
    const bytes = isDeflated ? small : plain;
    const flags = (isDeflated ? DatagramFlag.deflated : 0) | (isReliable ? DatagramFlag.acknowledge : 0);
    const count = Math.ceil(bytes.length / PART_BYTES_MAX);
    if (count > 255 || (isReliable && this.sending.size >= SENDING_MAX)) return;
    const parts = Array.from({ length: count }, (_, index) => bytes.slice(index * PART_BYTES_MAX, (index + 1) * PART_BYTES_MAX));
    this.handler.sent.add(packet.name);
    this.sequence = (this.sequence + 1) % SEQUENCES;
    const nowMs = this.host.now();
    const sending: Sending = { to, sequence: this.sequence, flags, parts, begunMs: nowMs, left: count, sentMs: nowMs };
    if (isReliable) this.sending.set(sending.sequence, sending);
    this.sendParts(sending);
  }

  onDatagram(from: Peer, part: PacketPart): void {
    if (part.count === 0) {
      this.acknowledged(from, part);
      return;
    }
    const nowMs = this.host.now();
    const key = from * SEQUENCES + part.sequence;
    const wholeMs = this.whole.get(key);
    if (wholeMs !== undefined && nowMs - wholeMs < ASSEMBLE_MS) {
      this.acknowledge(from, part);
      return;
    }
    const bytes = part.count === 1 ? part.data : this.assemble(from, part, key);
    // What is not kept is not acknowledged.
    if (bytes === null) return;
    this.acknowledge(from, part);
    if (bytes === NO_PAYLOAD) return;
    this.whole.set(key, nowMs);
    this.deliver(from, part.flags, bytes);
  }

  /** To be called every second or so. */
  tick(): void {
    const nowMs = this.host.now();
    for (const sending of this.sending.values()) {
      if (nowMs - sending.begunMs >= GIVE_UP_MS) this.sending.delete(sending.sequence);
      else if (nowMs - sending.sentMs >= RESEND_MS) {
        sending.sentMs = nowMs;
        this.sendParts(sending);
      }
    }
    for (const [key, assembly] of this.assemblies) if (nowMs - assembly.begunMs >= ASSEMBLE_MS) this.forget(key, assembly);
  }

  private sendParts({ to, sequence, flags, parts }: Sending): void {
    for (const [index, data] of parts.entries()) {
      if (data !== null) this.host.send(to, partCodec, { flags, sequence, part: index + 1, count: parts.length, data });
    }
  }

  private acknowledge(to: Peer, { flags, sequence, part }: PacketPart): void {
    if ((flags & DatagramFlag.acknowledge) === 0 || !this.acknowledgements.take(PART_HEADER_BYTES, this.host.now())) return;
    this.host.send(to, partCodec, { flags: 0, sequence, part, count: 0, data: NO_PAYLOAD });
  }

  private acknowledged(from: Peer, { sequence, part }: PacketPart): void {
    const sending = this.sending.get(sequence);
    if (sending === undefined || sending.to !== from || (sending.parts[part - 1] ?? null) === null) return;
    sending.parts[part - 1] = null;
    if (--sending.left === 0) this.sending.delete(sequence);
  }

  /** The whole packet when this was its last part, nothing when it was not, null when the part is not kept. */
  private assemble(from: Peer, { part, count, data }: PacketPart, key: number): Uint8Array | null {
    let assembly = this.assemblies.get(key);
    if (assembly === undefined) {
      if (!this.makeRoom(from)) return null;
      assembly = { from, begunMs: this.host.now(), parts: new Array<null>(count).fill(null), left: count, bytes: 0 };
      this.assemblies.set(key, assembly);
    }
    if (assembly.parts.length !== count) return null;
    if (assembly.parts[part - 1] !== null) return NO_PAYLOAD;
    if (assembly.bytes + data.length > PACKET_BYTES_MAX + HEADER_BYTES_MAX || this.keptBytes + data.length > KEPT_BYTES_MAX) {
      this.forget(key, assembly);
      return null;
    }
    assembly.parts[part - 1] = data;
    assembly.bytes += data.length;
    this.keptBytes += data.length;
    if (--assembly.left > 0) return NO_PAYLOAD;
    this.forget(key, assembly);
    // Every part is there.
    return concatBytes(assembly.parts as Uint8Array[]);
  }

  /** Who has too many under way waits for his own; when all have too many, the oldest goes. */
  private makeRoom(from: Peer): boolean {
    let own = 0;
    for (const assembly of this.assemblies.values()) if (assembly.from === from) own++;
    if (own >= ASSEMBLIES_PER_PEER_MAX) return false;
    if (this.assemblies.size >= ASSEMBLIES_MAX) {
      const [key, oldest] = this.assemblies.entries().next().value as [number, Assembly];
      this.forget(key, oldest);
    }
    return true;
  }

  private forget(key: number, assembly: Assembly): void {
    this.assemblies.delete(key);
    this.keptBytes -= assembly.bytes;
  }

  private deliver(from: Peer, flags: number, bytes: Uint8Array): void {
    let packet: Packet;
    try {
      const isDeflated = (flags & DatagramFlag.deflated) !== 0;
      const plain = isDeflated ? this.handler.compression.inflate(bytes, PACKET_BYTES_MAX + HEADER_BYTES_MAX) : bytes;
      if (plain === null) throw new MalformedMessage('a zlib stream of one packet expected');
      packet = packetCodec.decode(plain, 0, plain.length);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.host.tap(HostEvent.datagramMalformed, from, bytes.length, 0);
      return;
    }
    this.handler.onPacket(from, packet);
  }
}
