/** One store as a disk thread sees it: opens, reads, hashes and writes its files, synchronously. Owned by the disk thread. */

import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { AlignedPieces } from '../core/aligned-pieces.ts';
import { Bitset } from '../core/bitset.ts';
import type { StoreFile } from '../core/host.ts';
import { ContentMove } from './content-move.ts';
import { ContentLayout, type FileSpan } from './content-layout.ts';
import { type DiskJobs, type DiskStoreSpec, SEGMENT_BYTES_MAX, type SegmentJob, segmentBytesOf } from './disk-jobs.ts';
import type { FileHandles } from './file-handles.ts';
import { clearOld, journalPath, type MoveJournal, settleMove, writeJournal } from './move-journal.ts';
import { digestBytesOf, hasBlockTrees, PieceDigest } from './piece-digest.ts';
import { type ResumeRecord, readRecord, writeRecord } from './resume-record.ts';
import { assertPlainComponents, SafeFolder } from './safe-path.ts';
import { ContentError } from './store-failure.ts';
import { WholeHashes } from './whole-hashes.ts';

const FINGERPRINT_BLOCK_BYTES = 16 << 10;
const FINGERPRINT_HEX_DIGITS = 16;
const EXECUTABLE_MODE = 0o111;
const ABSENT = -1;
const NO_SEGMENT: SegmentJob = { buffer: null, filled: [], spilled: false };
/** Hashed in one job: others shall not wait long. */
const MATCH_STEP_BYTES = 8 << 20;
/** A link or a pipe in the place of a file is neither followed nor waited for. */
const OPEN_FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Reading back happens through one buffer a thread; a store works on one job at a time. */
const scratch = new Uint8Array(SEGMENT_BYTES_MAX);

type Args<N extends keyof DiskJobs> = DiskJobs[N]['args'];
type Result<N extends keyof DiskJobs> = DiskJobs[N]['result'];

export class DiskStore {
  private readonly spec: DiskStoreSpec;
  private readonly layout: ContentLayout;
  /** Where the trees of pieces end; null where pieces have none. */
  private readonly aligned: AlignedPieces | null;
  private folder: SafeFolder;
  /** While content is on its way to another folder. */
  private move: ContentMove | null = null;
  /** What a move that has ended has left at the old place. */
  private left: MoveJournal | null = null;
  private journalPath: string | null = null;
  /** While the whole is hashed. */
  private whole: WholeHashes | null = null;
  private readonly handles: FileHandles;
  private readonly segmentBytes: number;
  private readonly pieceCount: number;
  /** Pieces verified and written here: a record that was asked for before the answer about them was heard has them too. */
  private readonly written: Bitset;

  constructor(spec: DiskStoreSpec, handles: FileHandles) {
    this.spec = spec;
    this.layout = new ContentLayout(spec.files);
    this.aligned = hasBlockTrees(spec.hashing) ? new AlignedPieces(spec.files, spec.pieceBytes) : null;
    this.folder = new SafeFolder(spec.location);
    this.handles = handles;
    this.segmentBytes = segmentBytesOf(spec.pieceBytes);
    this.pieceCount = Math.ceil(this.layout.totalBytes / spec.pieceBytes);
    this.written = new Bitset(this.pieceCount);
  }

  open({ recordPath, recheck }: Args<'open'>): Result<'open'> {
    this.written.clear();
    for (const file of this.spec.files) assertPlainComponents(file.path);
    if (recordPath !== null) {
      const location = settleMove(journalPath(recordPath), this.folder.path, this.spec.files);
      if (location !== this.folder.path) this.folder = new SafeFolder(location);
    }
    const stamps = this.stamps();
    const record = recordPath === null || recheck ? null : this.fitting(readRecord(recordPath));
    const have = record === null ? new Bitset(this.pieceCount) : new Bitset(this.pieceCount, record.have);
    const doubtful = new Bitset(this.pieceCount);
    const absent: number[] = [];
    for (const [index, file] of this.spec.files.entries()) {
      if (file.length === 0 || file.pad) continue;
      const size = stamps[index * 2] as number;
      if (size === ABSENT) absent.push(index);
      else if (record?.stamps[index * 2] === size && this.vouches(record, stamps, index)) continue;
      this.forFilePieces(index, (piece) => {
        have.delete(piece);
        doubtful.add(piece);
      });
    }
    // A piece that needs a file which is not there cannot be right.
    for (const file of absent) this.forFilePieces(file, (piece) => doubtful.delete(piece));
    if (absent.length > 0 && !this.spec.writable) throw new ContentError('missing', this.pathText(absent[0] as number), 'it is not there');
    return { have: have.bytes, doubtful: doubtful.bytes, stamps, location: this.folder.path };
  }

