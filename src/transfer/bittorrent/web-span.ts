/**
 * Bytes that a web seed is bringing, from one place in the content to another: which blocks they are, and whether these are still its to
 * bring. An operation in flight; owned by its web seed.
 */

import type { Body } from '../../core/host.ts';
import { BLOCK_BYTES, type PieceGeometry } from './block.ts';
import type { Downloader } from './downloader.ts';
import type { PieceRun } from './piece-runs.ts';

export class WebSpan {
  /** Where the next byte belongs, and where the last one ends, as offsets in the content. */
  at: number;
  end: number;
  private readonly downloader: Downloader;
  private readonly geometry: PieceGeometry;
  private readonly slot: number;
  /** Null when it is a rescue: copies of blocks of one piece. */
  private readonly run: PieceRun | null;
  /** Bytes between pieces of the run may come as well: they are dropped. */
  private readonly inOneGo: boolean;
  private piece: number;
  /** The piece that comes has blocks that were given to us. */
  private ours = true;
  /** The block that is being written; -1 while bytes are dropped. */
  private block = -1;

  /** The blocks of `piece` count as asked for already. */
  constructor(downloader: Downloader, geometry: PieceGeometry, slot: number, run: PieceRun | null, piece: number, inOneGo: boolean) {
    this.downloader = downloader;
    this.geometry = geometry;
    this.slot = slot;
    this.run = run;
    this.piece = piece;
    this.inOneGo = inOneGo;
    const blocks = downloader.picker.allRequestsOf(slot).map(({ block }) => block);
    const [first, last] = [Math.min(...blocks), Math.max(...blocks)];
    const start = piece * geometry.pieceBytes;
    this.at = start + first * BLOCK_BYTES;
    this.end =
      run !== null && run.end > piece + 1 ? this.endOf(run.end - 1) : start + last * BLOCK_BYTES + geometry.blockLength(piece, last);
  }

  private endOf(piece: number): number {
    return piece * this.geometry.pieceBytes + this.geometry.bytesOf(piece);
  }

  get isOver(): boolean {
    return this.at >= this.end;
  }

  /** Where the source may go on, or -1. */
  get cursor(): number {
    return this.run === null ? -1 : Math.floor(this.at / this.geometry.pieceBytes);
  }

  /** The bytes at `at`; borrowed. Answers how many of them were of no use. The span may end with them, and sooner than was thought. */
  take(body: Body, now: number): number {
    let wasted = 0;
    for (let from = 0; from < body.length && !this.isOver; ) {
      const offset = this.at - this.piece * this.geometry.pieceBytes;
      const block = Math.floor(offset / BLOCK_BYTES);
      const begin = block * BLOCK_BYTES;
      const end = begin + this.geometry.blockLength(this.piece, block);
      if (offset === begin && this.ours) this.block = this.downloader.beginBlock(this.slot, this.piece, block) ? block : -1;
      const count = Math.min(body.length - from, end - offset);
      if (this.block === block) this.downloader.writeBlock(this.piece, offset, part(body, from, count));
      else wasted += count;
      this.at += count;
      from += count;
      if (offset + count === end) this.blockOver(block, now);
    }
    return wasted;
  }

  /** Peers are to have what lies more than so many pieces ahead. */
  shorten(piecesMax: number): void {
    if (this.run !== null) this.downloader.picker.runs.shorten(this.run, piecesMax);
  }

  /** Nothing more comes: what has not come is anybody's. */
  letGo(): void {
    if (this.block >= 0) this.downloader.endBlock(this.slot, this.piece, this.block, false);
    this.block = -1;
    this.downloader.picker.peerGone(this.slot);
    if (this.run !== null) this.downloader.picker.runs.release(this.run);
  }

  private blockOver(block: number, now: number): void {
    const { downloader, geometry, run } = this;
    if (this.block === block) downloader.endBlock(this.slot, this.piece, block, true);
    else downloader.picker.blockLost(this.slot, this.piece, block);
    this.block = -1;
    if (run === null || block + 1 < geometry.blocksOf(this.piece)) return;
    this.piece++;
    // Behind the last piece of a file of BitTorrent v2 there is padding, which nobody brings.
    this.at = this.piece * geometry.pieceBytes;
    // Peers may have taken the rest of it meanwhile.
    this.end = Math.min(this.end, this.endOf(run.end - 1));
    if (this.isOver) return;
    this.ours = downloader.picker.openNext(run, now);
    if (!this.ours && !this.inOneGo) this.end = this.at;
  }
}

function part(body: Body, from: number, count: number): Body {
  return from === 0 && count === body.length ? body : body.subarray(from, from + count);
}
