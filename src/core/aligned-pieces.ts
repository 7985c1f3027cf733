/**
 * Content as BitTorrent v2 cuts it (BEP 52): each file that is not empty begins a piece, its last piece ends where it ends, and its
 * hash tree is its own. Immutable, made from files between which padding fills up the pieces (BEP 47).
 */

import type { StoreFile } from './host.ts';
import { LEAF_BYTES, merkleHeight, merkleWidth } from './merkle.ts';

export interface AlignedFile {
  /** Index into the files. */
  readonly file: number;
  readonly length: number;
  readonly firstPiece: number;
  readonly pieceCount: number;
  /** Layers above the leaves of its tree. */
  readonly height: number;
}

export class AlignedPieces {
  readonly pieceBytes: number;
  /** In content order; empty files, padding and links have no pieces. */
  readonly files: readonly AlignedFile[];
  /** The layer whose nodes stand for whole pieces. */
  readonly pieceLayer: number;
  /** By piece, where the file has less than a whole one. */
  private readonly shortBytes = new Map<number, number>();

  /** Throws RangeError where a file does not begin a piece. */
  constructor(files: readonly StoreFile[], pieceBytes: number) {
    this.pieceBytes = pieceBytes;
    this.pieceLayer = merkleHeight(pieceBytes / LEAF_BYTES);
    const aligned: AlignedFile[] = [];
    let start = 0;
    for (const [file, { length, pad }] of files.entries()) {
      if (!pad && length > 0) {
        if (start % pieceBytes !== 0) throw new RangeError(`expected file ${file} at the beginning of a piece, got byte ${start}`);
        const firstPiece = start / pieceBytes;
        const pieceCount = Math.ceil(length / pieceBytes);
        aligned.push({ file, length, firstPiece, pieceCount, height: merkleHeight(merkleWidth(Math.ceil(length / LEAF_BYTES))) });
        if (length % pieceBytes !== 0) this.shortBytes.set(firstPiece + pieceCount - 1, length % pieceBytes);
      }
      start += length;
    }
    this.files = aligned;
  }

  /** Bytes of its file in a piece: what there is to fetch of it. */
  bytesOf(piece: number): number {
    return this.shortBytes.get(piece) ?? this.pieceBytes;
  }

  /** Leaves below the root of a piece, filling included. The tree of a file of one piece is no larger than the file needs. */
  widthOf(piece: number): number {
    if (this.fileAt(piece).pieceCount > 1) return this.pieceBytes / LEAF_BYTES;
    return merkleWidth(Math.ceil(this.bytesOf(piece) / LEAF_BYTES));
  }

  fileAt(piece: number): AlignedFile {
    let low = 0;
    let high = this.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.files[middle] as AlignedFile).firstPiece <= piece) low = middle;
      else high = middle - 1;
    }
    return this.files[low] as AlignedFile;
  }

  /** All bytes but the padding. */
  get contentBytes(): number {
    return this.files.reduce((sum, { length }) => sum + length, 0);
  }
}
