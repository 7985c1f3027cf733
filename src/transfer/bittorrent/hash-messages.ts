/** The messages by which peers of BitTorrent v2 ask each other for hashes of trees (BEP 52), as bytes behind the message id; owns no state. */

import { readU32, writeU32 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { MERKLE_LAYERS_MAX } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';

/** Which hashes: `count` of them in one layer of a file's tree, and with them the uncles up to `proofLayers` above that layer. */
export interface HashRange {
  /** Root of the file's tree, 32 bytes. */
  readonly root: Uint8Array;
  /** The layer, counted from the leaves. */
  readonly base: number;
  readonly index: number;
  readonly count: number;
  readonly proofLayers: number;
}

/** Bytes of a range. */
export const HASH_RANGE_BYTES = SHA256_BYTES + 16;
/** Hashes of one range: BEP 52 advises 512, which has no room for the leaves of a piece beyond 8 MiB; libtorrent gives 8,192 as well. */
export const RANGE_HASHES_MAX = 8192;
/** With the uncles. */
const HASHES_MAX = RANGE_HASHES_MAX + MERKLE_LAYERS_MAX;

export function writeHashRange(range: HashRange, into: Uint8Array, offset: number): number {
  into.set(range.root, offset);
  let at = writeU32(into, offset + SHA256_BYTES, range.base);
  at = writeU32(into, at, range.index);
  at = writeU32(into, at, range.count);
  return writeU32(into, at, range.proofLayers);
}

/** Copies; the bytes are there. */
export function readHashRange(bytes: Uint8Array, at: number): HashRange {
  const numbers = at + SHA256_BYTES;
  return {
    root: bytes.slice(at, numbers),
    base: readU32(bytes, numbers),
    index: readU32(bytes, numbers + 4),
    count: readU32(bytes, numbers + 8),
    proofLayers: readU32(bytes, numbers + 12),
  };
}

/** Throws unless a message of hashes may have so many bytes behind its id. */
export function checkHashesBytes(bytes: number): void {
  const hashes = (bytes - HASH_RANGE_BYTES) / SHA256_BYTES;
  if (Number.isInteger(hashes) && hashes >= 0 && hashes <= HASHES_MAX) return;
  throw new MalformedMessage(`expected at most ${HASHES_MAX} hashes of ${SHA256_BYTES} bytes behind a range, got ${bytes} bytes`);
}
