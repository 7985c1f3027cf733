/** How content is cut into pieces and blocks (BEP 3): the arithmetic of sizes; immutable. */

/** What is asked for in one request. Larger requests are refused by most peers. */
export const BLOCK_BYTES = 16_384;

export interface BlockRequest {
  readonly piece: number;
  readonly block: number;
}

/** Only the last piece, and the last block of a piece, may be shorter than the others. */
export class PieceGeometry {
  readonly totalBytes: number;
  readonly pieceBytes: number;
  readonly pieceCount: number;
  /** Blocks of every piece but perhaps the last. */
  readonly blocksPerPiece: number;
  private readonly lastBytes: number;

  constructor(totalBytes: number, pieceBytes: number) {
    if (!(totalBytes > 0)) throw new RangeError(`expected content of at least 1 byte, got ${totalBytes}`);
    if (!(pieceBytes > 0)) throw new RangeError(`expected pieces of at least 1 byte, got ${pieceBytes}`);
    this.totalBytes = totalBytes;
    this.pieceBytes = pieceBytes;
    this.pieceCount = Math.ceil(totalBytes / pieceBytes);
    this.blocksPerPiece = Math.ceil(pieceBytes / BLOCK_BYTES);
    this.lastBytes = totalBytes - (this.pieceCount - 1) * pieceBytes;
  }

  bytesOf(piece: number): number {
    return piece === this.pieceCount - 1 ? this.lastBytes : this.pieceBytes;
  }

  blocksOf(piece: number): number {
    return piece === this.pieceCount - 1 ? Math.ceil(this.lastBytes / BLOCK_BYTES) : this.blocksPerPiece;
  }

  blockLength(piece: number, block: number): number {
    return Math.min(BLOCK_BYTES, this.bytesOf(piece) - block * BLOCK_BYTES);
  }
}
