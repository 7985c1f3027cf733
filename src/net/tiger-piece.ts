/**
 * The node of the Tiger tree that stands for a piece. What has not come yet is a hole in its file and reads as zeros: those are seen as such, and not
 * hashed, or looking through a file of which little is there would take as long as hashing all of it. Owns the running hash of one piece.
 */

import { TigerTree } from '../wire/tiger-tree.ts';

const ZEROS = Buffer.alloc(64 << 10);
/** Pieces of one store have one length, and the last one another. */
const KNOWN_MAX = 16;
const rootsOfZeros = new Map<number, Uint8Array>();

export class TigerPiece {
  private readonly pieceBytes: number;
  private tree: TigerTree | null = null;
  /** At the beginning of the piece, before the first byte that is another. */
  private zeroBytes = 0;

  constructor(pieceBytes: number) {
    this.pieceBytes = pieceBytes;
  }

  update(bytes: Uint8Array): void {
    if (this.tree === null && isZero(bytes)) this.zeroBytes += bytes.length;
    else this.begun().update(bytes);
  }

  digest(): Uint8Array {
    if (this.tree !== null) return this.tree.digest().root;
    let root = rootsOfZeros.get(this.zeroBytes);
    if (root === undefined) {
      root = this.begun().digest().root;
      if (rootsOfZeros.size >= KNOWN_MAX) rootsOfZeros.clear();
      rootsOfZeros.set(this.zeroBytes, root);
    }
    return root;
  }

  private begun(): TigerTree {
    if (this.tree !== null) return this.tree;
    const tree = new TigerTree(this.pieceBytes, 1);
    for (let at = 0; at < this.zeroBytes; at += ZEROS.length) tree.update(ZEROS, 0, Math.min(ZEROS.length, this.zeroBytes - at));
    this.tree = tree;
    return tree;
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}
