/**
 * How a session's messages are framed (giFT-FastTrack, `PROTOCOL`, Session establishment 5–7): single bytes as beats, and packets whose four header bytes
 * stand in one of three orders, which follows from all packets before. Owns no state but that of a direction of a stream.
 */

import { concatBytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { FieldReader } from '../../core/fields.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { bodyField, NAME_BYTES_MAX, type NetworkName, type OtherPacket, type Packet, type SessionMessage } from './messages.ts';
import { markedText, restBytes } from './wire-fields.ts';

const PING = 0x50;
const PONG = 0x52;
const PACKET = 0x4b;
const HEAD_BYTES = 5;
const BODY_BYTES_MAX = 0xffff;
/** What the state of either direction begins with. */
export const FIRST_STATE = 0x51;

/** Where the high and low byte of the type and of the length stand behind the mark. */
const ORDERS = [
  { typeHigh: 2, typeLow: 1, lengthHigh: 3, lengthLow: 4 },
  { typeHigh: 1, typeLow: 3, lengthHigh: 2, lengthLow: 4 },
  { typeHigh: 1, typeLow: 4, lengthHigh: 3, lengthLow: 2 },
] as const;
type Order = (typeof ORDERS)[number];

/** The codec of the next message in a direction with that state. */
export function codecAt(state: number): Codec<SessionMessage> {
  return CODECS[state % CODECS.length] as Codec<SessionMessage>;
}

/** The state after a packet of so many bytes in all. */
export function stateAfter(state: number, message: SessionMessage, size: number): number {
  if (message.type === 'ping' || message.type === 'pong') return state;
  const type = message.type === 'other' ? message.number : message.type;
  return (state ^ ~(type + size - HEAD_BYTES)) >>> 0;
}

export const networkName: Codec<NetworkName> = {
  name: 'fasttrack network name',
  size: ({ name }) => NETWORK_NAME.size(name),
  encode: ({ name }, into, offset) => NETWORK_NAME.encode(name, into, offset),
  decode(bytes, start, end) {
    const reader = readerOf(bytes, start, end);
    const name = NETWORK_NAME.decode(reader);
    if (reader.at !== end) throw new MalformedMessage(`${end - reader.at} bytes behind the name of a network`);
    return { type: 'network', name };
  },
};

const NETWORK_NAME = markedText(0, NAME_BYTES_MAX);

/** Both ways: a name, then packets. */
export const sessionFrames: Framing<SessionMessage | NetworkName> = { name: 'fasttrack', deframer: () => new SessionDeframer() };

export const CODECS: readonly Codec<SessionMessage>[] = ORDERS.map((order, index) => ({
  name: `fasttrack packet in order ${index}`,
  size(message) {
    if (message.type === 'ping' || message.type === 'pong') return 1;
    return HEAD_BYTES + fieldOf(message).size(message.body);
  },
  encode(message, into, offset) {
    if (message.type === 'ping' || message.type === 'pong') {
      into[offset] = message.type === 'ping' ? PING : PONG;
      return offset + 1;
    }
    const end = fieldOf(message).encode(message.body, into, offset + HEAD_BYTES);
    const length = end - offset - HEAD_BYTES;
    if (length > BODY_BYTES_MAX) throw new RangeError(`a body of at most ${BODY_BYTES_MAX} bytes expected, got ${length}`);
    writeHead(order, message.type === 'other' ? message.number : message.type, length, into, offset);
    return end;
  },
  decode(bytes, start, end) {
    if (end - start === 1 && bytes[start] === PING) return { type: 'ping' };
    if (end - start === 1 && bytes[start] === PONG) return { type: 'pong' };
    if (end - start < HEAD_BYTES || bytes[start] !== PACKET) throw new MalformedMessage('no packet');
    const { type, length } = readHead(order, bytes, start);
    if (end - start !== HEAD_BYTES + length)
      throw new MalformedMessage(`a body of ${length} bytes expected, got ${end - start - HEAD_BYTES}`);
    const field = bodyField(type);
    const reader = readerOf(bytes, start + HEAD_BYTES, end);
    if (field === null) return { type: 'other', number: type, body: restBytes.decode(reader) };
    // The field is that of the type: what it reads is the body of that type.
    return { type, body: field.decode(reader) } as Packet;
  },
}));

class SessionDeframer implements Deframer<SessionMessage | NetworkName> {
  /** The beginning of a message whose end has not come yet. */
  private kept = new Uint8Array(0);
  private state = FIRST_STATE;
  private isNamed = false;

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<SessionMessage | NetworkName>): number {
    if (!sink.open) return start;
    const before = this.kept.length;
    const all = before === 0 ? bytes : concatBytes([this.kept, bytes.subarray(start, end)]);
    let at = before === 0 ? start : 0;
    const stop = before === 0 ? end : all.length;
    this.kept = new Uint8Array(0);
    while (sink.open && at < stop) {
      const size = this.isNamed ? this.packetBytes(all, at, stop) : nameBytes(all, at, stop);
      if (size > stop - at) break;
      const message = this.read(all, at, at + size);
      at += size;
      sink.onMessage(message);
    }
    if (sink.open) {
      this.kept = all.slice(at, stop);
      return end;
    }
    // What was kept was no whole message, so that the first one ends behind it.
    return before === 0 ? at : start + at - before;
  }

  /** Of the message that begins there; more than there is when not all of its head has come. */
  private packetBytes(bytes: Uint8Array, at: number, stop: number): number {
    const mark = bytes[at] as number;
    if (mark === PING || mark === PONG) return 1;
    if (mark !== PACKET) throw new MalformedMessage(`a packet or a beat expected, got a byte of ${mark}`);
    if (stop - at < HEAD_BYTES) return HEAD_BYTES;
    return HEAD_BYTES + readHead(ORDERS[this.state % ORDERS.length] as Order, bytes, at).length;
  }

  private read(bytes: Uint8Array, start: number, end: number): SessionMessage | NetworkName {
    if (!this.isNamed) {
      this.isNamed = true;
      return networkName.decode(bytes, start, end);
    }
    const message = codecAt(this.state).decode(bytes, start, end);
    this.state = stateAfter(this.state, message, end - start);
    return message;
  }
}

