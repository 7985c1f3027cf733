/**
 * A content store of the Host contract on files: gathers blocks in memory, has a disk thread hash and write them, reads ahead for
 * those who ask, and remembers in a small record what was verified. Owned by the host's storage.
 */

import { Bitset } from '../core/bitset.ts';
import { equalBytes } from '../core/bytes.ts';
import { HostEvent } from '../core/events.ts';
import type {
  Body,
  ContentHashes,
  FingerprintOperation,
  LeavesOperation,
  MatchOperation,
  MoveOperation,
  ReadOperation,
  RoomOperation,
  Store,
  StoreFailure,
  StoreHandler,
  StoreSpec,
  VerifyOperation,
} from '../core/host.ts';
import { SHA1_BYTES } from '../core/sha1.ts';
import { SHA256_BYTES } from '../core/sha256.ts';
import { TIGER_BYTES } from '../core/tiger.ts';
import { ContentHasher } from './content-hasher.ts';
import { ContentReader } from './content-reader.ts';
import type { DiskDone } from './disk-threads.ts';
import { type DiskJobName, type DiskJobs, type DiskStoreSpec, type OpenResult } from './disk-jobs.ts';
import { DiskStore } from './disk-store.ts';
import type { Deferred } from './event-loop.ts';
import { askRoom } from './disk-room.ts';
import { GatheredPieces } from './gathered-pieces.ts';
import { digestBytesOf, type PieceHashing } from './piece-digest.ts';
import { recordPath } from './resume-record.ts';
import type { Storage } from './storage.ts';
import { storeFailureOf } from './store-failure.ts';
import { type MovingStore, StoreMove } from './store-move.ts';

/** A crash costs a new check of at most what changed in this time; more with very many files, each of which is looked at. */
const RECORD_EVERY_MS = 10_000;
const RECORD_MS_PER_FILE = 1;

const STORE_OPENED = 1;
const STORE_FAILED = 2;
const STORE_BEHIND = 3;
const STORE_DRAINED = 4;
const STORE_CLOSED = 5;

/** So few files are looked at in this thread: a thousand small seeds are up before another thread has started, and need none. */
const FILES_LOOKED_AT_HERE_MAX = 16;

const NO_DIGEST = new Uint8Array(0);

type State = 'opening' | 'ready' | 'failed' | 'closing' | 'closed';

export class FileStore implements Store, MovingStore {
  readonly have: Bitset;
  private readonly storage: Storage;
  private spec: DiskStoreSpec;
  private readonly handler: StoreHandler;
  private readonly recordPath: string | null;
  private readonly pieceHashes: Uint8Array;
  private readonly pieceRoots: Uint8Array | null;
  private readonly pieceTigers: Uint8Array | null;
  private readonly totalBytes: number;
  private readonly pieces: GatheredPieces;
  private readonly reader: ContentReader;
  private state: State = 'opening';
  private wanted: readonly boolean[] | null = null;
  private hasher: ContentHasher | null = null;
  private checkedBytes = 0;
  /** Counts writes, to know whether a look at the files is still true. */
  private writes = 0;
  private recordDue = false;
  private recordTimer: NodeJS.Timeout | null = null;
  private behind = false;
  private moving = false;
  private recheckDue = false;

  constructor(storage: Storage, store: number, spec: StoreSpec, handler: StoreHandler) {
    const { location, files, pieceBytes, pieceHashes, pieceRoots, pieceTigers = null, writable, totalBytes } = spec;
    const pieceCount = Math.ceil(totalBytes / pieceBytes);
    const hashing = hashingOf(spec);
    const hashBytes = pieceHashes.length + (pieceRoots?.length ?? 0) + (pieceTigers?.length ?? 0);
    if (hashBytes !== pieceCount * digestBytesOf(hashing)) {
      throw new RangeError(`expected ${pieceCount} hashes of ${digestBytesOf(hashing)} bytes, got ${hashBytes} bytes`);
    }
    this.storage = storage;
    this.spec = { store, location, files, pieceBytes, hashing, writable };
    this.pieceHashes = pieceHashes;
    this.pieceRoots = pieceRoots;
    this.pieceTigers = pieceTigers;
    this.handler = handler;
    this.totalBytes = totalBytes;
    this.recordPath = storage.stateFolder === null ? null : recordPath(storage.stateFolder, spec.key);
    this.have = new Bitset(pieceCount);
    this.pieces = new GatheredPieces(storage.buffers, pieceBytes, totalBytes, (piece, index, segment, written) => {
      this.wroteFiles();
      this.submit('spill', { piece, index, segment }, (_result, failure) => {
        written();
        if (failure !== null) this.fail(failure);
      });
    });
    this.reader = new ContentReader(storage.loop, storage.cache, storage.handles, this.spec, this.have, (failure) => this.fail(failure));
    this.look(spec.recheck === 'check');
  }

