/** What goes by datagram (the reliability layer of Gnutella2): a part of a packet, or the acknowledgement of one. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { NO_PAYLOAD } from './packet.ts';

/** Data of one part; with its header it passes every network undivided. */
export const PART_BYTES_MAX = 476;
export const PART_HEADER_BYTES = 8;
/** What others may send in one: a datagram of an Ethernet. */
const FOREIGN_BYTES_MAX = 1_472;

export const DatagramFlag = {
  /** The whole packet is a zlib stream, cut afterwards. */
  deflated: 0x01,
  /** Each part is to be acknowledged. */
  acknowledge: 0x02,
} as const;
/** Who does not understand one of these must not read on. */
const CRITICAL_FLAGS = 0x0f;
const KNOWN_FLAGS = DatagramFlag.deflated | DatagramFlag.acknowledge;
const MARK = [0x47, 0x4e, 0x44];

export interface PacketPart {
  readonly flags: number;
  readonly sequence: number;
  /** From 1 on. */
  readonly part: number;
  /** 0: this acknowledges that part. */
  readonly count: number;
  readonly data: Uint8Array;
}

export const partCodec: Codec<PacketPart> = {
  name: 'gnutella2 datagram',
  size: ({ data }) => PART_HEADER_BYTES + data.length,
  encode({ flags, sequence, part, count, data }, into, offset) {
    into.set(MARK, offset);
    into[offset + 3] = flags;
    into[offset + 4] = sequence;
    into[offset + 5] = sequence >>> 8;
    into[offset + 6] = part;
    into[offset + 7] = count;
    into.set(data, offset + PART_HEADER_BYTES);
    return offset + PART_HEADER_BYTES + data.length;
  },
  decode(bytes, start, end) {
    if (!isMarked(bytes, start, end)) throw new MalformedMessage('a datagram that begins with GND expected');
    const length = end - start - PART_HEADER_BYTES;
    if (length > FOREIGN_BYTES_MAX) throw new MalformedMessage(`a part of at most ${FOREIGN_BYTES_MAX} bytes expected, got ${length}`);
    const flags = bytes[start + 3] as number;
    if ((flags & CRITICAL_FLAGS & ~KNOWN_FLAGS) !== 0) throw new MalformedMessage(`flags ${flags} are not understood`);
    const sequence = (bytes[start + 4] as number) | ((bytes[start + 5] as number) << 8);
    const part = bytes[start + 6] as number;
    const count = bytes[start + 7] as number;
    if (part === 0 || (count > 0 && part > count)) throw new MalformedMessage(`part ${part} of ${count}`);
    if (count === 0) return { flags, sequence, part, count, data: NO_PAYLOAD };
    if (length === 0) throw new MalformedMessage('a part without data');
    return { flags, sequence, part, count, data: bytes.slice(start + PART_HEADER_BYTES, end) };
  },
  recognizes: isMarked,
};

function isMarked(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= PART_HEADER_BYTES && MARK.every((byte, index) => bytes[start + index] === byte);
}
