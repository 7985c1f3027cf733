/** Which files of a torrent are wanted, and how much (BEP 53 `so`, pad files BEP 47), and what that means for its pieces; owns the choice. */

import type { Bitset } from '../../core/bitset.ts';
import { FILE_PRIORITIES } from './file-priority.ts';
import { geometryOf, type Metainfo } from './metainfo.ts';
import type { TorrentFileStatus } from './torrent-status.ts';

export class TorrentFileSelection {
  private readonly metainfo: Metainfo;
  /** A file a priority, in the order of the metainfo. */
  private readonly priorities: Uint8Array;

  constructor(metainfo: Metainfo) {
    this.metainfo = metainfo;
    this.priorities = new Uint8Array(metainfo.files.length).fill(FILE_PRIORITIES.normal);
  }

  /** Wants these files only; null wants all. Indices that do not exist are ignored: a magnet link may be wrong about them. */
  selectOnly(indices: readonly number[] | null): void {
    const chosen = indices === null ? null : new Set(indices);
    for (let index = 0; index < this.priorities.length; index++) {
      this.priorities[index] = chosen === null || chosen.has(index) ? FILE_PRIORITIES.normal : FILE_PRIORITIES.skip;
    }
  }

  /** Of these files, by their indices; those that do not exist are ignored. */
  setPriorities(changes: ReadonlyMap<number, number>): void {
    for (const [index, priority] of changes) if (index < this.priorities.length) this.priorities[index] = priority;
  }

  /** Parallel to `metainfo.files`. */
  get filePriorities(): readonly number[] {
    return [...this.priorities];
  }

  /** Parallel to `metainfo.files`, as the store wants it. */
  get files(): readonly boolean[] {
    return Array.from(this.priorities, (priority) => priority > FILE_PRIORITIES.skip);
  }

  /** A priority a piece: the highest of the files that have a byte in it. Padding alone wants nothing. */
  piecePriorities(): Uint8Array {
    const { files, pieceBytes, pieceCount } = this.metainfo;
    const priorities = new Uint8Array(pieceCount);
    let start = 0;
    for (const [index, file] of files.entries()) {
      const end = start + file.length;
      const priority = this.priorities[index] as number;
      if (file.length > 0 && priority > FILE_PRIORITIES.skip && !file.pad) {
        // Files meet in one piece at most: all others are this file's alone.
        const first = Math.floor(start / pieceBytes);
        priorities[first] = Math.max(priorities[first] as number, priority);
        priorities.fill(priority, first + 1, Math.floor((end - 1) / pieceBytes) + 1);
      }
      start = end;
    }
    return priorities;
  }

  /** What people are shown of each file; padding is left out. `index` counts it, as everywhere. */
  statuses(have: Bitset | null): TorrentFileStatus[] {
    const { files } = this.metainfo;
    const statuses: TorrentFileStatus[] = [];
    let start = 0;
    for (const [index, { path, length, pad }] of files.entries()) {
      const end = start + length;
      if (!pad)
        statuses.push({ index, path, length, priority: this.priorities[index] as number, haveBytes: this.haveWithin(have, start, end) });
      start = end;
    }
    return statuses;
  }

  private haveWithin(have: Bitset | null, start: number, end: number): number {
    const { pieceBytes } = this.metainfo;
    let bytes = 0;
    for (let piece = Math.floor(start / pieceBytes); piece * pieceBytes < end; piece++) {
      if (have?.has(piece) === true) bytes += Math.min(end, (piece + 1) * pieceBytes) - Math.max(start, piece * pieceBytes);
    }
    return bytes;
  }

  /** Bytes of wanted pieces: what has to be fetched, which is a little more than the wanted files. */
  wantedBytes(): number {
    return this.bytesWhere((priority) => priority > FILE_PRIORITIES.skip);
  }

  /** Bytes of wanted pieces that are there. */
  haveBytes(have: Bitset): number {
    return this.bytesWhere((priority, piece) => priority > FILE_PRIORITIES.skip && have.has(piece));
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
