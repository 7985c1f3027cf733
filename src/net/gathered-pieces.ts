/** The pieces of one store that have arrived in part: their segments in memory, and which of them went to disk ahead. Owned by its store. */

import { type SegmentJob, segmentBytesOf } from './disk-jobs.ts';
import type { PieceBuffer, PieceBufferOwner, PieceBuffers } from './piece-buffers.ts';

interface GatheredPiece {
  /** By segment; null where nothing is in memory. */
  readonly buffers: (PieceBuffer | null)[];
  readonly spilled: boolean[];
  verifying: boolean;
}

/** Writes the segment to disk, and calls `written` when the buffer is free again. */
export type SpillSegment = (piece: number, index: number, segment: SegmentJob, written: () => void) => void;

export class GatheredPieces implements PieceBufferOwner {
  private readonly pool: PieceBuffers;
  private readonly pieceBytes: number;
  private readonly totalBytes: number;
  private readonly segmentBytes: number;
  private readonly spillSegment: SpillSegment;
  private readonly pieces = new Map<number, GatheredPiece>();

  constructor(pool: PieceBuffers, pieceBytes: number, totalBytes: number, spillSegment: SpillSegment) {
    this.pool = pool;
    this.pieceBytes = pieceBytes;
    this.totalBytes = totalBytes;
    this.segmentBytes = segmentBytesOf(pieceBytes);
    this.spillSegment = spillSegment;
  }

  /** Copies the bytes. What comes for a piece that is being verified is too late and ignored. */
  put(piece: number, offset: number, bytes: Uint8Array): void {
    const gathered = this.gather(piece);
    if (gathered.verifying) return;
    const pieceLength = this.lengthOf(piece);
    if (offset < 0 || offset + bytes.length > pieceLength) {
      throw new RangeError(`expected bytes within the ${pieceLength} of piece ${piece}, got [${offset}, ${offset + bytes.length})`);
    }
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((offset + at) / this.segmentBytes);
      const within = offset + at - index * this.segmentBytes;
      const count = Math.min(bytes.length - at, this.segmentBytes - within);
      const buffer = gathered.buffers[index] ?? this.pool.take(this, piece, index, this.segmentBytes);
      gathered.buffers[index] = buffer;
      buffer.put(within, count === bytes.length ? bytes : bytes.subarray(at, at + count));
      this.pool.touch(buffer);
      at += count;
    }
  }

  isVerifying(piece: number): boolean {
    return this.pieces.get(piece)?.verifying === true;
  }

  segmentsOf(piece: number): SegmentJob[] {
    const gathered = this.pieces.get(piece);
    if (gathered === undefined) return [];
    return gathered.buffers.map((buffer, index) => segmentJob(buffer, gathered.spilled[index] === true));
  }

  /** Hands the segments over to be hashed; `verified` follows. */
  startVerifying(piece: number): SegmentJob[] {
    const gathered = this.gather(piece);
    gathered.verifying = true;
    for (const buffer of gathered.buffers) {
      if (buffer === null) continue;
      buffer.clearGaps();
      this.pool.startWriting(buffer);
    }
    return this.segmentsOf(piece);
  }

  /** `settled`: nothing of the piece is needed in memory any more. Otherwise it is kept until it is discarded. */
  verified(piece: number, settled: boolean): void {
    const gathered = this.pieces.get(piece);
    if (gathered === undefined) return;
    gathered.verifying = false;
    if (settled) this.pieces.delete(piece);
    for (const buffer of gathered.buffers) {
      if (buffer === null) continue;
      if (settled) this.pool.free(buffer);
      else this.pool.backToGathering(buffer);
    }
  }

  discard(piece: number): void {
    const gathered = this.pieces.get(piece);
    if (gathered === undefined || gathered.verifying) return;
    this.pieces.delete(piece);
    for (const buffer of gathered.buffers) if (buffer !== null) this.pool.free(buffer);
  }

  /** Forgets all that is not being verified. */
  clear(): void {
    for (const piece of [...this.pieces.keys()]) this.discard(piece);
  }

  spill(buffer: PieceBuffer): void {
    const gathered = this.pieces.get(buffer.piece) as GatheredPiece;
    gathered.buffers[buffer.index] = null;
    gathered.spilled[buffer.index] = true;
    this.pool.startWriting(buffer);
    this.spillSegment(buffer.piece, buffer.index, segmentJob(buffer, true), () => this.pool.free(buffer));
  }

  private gather(piece: number): GatheredPiece {
    let gathered = this.pieces.get(piece);
    if (gathered === undefined) {
      const count = Math.ceil(this.lengthOf(piece) / this.segmentBytes);
      gathered = { buffers: new Array(count).fill(null), spilled: new Array(count).fill(false), verifying: false };
      this.pieces.set(piece, gathered);
    }
    return gathered;
  }

  private lengthOf(piece: number): number {
    return Math.min(this.pieceBytes, this.totalBytes - piece * this.pieceBytes);
  }
}

/** A segment of which nothing is in memory is looked for on disk. */
function segmentJob(buffer: PieceBuffer | null, spilled: boolean): SegmentJob {
  if (buffer === null) return { buffer: null, filled: [], spilled: true };
  return { buffer: buffer.shared, filled: [...buffer.filled], spilled };
}
