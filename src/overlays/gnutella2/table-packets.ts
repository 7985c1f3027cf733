/**
 * How a table of words comes over a connection (QHT): a reset, then patches of the bits that change, deflated and in parts. Owns what has come of one table.
 */

import { MalformedMessage } from '../../core/codec.ts';
import type { Compression } from '../../core/compression.ts';
import { writeU32Little } from '../../wire/little-endian.ts';
import { Packet } from './packet.ts';
import { emptyTable, joinedParts, type QueryTable, TABLE_BITS_MAX } from './query-table.ts';

const RESET = 0;
const PATCH = 1;
const PATCH_HEAD_BYTES = 5;
/** What one part carries. */
const PART_BYTES = 4_096;
/** What zlib adds to bytes that it cannot make fewer. */
const OVERHEAD_BYTES = 1_024;
const RESET_BYTES = 6;
const INFINITY = 1;

/** All that makes an empty table of the other side this one; `sent` is what it has, null: nothing. */
export function tablePackets(table: QueryTable, sent: QueryTable | null, compression: Compression): Packet[] {
  if (sent !== null && sent.bits === table.bits) return patchPackets(sent.difference(table), compression);
  const reset = new Uint8Array(RESET_BYTES);
  reset[0] = RESET;
  writeU32Little(reset, 1, 2 ** table.bits);
  reset[5] = INFINITY;
  return [new Packet('QHT', reset), ...patchPackets(emptyTable(table.bits).difference(table), compression)];
}

function patchPackets(difference: Uint8Array, compression: Compression): Packet[] {
  const small = compression.deflate(difference);
  const isSmaller = small.length < difference.length;
  const data = isSmaller ? small : difference;
  const count = Math.ceil(data.length / PART_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const part = data.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    const payload = new Uint8Array(PATCH_HEAD_BYTES + part.length);
    payload.set([PATCH, index + 1, count, isSmaller ? 1 : 0, 1]);
    payload.set(part, PATCH_HEAD_BYTES);
    return new Packet('QHT', payload);
  });
}

export class TableReceiver {
  /** Null until a first patch is whole: then everything is to be passed on. */
  table: QueryTable | null = null;
  private parts: Uint8Array[] = [];
  private partBytes = 0;
  private base: QueryTable | null = null;
  private readonly zlib: Compression;

  constructor(zlib: Compression) {
    this.zlib = zlib;
  }

  /** True when the table has changed. Throws MalformedMessage. */
  take({ payload, isBigEndian }: Packet): boolean {
    switch (payload[0]) {
      case RESET:
        return this.reset(new Packet('QHT', payload, [], isBigEndian));
      case PATCH:
        return this.patch(payload);
      default:
        throw new MalformedMessage('a reset or a patch of a table expected');
    }
  }

  private reset(packet: Packet): boolean {
    if (packet.payload.length !== RESET_BYTES) throw new MalformedMessage(`a reset of ${RESET_BYTES} bytes expected`);
    const slots = packet.number(1, 4);
    const bits = 31 - Math.clz32(slots);
    if (slots !== 2 ** bits || bits > TABLE_BITS_MAX)
      throw new MalformedMessage(`a power of two of slots up to 2^${TABLE_BITS_MAX} expected, got ${slots}`);
    this.base = emptyTable(bits);
    this.parts = [];
    this.partBytes = 0;
    return false;
  }

  private patch(payload: Uint8Array): boolean {
    const [, part = 0, count = 0, compression = 0, bits = 0] = payload;
    // After a reset the old table serves until the new one is whole.
    const current = this.base ?? this.table;
    if (current === null) throw new MalformedMessage('a patch without a table');
    if (bits !== 1 || compression > 1)
      throw new MalformedMessage(`patches of one bit a slot expected, got ${bits} and compression ${compression}`);
    if (part !== this.parts.length + 1 || part > count)
      throw new MalformedMessage(`part ${this.parts.length + 1} expected, got ${part} of ${count}`);
    const bytes = 2 ** (current.bits - 3);
    const data = payload.slice(PATCH_HEAD_BYTES);
    this.partBytes += data.length;
    if (this.partBytes > bytes + OVERHEAD_BYTES) throw new MalformedMessage(`a patch of at most ${bytes} bytes expected`);
    this.parts.push(data);
    if (part < count) return false;
    const whole = joinedParts(this.parts, bytes + OVERHEAD_BYTES);
    this.parts = [];
    this.partBytes = 0;
    const difference = compression === 1 ? this.zlib.inflate(whole, bytes) : whole;
    if (difference === null) throw new MalformedMessage(`a zlib stream of ${bytes} bytes expected`);
    if (difference.length !== bytes) throw new MalformedMessage(`a patch of ${bytes} bytes expected, got ${difference.length}`);
    this.table = current.patched(difference);
    this.base = null;
    return true;
  }
}
