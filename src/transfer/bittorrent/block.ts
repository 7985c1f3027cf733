/** How content is cut into pieces and blocks (BEP 3, BEP 52): the arithmetic of sizes; immutable. */

import type { AlignedPieces } from '../../core/aligned-pieces.ts';
import type { Bitset } from '../../core/bitset.ts';

/** What is asked for in one request. Larger requests are refused by most peers. */
export const BLOCK_BYTES = 16_384;

export interface BlockRequest {
  readonly piece: number;
  readonly block: number;
}

/**
 * Only the last piece, and the last block of a piece, may be shorter than the others. With `aligned` pieces (BitTorrent v2) that is the
 * last piece of each file: the padding behind it is known to be zeros, and is neither asked for nor counted.
 */
export class PieceGeometry {
  readonly totalBytes: number;
  readonly pieceBytes: number;
  readonly pieceCount: number;
  /** Blocks of every piece but perhaps the last. */
  readonly blocksPerPiece: number;
  private readonly lastBytes: number;
  private readonly aligned: AlignedPieces | null;

  constructor(totalBytes: number, pieceBytes: number, aligned: AlignedPieces | null = null) {
    if (!(totalBytes > 0)) throw new RangeError(`expected content of at least 1 byte, got ${totalBytes}`);
    if (!(pieceBytes > 0)) throw new RangeError(`expected pieces of at least 1 byte, got ${pieceBytes}`);
    this.totalBytes = totalBytes;
    this.pieceBytes = pieceBytes;
    this.pieceCount = Math.ceil(totalBytes / pieceBytes);
    this.blocksPerPiece = Math.ceil(pieceBytes / BLOCK_BYTES);
    this.lastBytes = totalBytes - (this.pieceCount - 1) * pieceBytes;
    this.aligned = aligned;
  }

  bytesOf(piece: number): number {
    return this.aligned === null ? this.paddedBytesOf(piece) : this.aligned.bytesOf(piece);
  }

  /** What may be asked of us: peers of BitTorrent v1 ask for the padding too. */
  paddedBytesOf(piece: number): number {
    return piece === this.pieceCount - 1 ? this.lastBytes : this.pieceBytes;
  }

  blocksOf(piece: number): number {
    if (this.aligned !== null) return Math.ceil(this.aligned.bytesOf(piece) / BLOCK_BYTES);
    return piece === this.pieceCount - 1 ? Math.ceil(this.lastBytes / BLOCK_BYTES) : this.blocksPerPiece;
  }

  /** Bytes of the pieces of a set. */
  bytesOfAll(pieces: Bitset): number {
    if (pieces.full) return this.contentBytes;
    let bytes = pieces.count * this.pieceBytes;
    const last = this.pieceCount - 1;
    if (this.aligned === null) return pieces.has(last) ? bytes - this.pieceBytes + this.lastBytes : bytes;
    for (const { firstPiece, pieceCount } of this.aligned.files) {
      const end = firstPiece + pieceCount - 1;
      if (pieces.has(end)) bytes -= this.pieceBytes - this.aligned.bytesOf(end);
    }
    return bytes;
  }

  /** Bytes of all pieces. */
  get contentBytes(): number {
    return this.aligned?.contentBytes ?? this.totalBytes;
  }

  blockLength(piece: number, block: number): number {
    return Math.min(BLOCK_BYTES, this.bytesOf(piece) - block * BLOCK_BYTES);
  }
}
