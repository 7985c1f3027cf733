/**
 * How a piece is known: by SHA-1 (BitTorrent v1), by the root of its tree of SHA-256 (v2, BEP 52), by both, by a node of the file's Tiger tree
 * (THEX), or not at all, computed in one pass over its bytes. A PieceDigest owns the hashes of one piece until they are asked for.
 */

import { createHash, type Hash, hash } from 'node:crypto';
import type { AlignedPieces } from '../core/aligned-pieces.ts';
import { LEAF_BYTES, merkleRoot } from '../core/merkle.ts';
import { SHA1_BYTES } from '../core/sha1.ts';
import { SHA256_BYTES } from '../core/sha256.ts';
import { TIGER_BYTES } from '../core/tiger.ts';
import { TigerPiece } from './tiger-piece.ts';

/** none: provisional content, whose pieces are kept as they come. */
export type PieceHashing = 'sha1' | 'tree' | 'both' | 'tiger' | 'none';

const DIGEST_BYTES: Readonly<Record<PieceHashing, number>> = {
  sha1: SHA1_BYTES,
  tree: SHA256_BYTES,
  both: SHA1_BYTES + SHA256_BYTES,
  tiger: TIGER_BYTES,
  none: 0,
};

/** The bytes of one digest: SHA-1 first, then the root. */
export function digestBytesOf(hashing: PieceHashing): number {
  return DIGEST_BYTES[hashing];
}

/** Whether pieces have trees of blocks, for which files have to begin pieces. */
export function hasBlockTrees(hashing: PieceHashing): boolean {
  return hashing === 'tree' || hashing === 'both';
}

/** Digests of pieces, one after the other, as the two lists that the formats have: empty, and null, where there are none. */
export function splitDigests(digests: Uint8Array, hashing: PieceHashing): { pieceHashes: Uint8Array; pieceRoots: Uint8Array | null } {
  if (hashing === 'sha1') return { pieceHashes: digests, pieceRoots: null };
  if (hashing === 'tree') return { pieceHashes: new Uint8Array(0), pieceRoots: digests };
  const stride = digestBytesOf(hashing);
  const count = digests.length / stride;
  const pieceHashes = new Uint8Array(count * SHA1_BYTES);
  const pieceRoots = new Uint8Array(count * SHA256_BYTES);
  for (let piece = 0; piece < count; piece++) {
    const at = piece * stride;
    pieceHashes.set(digests.subarray(at, at + SHA1_BYTES), piece * SHA1_BYTES);
    pieceRoots.set(digests.subarray(at + SHA1_BYTES, at + stride), piece * SHA256_BYTES);
  }
  return { pieceHashes, pieceRoots };
}

export class PieceDigest {
  private readonly sha1: Hash | null;
  private readonly tiger: TigerPiece | null;
  private readonly leaves: Uint8Array;
  private readonly width: number;
  /** Bytes that leaves are made of; behind them there is padding, which only SHA-1 sees. */
  private readonly contentBytes: number;
  private seenBytes = 0;

  /** Without `pieces` there is no tree. */
  constructor(hashing: PieceHashing, pieces: AlignedPieces | null, piece: number, pieceBytes: number) {
    this.sha1 = hashing === 'sha1' || hashing === 'both' ? createHash('sha1') : null;
    this.tiger = hashing === 'tiger' ? new TigerPiece(pieceBytes) : null;
    this.contentBytes = pieces?.bytesOf(piece) ?? 0;
    this.width = pieces?.widthOf(piece) ?? 0;
    this.leaves = new Uint8Array(Math.ceil(this.contentBytes / LEAF_BYTES) * SHA256_BYTES);
  }

  /** Takes the bytes in order, in parts of whole blocks but for the last one. */
  update(bytes: Uint8Array): void {
    this.sha1?.update(bytes);
    this.tiger?.update(bytes);
    const end = Math.min(bytes.length, this.contentBytes - this.seenBytes);
    for (let at = 0; at < end; at += LEAF_BYTES) {
      const leaf = hash('sha256', bytes.subarray(at, Math.min(at + LEAF_BYTES, end)), 'buffer');
      this.leaves.set(leaf, ((this.seenBytes + at) / LEAF_BYTES) * SHA256_BYTES);
    }
    this.seenBytes += bytes.length;
  }

  digest(): Uint8Array {
    if (this.tiger !== null) return this.tiger.digest();
    const root = this.width === 0 ? new Uint8Array(0) : merkleRoot(this.leaves, 0, this.width);
    return this.sha1 === null ? root : Buffer.concat([this.sha1.digest(), root]);
  }

  /** SHA-256 of each block, concatenated. */
  get blockHashes(): Uint8Array {
    return this.leaves;
  }
}