function nameBytes(bytes: Uint8Array, at: number, stop: number): number {
  const length = bytes.subarray(at, stop).indexOf(0) + 1;
  if (length > 0) return length;
  if (stop - at > NAME_BYTES_MAX) throw new MalformedMessage(`the name of a network has at most ${NAME_BYTES_MAX} bytes`);
  return stop - at + 1;
}

function writeHead(order: Order, type: number, length: number, into: Uint8Array, offset: number): void {
  into[offset] = PACKET;
  into[offset + order.typeHigh] = type >>> 8;
  into[offset + order.typeLow] = type;
  into[offset + order.lengthHigh] = length >>> 8;
  into[offset + order.lengthLow] = length;
}

function readHead(order: Order, bytes: Uint8Array, offset: number): { readonly type: number; readonly length: number } {
  const type = ((bytes[offset + order.typeHigh] as number) << 8) | (bytes[offset + order.typeLow] as number);
  return { type, length: ((bytes[offset + order.lengthHigh] as number) << 8) | (bytes[offset + order.lengthLow] as number) };
}

const OTHER = { ...restBytes };

function fieldOf(message: Packet | OtherPacket) {
  // What belongs to the type takes its bodies; an unknown one is bytes.
  return message.type === 'other' ? OTHER : (bodyField(message.type) ?? OTHER);
}

function readerOf(bytes: Uint8Array, at: number, end: number): FieldReader {
  const reader = new FieldReader();
  reader.bytes = bytes;
  reader.at = at;
  reader.end = end;
  return reader;
}