  // ---- Store ------------------------------------------------------------------------------------------------------------------

  write(piece: number, offset: number, body: Body): boolean {
    if (this.state !== 'ready' || this.have.has(piece)) return true;
    if (!this.spec.writable) throw new Error('expected a store opened for writing, this one is read-only');
    // Bodies of this host are byte arrays: its own deframers made them.
    this.pieces.put(piece, offset, body as Uint8Array);
    if (!this.storage.buffers.behind) return true;
    if (!this.behind) {
      this.behind = true;
      this.storage.tap(HostEvent.store, STORE_BEHIND, 0, 0);
      this.storage.buffers.whenDrained(this.onDrained);
    }
    return false;
  }

  verify(piece: number, operation: VerifyOperation): void {
    if (this.state !== 'ready' || this.pieces.isVerifying(piece)) return;
    const segments = this.pieces.startVerifying(piece);
    this.wroteFiles();
    this.submit('verify', { piece, segments, expected: this.expected(piece) }, (ok, failure) => {
      this.pieces.verified(piece, ok === true || failure !== null);
      if (failure !== null) return this.fail(failure);
      if (ok === true) this.add(piece);
      if (this.state !== 'ready' || !this.storage.loop.begin()) return;
      operation.onVerified(piece, ok === true);
      this.storage.loop.end();
    });
  }

  discard(piece: number): void {
    this.pieces.discard(piece);
  }

  fingerprints(piece: number, operation: FingerprintOperation): void {
    if (this.state !== 'ready') return;
    const segments = this.pieces.segmentsOf(piece);
    this.submit('fingerprints', { piece, segments }, (result, failure) => {
      if (failure !== null) return this.fail(failure);
      if (this.state !== 'ready' || !this.storage.loop.begin()) return;
      operation.onFingerprints(piece, result ?? []);
      this.storage.loop.end();
    });
  }

  leaves(piece: number, operation: LeavesOperation): void {
    if (this.state !== 'ready') return;
    this.submit('leaves', { piece, segments: this.pieces.segmentsOf(piece) }, (leaves, failure) => {
      if (failure !== null) return this.fail(failure);
      if (this.state !== 'ready' || !this.storage.loop.begin()) return;
      operation.onLeaves(piece, leaves as Uint8Array);
      this.storage.loop.end();
    });
  }

  forget(piece: number): void {
    this.discard(piece);
    if (this.state !== 'ready' || this.spec.hashing !== 'none' || !this.have.has(piece)) return;
    this.have.delete(piece);
    this.recordLater();
  }

  match(hashes: ContentHashes, operation: MatchOperation): void {
    this.matchStep(hashes, true, operation);
  }

  private matchStep(hashes: ContentHashes, isFirst: boolean, operation: MatchOperation): void {
    if (this.state !== 'ready') return;
    this.submit('match', { hashes, isFirst }, (matches, failure) => {
      if (failure !== null) return this.fail(failure);
      if (matches === null) return this.matchStep(hashes, false, operation);
      if (this.state !== 'ready' || !this.storage.loop.begin()) return;
      operation.onMatched(matches);
      this.storage.loop.end();
    });
  }

  read(piece: number, offset: number, length: number, operation: ReadOperation): void {
    this.reader.read(piece, offset, length, operation);
  }

  select(wanted: readonly boolean[]): void {
    this.wanted = wanted;
    if (this.state === 'ready') this.prepareLater();
  }

  room(operation: RoomOperation): void {
    const haveBytes = this.have.count * this.spec.pieceBytes;
    askRoom(this.spec.location, this.spec.files, haveBytes, (room) => {
      if (this.state === 'closing' || this.state === 'closed' || !this.storage.loop.begin()) return;
      operation.onRoom(room);
      this.storage.loop.end();
    });
  }

  get location(): string {
    return this.spec.location;
  }

  get isOpen(): boolean {
    return this.state === 'ready';
  }

  move(location: string, operation: MoveOperation): void {
    if (this.state !== 'ready' || this.moving) throw new Error('expected a store that is open and not being moved, this one is not');
    this.moving = true;
    this.reader.hold();
    new StoreMove(this, location, operation).begin(this.recordPath, () => this.reader.unhold());
  }

  switchTo(location: string): void {
    this.spec = { ...this.spec, location };
    this.writes++;
    this.reader.moveTo(location);
    if (this.state === 'ready') this.record();
  }

