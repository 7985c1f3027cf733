/**
 * Reads of verified content for one store: in the order of the calls, ahead where reading is sequential, and with an eye on files
 * that change underneath. Owned by its FileStore; chunks are shared with the other stores through the cache.
 */

import { constants, fstatSync, openSync, read } from 'node:fs';
import { join } from 'node:path';
import type { Bitset } from '../core/bitset.ts';
import type { ReadOperation, StoreFailure, StoreFile } from '../core/host.ts';
import { ContentLayout, type FileSpan } from './content-layout.ts';
import type { DiskStoreSpec } from './disk-jobs.ts';
import type { Deferred, EventLoop } from './event-loop.ts';
import type { FileHandle, FileHandles } from './file-handles.ts';
import type { Chunk, ChunkOwner, ReadCache } from './read-cache.ts';
import { SafeFolder } from './safe-path.ts';
import { ContentError, storeFailureOf } from './store-failure.ts';
import { StoredBody } from './stored-body.ts';

/** Chunks follow pieces where pieces are of a reasonable size: peers ask for one piece after another, in any order. */
const CHUNK_BYTES_MIN = 64 << 10;
export const CHUNK_BYTES_MAX = 512 << 10;
const NO_DESCRIPTORS = ['EMFILE', 'ENFILE'];
/** Keys of one store in the cache. */
const CHUNKS_MAX = 2 ** 31;

interface PendingRead {
  readonly piece: number;
  readonly offset: number;
  readonly start: number;
  readonly length: number;
  readonly operation: ReadOperation;
  /** Null: the answer is null. */
  readonly chunks: readonly Chunk[] | null;
}

export class ContentReader implements ChunkOwner, Deferred {
  /** Size and mtime of each file as they were checked; null while the store writes to them. */
  stamps: Float64Array | null = null;
  private readonly loop: EventLoop;
  private readonly cache: ReadCache;
  private readonly handles: FileHandles;
  private readonly spec: DiskStoreSpec;
  /** What is verified; the store's own, which grows. */
  private readonly have: Bitset;
  private readonly layout: ContentLayout;
  private folder: SafeFolder;
  /** The files may be renamed at any moment: what is not open is opened when it is known where it lies. */
  private held = false;
  private readonly heldLoads: {
    readonly chunk: Chunk;
    readonly spans: readonly FileSpan[];
    readonly index: number;
    readonly at: number;
  }[] = [];
  private readonly chunkBytes: number;
  private readonly onFailure: (failure: StoreFailure) => void;
  private pending: PendingRead[] = [];
  private answered = 0;
  private draining = false;
  private failed = false;
  private lastChunk = -1;

