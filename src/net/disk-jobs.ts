/** What the main thread asks of a disk thread and what comes back: plain data that survives `postMessage`. */

import type { ContentHashes, StoreFailure, StoreFile } from '../core/host.ts';
import type { PieceHashing } from './piece-digest.ts';

/** The part of a StoreSpec that a disk thread works with; `store` tells stores of one host apart. */
export interface DiskStoreSpec {
  readonly store: number;
  readonly location: string;
  readonly files: readonly StoreFile[];
  readonly pieceBytes: number;
  readonly hashing: PieceHashing;
  readonly writable: boolean;
}

/** A part of a piece: what is gathered of it in memory, and whether some of it has been written ahead of verification. */
export interface SegmentJob {
  /** The gathered bytes; null when nothing is in memory. */
  readonly buffer: SharedArrayBuffer | null;
  /** Pairs of start and end within the segment: what of `buffer` is filled. */
  readonly filled: readonly number[];
  readonly spilled: boolean;
}

export interface OpenResult {
  /** Pieces that the record vouches for, in BitTorrent's bit order. */
  readonly have: Uint8Array;
  /** Pieces that must be hashed to know; all of their files exist. */
  readonly doubtful: Uint8Array;
  readonly stamps: Float64Array;
  /** Where it all lies: the place asked for, or where it was moved to. */
  readonly location: string;
}

/** Arguments and result of each job. */
export interface DiskJobs {
  /** First of all: what the other jobs are about. */
  attach: { readonly args: DiskStoreSpec; readonly result: null };
  /** Looks at the files, and at the record when it may be trusted. */
  open: { readonly args: { readonly recordPath: string | null; readonly recheck: boolean }; readonly result: OpenResult };
  /** Makes the wanted files that no piece will ever write: empty ones and links. */
  prepare: { readonly args: { readonly wanted: readonly boolean[] | null }; readonly result: null };
  /** The digest of each piece; zeros where a file is missing or short, unless `strict`: then that is a failure. */
  hash: { readonly args: { readonly first: number; readonly count: number; readonly strict: boolean }; readonly result: Uint8Array };
  /** Hashes a piece and, when it is right, writes what is not on disk yet; `expected` null: it has no hash, and is right when it is whole. */
  verify: {
    readonly args: { readonly piece: number; readonly segments: readonly SegmentJob[]; readonly expected: Uint8Array | null };
    readonly result: boolean;
  };
  /** Writes the filled parts of one segment ahead of verification. */
  spill: { readonly args: { readonly piece: number; readonly index: number; readonly segment: SegmentJob }; readonly result: null };
  fingerprints: { readonly args: { readonly piece: number; readonly segments: readonly SegmentJob[] }; readonly result: readonly string[] };
  /** Hashes a part of the whole, the first or the next; null: there is more. */
  match: { readonly args: { readonly hashes: ContentHashes; readonly isFirst: boolean }; readonly result: boolean | null };
  /** SHA-256 of each block of a piece. */
  leaves: { readonly args: { readonly piece: number; readonly segments: readonly SegmentJob[] }; readonly result: Uint8Array };
  /** Writes the record, if there is a place for it, and says how the files look now. */
  record: { readonly args: { readonly path: string | null; readonly have: Uint8Array }; readonly result: Float64Array };
  /** Begins to move everything to that folder. True: it is there; else steps follow. */
  moveBegin: { readonly args: { readonly location: string; readonly recordPath: string | null }; readonly result: boolean };
  /** Copies a little. False: only little is left. */
  moveStep: { readonly args: null; readonly result: boolean };
  /** Copies the rest, and works at the new place from then on. */
  moveEnd: { readonly args: null; readonly result: null };
  /** Removes what was copied from the old place. */
  moveClear: { readonly args: null; readonly result: null };
  /** Takes back a move that has begun and not ended. */
  moveAbort: { readonly args: null; readonly result: null };
  /** Last of all. */
  detach: { readonly args: null; readonly result: null };
}

export type DiskJobName = keyof DiskJobs;

export interface DiskRequest<N extends DiskJobName = DiskJobName> {
  readonly id: number;
  readonly store: number;
  readonly name: N;
  readonly args: DiskJobs[N]['args'];
}

export interface DiskReply {
  readonly id: number;
  readonly failure: StoreFailure | null;
  readonly result: unknown;
}

/** Pieces are gathered, spilled and read back in parts of at most this size, so that a 64 MiB piece needs no 64 MiB buffer. */
export const SEGMENT_BYTES_MAX = 1 << 20;

export function segmentBytesOf(pieceBytes: number): number {
  return Math.min(pieceBytes, SEGMENT_BYTES_MAX);
}
