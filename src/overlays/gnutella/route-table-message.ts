/** How a query route table is sent (QRP 0.2): emptied, then changed by patches that together are one stream. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { readU32Little, writeU32Little } from '../../wire/little-endian.ts';

export interface TableReset {
  readonly kind: 'reset';
  /** Slots, a power of two. */
  readonly slots: number;
  /** What a slot without a word holds. */
  readonly infinity: number;
}

export interface TablePatch {
  readonly kind: 'patch';
  /** From 1 to `count`. */
  readonly sequence: number;
  readonly count: number;
  /** 0: none. 1: all patches together are a zlib stream. */
  readonly compressor: number;
  /** Bits of a difference, 4 or 8. */
  readonly entryBits: number;
  readonly data: Uint8Array;
}

export type TableMessage = TableReset | TablePatch;

const RESET_BYTES = 6;
const PATCH_BYTES = 5;
const SLOTS_MAX = 1 << 21;

export const tableMessageCodec: Codec<TableMessage> = {
  name: 'gnutella route table',
  size: (message) => (message.kind === 'reset' ? RESET_BYTES : PATCH_BYTES + message.data.length),
  encode(message, into, offset) {
    if (message.kind === 'reset') {
      into[offset] = 0;
      into[writeU32Little(into, offset + 1, message.slots)] = message.infinity;
      return offset + RESET_BYTES;
    }
    into[offset] = 1;
    into[offset + 1] = message.sequence;
    into[offset + 2] = message.count;
    into[offset + 3] = message.compressor;
    into[offset + 4] = message.entryBits;
    into.set(message.data, offset + PATCH_BYTES);
    return offset + PATCH_BYTES + message.data.length;
  },
  decode(bytes, start, end) {
    const variant = bytes[start];
    if (variant === 0 && end - start === RESET_BYTES) {
      const slots = readU32Little(bytes, start + 1);
      const infinity = bytes[start + 5] as number;
      if (slots === 0 || slots > SLOTS_MAX || (slots & (slots - 1)) !== 0)
        throw new MalformedMessage(`a power of two expected, got ${slots} slots`);
      if (infinity < 1) throw new MalformedMessage('an infinity of 1 or more expected');
      return { kind: 'reset', slots, infinity };
    }
    if (end - start < PATCH_BYTES || variant !== 1) throw new MalformedMessage(`a reset or a patch expected, got variant ${variant}`);
    const [sequence, count, compressor, entryBits] = bytes.subarray(start + 1, start + PATCH_BYTES) as unknown as [
      number,
      number,
      number,
      number,
    ];
    if (sequence === 0 || sequence > count) throw new MalformedMessage(`patch ${sequence} of ${count}`);
    if (compressor > 1) throw new MalformedMessage(`compressor 0 or 1 expected, got ${compressor}`);
    if (entryBits !== 4 && entryBits !== 8) throw new MalformedMessage(`entries of 4 or 8 bits expected, got ${entryBits}`);
    return { kind: 'patch', sequence, count, compressor, entryBits, data: bytes.slice(start + PATCH_BYTES, end) };
  },
};