  constructor(
    loop: EventLoop,
    cache: ReadCache,
    handles: FileHandles,
    spec: DiskStoreSpec,
    have: Bitset,
    onFailure: (failure: StoreFailure) => void,
  ) {
    this.have = have;
    this.loop = loop;
    this.cache = cache;
    this.handles = handles;
    this.spec = spec;
    this.layout = new ContentLayout(spec.files);
    this.folder = new SafeFolder(spec.location);
    this.chunkBytes = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, spec.pieceBytes));
    this.onFailure = onFailure;
  }

  read(piece: number, offset: number, length: number, operation: ReadOperation): void {
    const start = piece * this.spec.pieceBytes + offset;
    const chunks = this.failed ? null : this.chunksOf(start, length);
    this.pending.push({ piece, offset, start, length, operation, chunks });
    // Ready already: answered in a later event, when those before it have been.
    if (chunks === null || !chunks.some(isPending)) this.drainLater();
  }

  /** These bytes have just been verified: chunks that were read before hold something else there. */
  invalidate(start: number, end: number): void {
    for (let index = Math.floor(start / this.chunkBytes); index * this.chunkBytes < end; index++) {
      const chunk = this.cache.get(this.keyOf(index));
      if (chunk !== null) this.cache.remove(chunk);
    }
  }

  hold(): void {
    this.held = true;
  }

  /** The files lie at that place, and are as they were; how they look there is not known yet. */
  moveTo(location: string): void {
    this.folder = new SafeFolder(location);
    this.stamps = null;
    this.handles.dropStore(this.spec.store);
  }

  unhold(): void {
    this.held = false;
    for (const { chunk, spans, index, at } of this.heldLoads.splice(0)) this.loadSpan(chunk, spans, index, at);
  }

  /** Answers all that waits with null, and lets go of chunks and files. */
  close(): void {
    this.failed = true;
    this.unhold();
    this.cache.removeAllOf(this);
    this.handles.dropStore(this.spec.store);
    this.drainLater();
  }

  // ---- answering --------------------------------------------------------------------------------------------------------------

  onChunk(_chunk: Chunk): void {
    this.drain();
  }

  runDeferred(): void {
    this.draining = false;
    this.drain();
  }

  private drainLater(): void {
    if (this.draining) return;
    this.draining = true;
    this.loop.later(this);
  }

  private drain(): void {
    while (this.answered < this.pending.length) {
      const next = this.pending[this.answered] as PendingRead;
      const waits = !this.failed && next.chunks?.some(isPending);
      if (waits === true) return;
      this.answered++;
      this.answer(next);
      // Shifting one by one would move the whole queue each time.
      if (this.answered < 256 && this.answered < this.pending.length) continue;
      this.pending = this.pending.slice(this.answered);
      this.answered = 0;
    }
  }

  private answer({ piece, offset, start, length, operation, chunks }: PendingRead): void {
    const body = this.failed || chunks === null ? null : this.bodyOf(chunks, start, length);
    if (body === null && chunks !== null) for (const chunk of chunks) chunk.returned();
    if (!this.loop.begin()) return;
    operation.onRead(piece, offset, body);
    this.loop.end();
  }

  /** A slice where one chunk has it all; a copy where it takes several, or where too many chunks are held up already. */
  private bodyOf(chunks: readonly Chunk[], start: number, length: number): Uint8Array | null {
    if (chunks.some(({ state }) => state !== 'ready')) return null;
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined && !this.cache.crowded) {
      const body = new StoredBody(first.buffer as ArrayBuffer, start - first.start, length);
      body.lender = first;
      return body;
    }
    const copy = new Uint8Array(length);
    for (const chunk of chunks) {
      const from = Math.max(start, chunk.start);
      const to = Math.min(start + length, chunk.start + chunk.length);
      copy.set(new Uint8Array(chunk.buffer as ArrayBuffer, from - chunk.start, to - from), from - start);
      chunk.returned();
    }
    return copy;
  }

  // ---- chunks -----------------------------------------------------------------------------------------------------------------

  private keyOf(index: number): number {
    return this.spec.store * CHUNKS_MAX + index;
  }

  private chunksOf(start: number, length: number): Chunk[] {
    const chunks: Chunk[] = [];
    const last = Math.floor((start + Math.max(1, length) - 1) / this.chunkBytes);
    for (let index = Math.floor(start / this.chunkBytes); index <= last; index++) {
      const chunk = this.chunkAt(index);
      chunk.lent++;
      chunks.push(chunk);
    }
    if (last !== this.lastChunk) this.readAhead(last);
    this.lastChunk = last;
    return chunks;
  }

  private chunkAt(index: number): Chunk {
    const start = index * this.chunkBytes;
    const length = Math.min(this.chunkBytes, this.layout.totalBytes - start);
    return this.cache.get(this.keyOf(index)) ?? this.cache.add(this, this.keyOf(index), start, length);
  }

  /** The next chunk will be asked for if it belongs to the same piece, or if reading goes on where it was. */
  private readAhead(index: number): void {
    const next = (index + 1) * this.chunkBytes;
    if (next >= this.layout.totalBytes || !this.cache.leisure) return;
    const samePiece = Math.floor((next - 1) / this.spec.pieceBytes) === Math.floor(next / this.spec.pieceBytes);
    if (samePiece || index === this.lastChunk + 1) this.chunkAt(index + 1);
  }

  load(chunk: Chunk): void {
    this.loadSpan(chunk, this.spansOf(chunk), 0, 0);
  }

  /**
   * A chunk may reach into pieces that are not there yet, whose files may be short or missing: those parts are zeros until their
   * piece is verified, which drops the chunk.
   */
  private spansOf(chunk: Chunk): FileSpan[] {
    const { pieceBytes } = this.spec;
    const end = chunk.start + chunk.length;
    const spans: FileSpan[] = [];
    for (let at = chunk.start; at < end; ) {
      let piece = Math.floor(at / pieceBytes);
      const isThere = this.have.has(piece);
      do piece++;
      while (piece * pieceBytes < end && this.have.has(piece) === isThere);
      const stop = Math.min(end, piece * pieceBytes);
      if (isThere) spans.push(...this.layout.spans(at, stop));
      else spans.push({ file: 0, fileOffset: 0, length: stop - at, pad: true });
      at = stop;
    }
    return spans;
  }

  private loadSpan(chunk: Chunk, spans: readonly FileSpan[], index: number, at: number): void {
    if (this.held) return void this.heldLoads.push({ chunk, spans, index, at });
    const span = spans[index];
    if (span === undefined) return this.cache.loaded(chunk, true);
    if (span.pad) {
      new Uint8Array(chunk.buffer as ArrayBuffer, at, span.length).fill(0);
      return this.loadSpan(chunk, spans, index + 1, at + span.length);
    }
    let handle: FileHandle;
    try {
      handle = this.handleOf(span.file);
    } catch (error) {
      return this.loadFailed(chunk, error, span.file);
    }
    handle.users++;
    read(handle.fd, new Uint8Array(chunk.buffer as ArrayBuffer), at, span.length, span.fileOffset, (error, count) => {
      const failure = error ?? this.changeOf(span.file, handle);
      this.handles.release(handle);
      if (failure !== null) return this.loadFailed(chunk, failure, span.file);
      if (count === span.length) return this.loadSpan(chunk, spans, index + 1, at + span.length);
      if (count === 0) return this.loadFailed(chunk, this.changed(span.file, `it ends at byte ${span.fileOffset}`), span.file);
      const rest = { ...span, fileOffset: span.fileOffset + count, length: span.length - count };
      this.loadSpan(chunk, spans.with(index, rest), index, at + count);
    });
  }

  private loadFailed(chunk: Chunk, error: unknown, file: number): void {
    // Connections have taken all descriptors: this read has no answer, the next one may have.
    if (NO_DESCRIPTORS.includes((error as NodeJS.ErrnoException).code ?? '')) return this.cache.loaded(chunk, false);
    const failure = storeFailureOf(error, this.pathText(file));
    const report = !this.failed;
    this.failed = true;
    this.cache.loaded(chunk, false);
    if (report) this.onFailure(failure);
  }

  // ---- files ------------------------------------------------------------------------------------------------------------------

  private handleOf(file: number): FileHandle {
    const open = this.handles.get(this.spec.store, file);
    if (open !== null) return open;
    const place = this.folder.locate((this.spec.files[file] as StoreFile).path, false);
    // Without O_NONBLOCK a pipe that has taken the place of the file would hold us up for ever.
    const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return this.handles.add(this.spec.store, file, fd);
  }

  /**
   * What has happened to the file since it was checked, or null. Asked behind each read: a writer sets the time before the bytes, so
   * that bytes read before an unchanged time are the old ones.
   */
  private changeOf(file: number, handle: FileHandle): ContentError | null {
    if (this.stamps === null) return null;
    const { size, mtimeMs } = fstatSync(handle.fd);
    if (size === this.stamps[file * 2] && mtimeMs === this.stamps[file * 2 + 1]) return null;
    return this.changed(file, size === this.stamps[file * 2] ? 'it was written to since' : `it has ${size} bytes now`);
  }

  private changed(file: number, why: string): ContentError {
    return new ContentError('changed', this.pathText(file), why);
  }

  private pathText(file: number): string {
    return join(this.folder.path, ...(this.spec.files[file] as StoreFile).path);
  }
}

function isPending(chunk: Chunk): boolean {
  return chunk.state === 'queued' || chunk.state === 'loading';
}
