/** Which files of a torrent are wanted (BEP 53 `so`, pad files BEP 47), and what that means for its pieces; owns the choice. */

import type { Bitset } from '../../core/bitset.ts';
import { geometryOf, type Metainfo } from './metainfo.ts';

/** Priority of a piece that no wanted file touches, and of one that does. */
export const PRIORITY_UNWANTED = 0;
export const PRIORITY_NORMAL = 4;

export class TorrentFileSelection {
  private readonly metainfo: Metainfo;
  /** A file a flag, in the order of the metainfo. */
  private readonly wanted: boolean[];

  constructor(metainfo: Metainfo) {
    this.metainfo = metainfo;
    this.wanted = metainfo.files.map(() => true);
  }

  /** Wants these files only; null wants all. Indices that do not exist are ignored: a magnet link may be wrong about them. */
  selectOnly(indices: readonly number[] | null): void {
    const chosen = indices === null ? null : new Set(indices);
    for (let index = 0; index < this.wanted.length; index++) this.wanted[index] = chosen === null || chosen.has(index);
  }

  /** Parallel to `metainfo.files`, as the store wants it. */
  get files(): readonly boolean[] {
    return this.wanted;
  }

  /** A priority a piece: a piece is wanted when a wanted file has a byte in it. Padding alone wants nothing. */
  piecePriorities(): Uint8Array {
    const { files, pieceBytes, pieceCount } = this.metainfo;
    const priorities = new Uint8Array(pieceCount);
    let start = 0;
    for (const [index, file] of files.entries()) {
      const end = start + file.length;
      if (file.length > 0 && this.wanted[index] === true && !file.pad) {
        priorities.fill(PRIORITY_NORMAL, Math.floor(start / pieceBytes), Math.floor((end - 1) / pieceBytes) + 1);
      }
      start = end;
    }
    return priorities;
  }

  /** Bytes of wanted pieces: what has to be fetched, which is a little more than the wanted files. */
  wantedBytes(): number {
    return this.bytesWhere((priority) => priority > PRIORITY_UNWANTED);
  }

  /** Bytes of wanted pieces that are there. */
  haveBytes(have: Bitset): number {
    return this.bytesWhere((priority, piece) => priority > PRIORITY_UNWANTED && have.has(piece));
  }

  private bytesWhere(counts: (priority: number, piece: number) => boolean): number {
    const { pieceCount } = this.metainfo;
    const geometry = geometryOf(this.metainfo);
    let bytes = 0;
    for (const [piece, priority] of this.piecePriorities().entries()) {
      if (counts(priority, piece)) bytes += geometry.bytesOf(piece);
    }
    return pieceCount === 0 ? 0 : bytes;
  }
}
