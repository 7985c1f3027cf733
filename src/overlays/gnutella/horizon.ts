/** How much there is within so many hops (HSEP 0.2): servents, files and kibibytes for each distance. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { readU32Little, writeU32Little } from '../../wire/little-endian.ts';

export interface HorizonRow {
  readonly servents: number;
  readonly files: number;
  readonly kibibytes: number;
}

/** What there is one, two, … hops away, each including what is nearer. */
export type Horizon = readonly HorizonRow[];

export const HORIZON_HOPS_MAX = 7;
const ROW_BYTES = 24;
const TWO_TO_32 = 0x1_0000_0000;

export const horizonCodec: Codec<Horizon> = {
  name: 'gnutella horizon',
  size: (horizon) => ROW_BYTES * horizon.length,
  encode(horizon, into, offset) {
    let at = offset;
    for (const { servents, files, kibibytes } of horizon)
      for (const value of [servents, files, kibibytes]) {
        writeU32Little(into, at, value % TWO_TO_32);
        at = writeU32Little(into, at + 4, Math.floor(value / TWO_TO_32));
      }
    return at;
  },
  decode(bytes, start, end) {
    const rows = (end - start) / ROW_BYTES;
    if (!Number.isInteger(rows) || rows === 0 || rows > HORIZON_HOPS_MAX)
      throw new MalformedMessage(`one to ${HORIZON_HOPS_MAX} rows expected, got ${rows}`);
    return Array.from({ length: rows }, (_, row) => {
      const at = start + ROW_BYTES * row;
      return { servents: readU64(bytes, at), files: readU64(bytes, at + 8), kibibytes: readU64(bytes, at + 16) };
    });
  },
};

function readU64(bytes: Uint8Array, at: number): number {
  const value = readU32Little(bytes, at + 4) * TWO_TO_32 + readU32Little(bytes, at);
  if (!Number.isSafeInteger(value)) throw new MalformedMessage('a number below 2^53 expected');
  return value;
}