  onMoveOver(operation: MoveOperation, failure: StoreFailure | null): void {
    this.moving = false;
    if (this.state !== 'ready' || !this.storage.loop.begin()) return;
    operation.onMoved(failure);
    this.storage.loop.end();
    if (this.recheckDue) this.recheck();
  }

  recheck(): void {
    this.recheckDue = this.moving;
    if (this.state !== 'ready' || this.moving) return;
    this.state = 'opening';
    this.look(true);
  }

  close(): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    this.state = 'closing';
    this.hasher?.cancel();
    this.storage.buffers.forget(this.onDrained);
    this.pieces.clear();
    this.reader.close();
    if (this.recordTimer !== null) clearTimeout(this.recordTimer);
    if (this.recordDue) this.record();
    this.storage.threads.detach(this.spec, () => this.storage.loop.later({ runDeferred: () => this.closed() }));
  }

  // ---- opening ----------------------------------------------------------------------------------------------------------------

  /** Looks at what is on disk, then hashes what nobody vouches for. */
  private look(recheck: boolean): void {
    this.checkedBytes = 0;
    // A record that was given to the thread and is not written yet must not be read.
    const here = this.spec.files.length <= FILES_LOOKED_AT_HERE_MAX && this.storage.threads.idle;
    const args = { recordPath: this.recordPath, recheck };
    if (here) this.storage.loop.later({ runDeferred: () => this.lookHere(args) });
    else this.submit('open', args, (result, failure) => this.looked(result, failure));
  }

  private lookHere(args: DiskJobs['open']['args']): void {
    if (this.state !== 'opening') return;
    let result: OpenResult;
    try {
      result = new DiskStore(this.spec, this.storage.handles).open(args);
    } catch (error) {
      return this.fail(storeFailureOf(error, ''));
    }
    this.looked(result, null);
  }

  private looked(result: OpenResult | null, failure: StoreFailure | null): void {
    if (failure !== null || result === null) return this.fail(failure as StoreFailure);
    if (this.state !== 'opening') return;
    if (result.location !== this.spec.location) {
      this.spec = { ...this.spec, location: result.location };
      this.reader.moveTo(result.location);
    }
    this.have.clear();
    const trusted = new Bitset(this.have.length, result.have);
    if (trusted.full) this.have.fill();
    else for (let piece = 0; piece < trusted.length; piece++) if (trusted.has(piece)) this.have.add(piece);
    this.reader.stamps = result.stamps;
    const doubtful = new Bitset(this.have.length, result.doubtful);
    if (doubtful.count === 0) return this.ready();
    if (this.spec.hashing === 'none') return this.assume(doubtful, result.stamps);
    this.check(doubtful);
  }

  /** No hash can tell: what is only read is what it is, and of what is still to be written nothing counts as there. */
  private assume(doubtful: Bitset, stamps: Float64Array): void {
    const isWhole = this.spec.files.every(({ length }, index) => stamps[index * 2] === length);
    if (!this.spec.writable && isWhole) for (let piece = 0; piece < doubtful.length; piece++) if (doubtful.has(piece)) this.have.add(piece);
    this.ready();
  }

  private check(doubtful: Bitset): void {
    const pieces: number[] = [];
    for (let piece = 0; piece < doubtful.length; piece++) if (doubtful.has(piece)) pieces.push(piece);
    this.hasher = new ContentHasher(this.storage.threads, this.spec, pieces, false, {
      onHashes: (first, count, hashes) => this.onHashes(first, count, hashes),
      onHashed: (failure) => {
        this.hasher = null;
        if (failure !== null) return this.fail(failure);
        if (this.state !== 'opening') return;
        this.recordDue = true;
        this.record();
        this.ready();
      },
    });
  }

  private onHashes(first: number, count: number, hashes: Uint8Array): void {
    if (this.state !== 'opening') return;
    const digestBytes = digestBytesOf(this.spec.hashing);
    for (let index = 0; index < count; index++) {
      const came = hashes.subarray(index * digestBytes, (index + 1) * digestBytes);
      if (equalBytes(came, this.expected(first + index) ?? NO_DIGEST)) this.have.add(first + index);
    }
    this.checkedBytes += Math.min(count * this.spec.pieceBytes, this.totalBytes - first * this.spec.pieceBytes);
    if (!this.storage.loop.begin()) return;
    this.handler.onStoreProgress(this.checkedBytes);
    this.storage.loop.end();
  }

  private ready(): void {
    this.state = 'ready';
    // Nothing more to do for the disk thread: seeds at rest cost it neither memory nor files.
    if (this.have.full) this.storage.threads.detach(this.spec);
    this.storage.tap(HostEvent.store, STORE_OPENED, 0, 0);
    if (!this.storage.loop.begin()) return;
    this.handler.onStoreReady();
    this.storage.loop.end();
    this.prepareLater();
  }

  /** Later, so that whoever has just heard of the store can select first. */
  private prepareLater(): void {
    this.storage.loop.later({ runDeferred: () => this.prepare() });
  }

  private prepare(): void {
    if (this.state !== 'ready') return;
    if (!this.spec.writable || !this.spec.files.some(({ length, pad }) => length === 0 && !pad)) return;
    this.submit('prepare', { wanted: this.wanted }, (_result, failure) => {
      if (failure !== null) this.fail(failure);
    });
  }

  /** The digest that the piece must have; the caller's. Null: it has none. */
  private expected(piece: number): Uint8Array | null {
    const { pieceHashes, pieceRoots, pieceTigers } = this;
    if (this.spec.hashing === 'none') return null;
    if (pieceTigers !== null) return pieceTigers.slice(piece * TIGER_BYTES, (piece + 1) * TIGER_BYTES);
    if (pieceRoots === null) return pieceHashes.slice(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES);
    const root = pieceRoots.subarray(piece * SHA256_BYTES, (piece + 1) * SHA256_BYTES);
    if (pieceHashes.length === 0) return root.slice();
    return Buffer.concat([pieceHashes.subarray(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES), root]);
  }

  // ---- going on and ending ----------------------------------------------------------------------------------------------------

  private add(piece: number): void {
    const { pieceBytes } = this.spec;
    this.have.add(piece);
    this.reader.invalidate(piece * pieceBytes, Math.min((piece + 1) * pieceBytes, this.totalBytes));
    // While it closes the record is written already, and has the piece.
    if (this.state !== 'ready') return;
    if (!this.have.full) return this.recordLater();
    this.storage.buffers.dropIdle();
    this.record();
  }

  private recordLater(): void {
    this.recordDue = true;
    const delayMs = RECORD_EVERY_MS + this.spec.files.length * RECORD_MS_PER_FILE;
    this.recordTimer ??= setTimeout(() => this.record(), delayMs).unref();
  }

  private record(): void {
    if (this.recordTimer !== null) clearTimeout(this.recordTimer);
    this.recordTimer = null;
    this.recordDue = false;
    const writes = this.writes;
    this.submit('record', { path: this.recordPath, have: this.have.bytes }, (stamps, failure) => {
      if (failure !== null) return this.fail(failure);
      if (writes === this.writes) this.reader.stamps = stamps;
    });
  }

  private wroteFiles(): void {
    this.writes++;
    this.reader.stamps = null;
  }

  /** Room may come from a protocol that discards a piece: it hears of it in an event of its own. */
  private readonly onDrained = (): void => this.storage.loop.later(this.drained);

  private readonly drained: Deferred = {
    runDeferred: () => {
      this.behind = false;
      this.storage.tap(HostEvent.store, STORE_DRAINED, 0, 0);
      if (this.state !== 'ready' || !this.storage.loop.begin()) return;
      this.handler.onStoreDrain();
      this.storage.loop.end();
    },
  };

  private fail(failure: StoreFailure): void {
    if (this.state === 'failed' || this.state === 'closing' || this.state === 'closed') return;
    this.state = 'failed';
    this.hasher?.cancel();
    this.storage.tap(HostEvent.store, STORE_FAILED, 0, 0);
    if (!this.storage.loop.begin()) return;
    this.handler.onStoreFailed(failure);
    this.storage.loop.end();
  }

  private closed(): void {
    this.state = 'closed';
    this.storage.tap(HostEvent.store, STORE_CLOSED, 0, 0);
    this.storage.onStoreClosed(this);
    if (!this.storage.loop.begin()) return;
    this.handler.onStoreClosed();
    this.storage.loop.end();
  }

  submit<N extends Exclude<DiskJobName, 'attach' | 'detach'>>(name: N, args: DiskJobs[N]['args'], done: DiskDone<N>): void {
    this.storage.threads.main.submit(this.spec, name, args, done);
  }
}

function hashingOf({ pieceHashes, pieceRoots, pieceTigers = null, provisional = false }: StoreSpec): PieceHashing {
  if (provisional) return 'none';
  if (pieceTigers !== null) return 'tiger';
  if (pieceRoots === null) return 'sha1';
  return pieceHashes.length === 0 ? 'tree' : 'both';
}