  prepare({ wanted }: Args<'prepare'>): null {
    for (const [index, file] of this.spec.files.entries()) {
      if (file.length > 0 || file.pad || wanted?.[index] === false) continue;
      if (file.symlink !== null) this.link(file, file.symlink);
      else this.writable(index);
    }
    return null;
  }

  hash({ first, count, strict }: Args<'hash'>): Result<'hash'> {
    const digestBytes = digestBytesOf(this.spec.hashing);
    const hashes = new Uint8Array(count * digestBytes);
    for (let index = 0; index < count; index++) {
      try {
        hashes.set(this.hashOnDisk(first + index), index * digestBytes);
      } catch (error) {
        const gone = error instanceof ContentError || (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (strict || !gone) throw error;
      }
    }
    return hashes;
  }

  verify({ piece, segments, expected }: Args<'verify'>): Result<'verify'> {
    // A segment of which some is on disk is completed there, and read back from there.
    for (const [index, segment] of segments.entries()) if (segment.spilled) this.spill({ piece, index, segment });
    const isRight =
      expected === null ? this.isGathered(piece, segments) : Buffer.compare(this.hashSegments(piece, segments), expected) === 0;
    if (!isRight) return false;
    for (const [index, segment] of segments.entries()) {
      if (segment.spilled) continue;
      const { start, length } = this.segmentRange(piece, index);
      this.write(start, new Uint8Array(segmentBuffer(segment), 0, length));
    }
    this.written.add(piece);
    return true;
  }

  spill({ piece, index, segment }: Args<'spill'>): null {
    if (segment.buffer === null) return null;
    const { start } = this.segmentRange(piece, index);
    for (let pair = 0; pair + 1 < segment.filled.length; pair += 2) {
      const from = segment.filled[pair] as number;
      this.write(start + from, new Uint8Array(segment.buffer, from, (segment.filled[pair + 1] as number) - from));
    }
    return null;
  }

  fingerprints({ piece, segments }: Args<'fingerprints'>): Result<'fingerprints'> {
    const fingerprints: string[] = [];
    for (let index = 0; index < this.segmentCount(piece); index++) {
      const bytes = this.segmentBytesIn(piece, index, segments[index]);
      for (let at = 0; at < bytes.length; at += FINGERPRINT_BLOCK_BYTES) {
        fingerprints.push(hash('sha1', bytes.subarray(at, at + FINGERPRINT_BLOCK_BYTES), 'hex').slice(0, FINGERPRINT_HEX_DIGITS));
      }
    }
    return fingerprints;
  }

  match({ hashes, isFirst }: Args<'match'>): Result<'match'> {
    if (isFirst || this.whole === null) this.whole = new WholeHashes(hashes, this.layout.totalBytes);
    const { whole } = this;
    const end = Math.min(this.layout.totalBytes, whole.seenBytes + MATCH_STEP_BYTES);
    while (whole.seenBytes < end) {
      const bytes = scratch.subarray(0, Math.min(scratch.length, end - whole.seenBytes));
      this.read(whole.seenBytes, bytes);
      whole.update(bytes);
    }
    if (end < this.layout.totalBytes) return null;
    this.whole = null;
    return whole.match();
  }

  leaves({ piece, segments }: Args<'leaves'>): Result<'leaves'> {
    return this.digestOf(piece, segments).blockHashes;
  }

  record({ path, have }: Args<'record'>): Result<'record'> {
    const stamps = this.stamps();
    const pieces = new Bitset(this.pieceCount, have.slice());
    // The times of the files speak for these too: left out, they would be taken for missing.
    for (let piece = 0; piece < this.pieceCount; piece++) if (this.written.has(piece)) pieces.add(piece);
    this.assertThere(stamps, pieces);
    if (path === null) return stamps;
    try {
      writeRecord(path, { pieceBytes: this.spec.pieceBytes, pieceCount: this.pieceCount, stamps, have: pieces.bytes });
    } catch {
      // Without it the content is checked the next time: no reason to stop now.
    }
    return stamps;
  }

  /** That an open file is removed is seen by its path alone: writes go on into what nobody can find any more. */
  private assertThere(stamps: Float64Array, have: Bitset): void {
    for (const [index, file] of this.spec.files.entries()) {
      if (file.length === 0 || file.pad || stamps[index * 2] !== ABSENT) continue;
      this.forFilePieces(index, (piece) => {
        if (have.has(piece)) throw new ContentError('missing', this.pathText(index), 'it is not there any more');
      });
    }
  }

  moveBegin({ location, recordPath }: Args<'moveBegin'>): Result<'moveBegin'> {
    this.journalPath = recordPath === null ? null : journalPath(recordPath);
    const move = new ContentMove(this.folder.path, location, this.spec.files, this.journalPath);
    const renamed = move.begin();
    if (renamed) this.folder = move.folder;
    else this.move = move;
    return renamed;
  }

  moveStep(): Result<'moveStep'> {
    return this.moving.step();
  }

  moveEnd(): Result<'moveEnd'> {
    const { moving } = this;
    this.left = moving.end();
    this.move = null;
    this.folder = moving.folder;
    this.handles.dropStore(this.spec.store);
    return null;
  }

  moveClear(): Result<'moveClear'> {
    const { left } = this;
    this.left = null;
    if (left === null) return null;
    clearOld(left, this.spec.files);
    if (this.journalPath !== null) writeJournal(this.journalPath, { ...left, phase: 'settled', stamps: [] });
    return null;
  }

  moveAbort(): Result<'moveAbort'> {
    this.move?.abort();
    this.move = null;
    return null;
  }

  private get moving(): ContentMove {
    if (this.move === null) throw new Error('expected a move that has begun, got none');
    return this.move;
  }

  close(): void {
    this.moveAbort();
    this.handles.dropStore(this.spec.store);
  }

  // ---- pieces and segments ------------------------------------------------------------------------------------------------------

  /** A record of other content under this key is no record. */
  private fitting(record: ResumeRecord | null): ResumeRecord | null {
    const { pieceBytes, files } = this.spec;
    const fits = record?.pieceBytes === pieceBytes && record.pieceCount === this.pieceCount && record.stamps.length === files.length * 2;
    return fits ? record : null;
  }

  /**
   * That a file was written to since makes its pieces doubtful where a hash can tell. Where none can, what was not lost by a crash would be
   * thrown away with what was.
   */
  private vouches(record: ResumeRecord, stamps: Float64Array, file: number): boolean {
    return this.spec.hashing === 'none' || record.stamps[file * 2 + 1] === stamps[file * 2 + 1];
  }

  private forFilePieces(file: number, visit: (piece: number) => void): void {
    const start = this.layout.startOf(file);
    const end = start + (this.spec.files[file] as StoreFile).length;
    for (let piece = Math.floor(start / this.spec.pieceBytes); piece * this.spec.pieceBytes < end; piece++) visit(piece);
  }

  private pieceRange(piece: number): { start: number; end: number } {
    const start = piece * this.spec.pieceBytes;
    return { start, end: Math.min(start + this.spec.pieceBytes, this.layout.totalBytes) };
  }

  private segmentCount(piece: number): number {
    const { start, end } = this.pieceRange(piece);
    return Math.ceil((end - start) / this.segmentBytes);
  }

  private segmentRange(piece: number, index: number): { start: number; length: number } {
    const { start, end } = this.pieceRange(piece);
    const from = start + index * this.segmentBytes;
    return { start: from, length: Math.min(this.segmentBytes, end - from) };
  }

  private hashOnDisk(piece: number): Uint8Array {
    return this.hashSegments(piece, []);
  }

  private hashSegments(piece: number, segments: readonly SegmentJob[]): Uint8Array {
    const once = this.spec.hashing === 'sha1' && this.segmentCount(piece) === 1;
    if (once) return hash('sha1', this.segmentBytesIn(piece, 0, segments[0]), 'buffer');
    return this.digestOf(piece, segments).digest();
  }

  /** Nothing is missing in what is in memory; of what was written ahead nobody knows here. */
  private isGathered(piece: number, segments: readonly SegmentJob[]): boolean {
    for (let index = 0; index < this.segmentCount(piece); index++) {
      const { buffer, spilled, filled } = segments[index] ?? NO_SEGMENT;
      if (spilled) continue;
      if (buffer === null || filled[0] !== 0 || filled[1] !== this.segmentRange(piece, index).length) return false;
    }
    return true;
  }

  private digestOf(piece: number, segments: readonly SegmentJob[]): PieceDigest {
    const { start, end } = this.pieceRange(piece);
    const digest = new PieceDigest(this.spec.hashing, this.aligned, piece, end - start);
    const count = this.segmentCount(piece);
    for (let index = 0; index < count; index++) digest.update(this.segmentBytesIn(piece, index, segments[index]));
    return digest;
  }

  /** What is in memory, or else what is on disk; borrowed until the next call. */
  private segmentBytesIn(piece: number, index: number, segment: SegmentJob | undefined): Uint8Array {
    const { start, length } = this.segmentRange(piece, index);
    if (segment !== undefined && !segment.spilled) return new Uint8Array(segmentBuffer(segment), 0, length);
    const bytes = scratch.subarray(0, length);
    this.read(start, bytes);
    return bytes;
  }

  // ---- files -------------------------------------------------------------------------------------------------------------------------

  private read(start: number, into: Uint8Array): void {
    let at = 0;
    for (const span of this.layout.spans(start, start + into.length)) {
      const part = into.subarray(at, at + span.length);
      at += span.length;
      if (span.pad) part.fill(0);
      else this.readSpan(span, part);
    }
  }

  private readSpan(span: FileSpan, into: Uint8Array): void {
    const fd = this.handles.get(this.spec.store, span.file)?.fd ?? this.readable(span.file);
    let done = 0;
    while (done < into.length) {
      const count = readSync(fd, into, done, into.length - done, span.fileOffset + done);
      if (count === 0) throw new ContentError('changed', this.pathText(span.file), `it ends at byte ${span.fileOffset + done}`);
      done += count;
    }
  }

  private write(start: number, bytes: Uint8Array): void {
    let at = 0;
    for (const span of this.layout.spans(start, start + bytes.length)) {
      const end = at + span.length;
      if (!span.pad) {
        const fd = this.handles.get(this.spec.store, span.file)?.fd ?? this.writable(span.file);
        for (let done = 0; done < span.length; ) done += writeSync(fd, bytes, at + done, span.length - done, span.fileOffset + done);
        this.move?.wrote(span.file, span.fileOffset, span.length);
      }
      at = end;
    }
  }

  private readable(file: number): number {
    const mode = (this.spec.writable ? constants.O_RDWR : constants.O_RDONLY) | OPEN_FLAGS;
    const fd = openSync(this.folder.locate((this.spec.files[file] as StoreFile).path, false), mode);
    return this.handles.add(this.spec.store, file, fd).fd;
  }

  /** Opens or makes the file, as long as it will be: the parts that have not come are holes. */
  private writable(file: number): number {
    const { path, length, executable } = this.spec.files[file] as StoreFile;
    const fd = openSync(this.folder.locate(path, true), constants.O_RDWR | constants.O_CREAT | OPEN_FLAGS, 0o666);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw new ContentError('changed', this.pathText(file), 'it is no regular file');
      if (stat.size !== length) ftruncateSync(fd, length);
      this.move?.wrote(file, 0, 1);
      if (executable && (stat.mode & EXECUTABLE_MODE) === 0) fchmodSync(fd, stat.mode | EXECUTABLE_MODE);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return this.handles.add(this.spec.store, file, fd).fd;
  }

  /** BEP 47: a link to another file of the content, as a relative path. What is there already stays. */
  private link(file: StoreFile, target: readonly string[]): void {
    assertPlainComponents(target);
    const place = this.folder.locate(file.path, true);
    try {
      symlinkSync(relative(dirname(join(this.folder.path, ...file.path)), join(this.folder.path, ...target)), place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }

  private stamps(): Float64Array {
    const stamps = new Float64Array(this.spec.files.length * 2);
    for (const [index, file] of this.spec.files.entries()) {
      stamps[index * 2] = ABSENT;
      if (file.pad) continue;
      // A path through a missing folder is as absent as a missing file; what cannot be looked at fails when it is read.
      const stat = this.statOf(file);
      if (stat === undefined || !stat.isFile()) continue;
      stamps[index * 2] = stat.size;
      stamps[index * 2 + 1] = stat.mtimeMs;
    }
    return stamps;
  }

  private statOf(file: StoreFile): Stats | undefined {
    try {
      return statSync(join(this.folder.path, ...file.path), { throwIfNoEntry: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  private pathText(file: number): string {
    return join(this.folder.path, ...(this.spec.files[file] as StoreFile).path);
  }
}

function segmentBuffer(segment: SegmentJob): SharedArrayBuffer {
  if (segment.buffer === null) throw new Error('expected the bytes of a segment that has not been spilled, got none');
  return segment.buffer;
}
