/** The virtual store: `Store` of `core/host.ts` on bitmaps. Content is a length and a mark; a piece passes when every mark is genuine. */

import { AlignedPieces } from '../core/aligned-pieces.ts';
import type { Bitset } from '../core/bitset.ts';
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
  StoreFailureKind,
  StoreHandler,
  StoreSpec,
  VerifyOperation,
} from '../core/host.ts';
import { STORE_DIRTY_BYTES } from '../core/host.ts';
import { EventKind } from './event-kinds.ts';
import type { EventWheel } from './event-wheel.ts';
import { BLOCK_BYTES, GatheredPiece } from './gathered-piece.ts';
import { GENUINE, genuineBody, SimBody, simBody } from './sim-body.ts';
import { NO_MARK } from './sim-disk.ts';
import type { SimHost } from './sim-host.ts';
import { TICKS_PER_SECOND, ticksOf } from './ticks.ts';

export class SimStore implements Store {
  readonly have: Bitset;
  readonly host: SimHost;
  location: string;
  closed = false;
  private readonly spec: StoreSpec;
  private readonly handler: StoreHandler;
  private readonly wheel: EventWheel;
  private readonly gathered = new Map<number, GatheredPiece>();
  /** Where pieces end whose padding need not come; null where pieces have no trees. */
  private readonly aligned: AlignedPieces | null;
  /** Of each block, where pieces come unchecked, or came so before there was a tree; else null. */
  private readonly marks: Int16Array | null;
  private failed = false;
  private moving = false;
  /** Ticks when the disk has done what it was given; operations end in the order in which they came. */
  private freeAt = 0;
  private drainPending = false;

  constructor(host: SimHost, wheel: EventWheel, spec: StoreSpec, handler: StoreHandler) {
    this.host = host;
    this.location = spec.location;
    this.wheel = wheel;
    this.spec = spec;
    this.handler = handler;
    this.aligned = spec.pieceRoots === null ? null : new AlignedPieces(spec.files, spec.pieceBytes);
    const pieces = Math.ceil(spec.totalBytes / spec.pieceBytes);
    const disk = host.node.disk;
    const found = disk.find(spec.key, pieces);
    this.have = found ?? disk.create(spec.key, pieces);
    const isWhole = found?.full === true || !spec.writable;
    const isMarked = spec.provisional === true || (spec.pieceTigers ?? null) !== null;
    this.marks = isMarked && !isWhole ? disk.marksAt(placeOf(spec), Math.ceil(spec.totalBytes / BLOCK_BYTES)) : null;
    if (spec.provisional !== true) this.adopt();
    if (!spec.writable && found === null) this.fail('missing', 'expected content to read, found none');
    else this.open(spec.recheck === 'check');
  }

  write(piece: number, offset: number, body: Body): boolean {
    if (this.closed || this.failed || this.have.has(piece)) return true;
    let gathered = this.gathered.get(piece);
    if (gathered === undefined) {
      gathered = new GatheredPiece(this.contentBytes(piece));
      this.gathered.set(piece, gathered);
    }
    gathered.write(offset, simBody(body));
    this.occupy(body.length);
    return this.mayWrite();
  }

  verify(piece: number, operation: VerifyOperation): void {
    this.occupy(0);
    this.later((store) => {
      operation.onVerified(piece, store.keep(piece));
    });
  }

  discard(piece: number): void {
    this.gathered.delete(piece);
  }

  fingerprints(piece: number, operation: FingerprintOperation): void {
    this.later((store) => {
      operation.onFingerprints(piece, store.contentOf(piece)?.fingerprints(piece) ?? []);
    });
  }

  leaves(piece: number, operation: LeavesOperation): void {
    this.later((store) => {
      operation.onLeaves(piece, store.contentOf(piece)?.leaves(piece) ?? new Uint8Array(0));
    });
  }

  forget(piece: number): void {
    this.gathered.delete(piece);
    if (this.marks === null || !this.have.has(piece)) return;
    this.have.delete(piece);
    this.host.node.disk.freeBytes += this.pieceBytes(piece);
    this.setMarks(piece, null);
  }

  match(_hashes: ContentHashes, operation: MatchOperation): void {
    this.occupy(this.spec.totalBytes);
    this.later((store) => {
      // Who asks knows the hashes of what is genuine.
      if (!store.closed && !store.failed) operation.onMatched(store.have.full && (store.marks?.every((mark) => mark <= GENUINE) ?? true));
    });
  }

  read(piece: number, offset: number, length: number, operation: ReadOperation): void {
    const mark = this.host.node.disk.markOfRead() || this.markAt(piece, offset, length);
    this.later((store) => {
      const readable = !store.failed && store.have.has(piece) && offset + length <= store.pieceBytes(piece);
      const body = mark === GENUINE ? genuineBody(length) : new SimBody(length, mark);
      operation.onRead(piece, offset, readable ? body : null);
    });
  }

  /** Every file is as good as any other here. */
  select(_wanted: readonly boolean[]): void {}

  /** Every place is on the one disk: it takes the time of writing everything once more. */
  move(location: string, operation: MoveOperation): void {
    if (this.closed || this.moving) throw new Error('expected a store that is open and not being moved, this one is not');
    this.moving = true;
    this.occupy(this.have.count * this.spec.pieceBytes);
    this.later((store) => {
      store.moving = false;
      if (store.closed || store.failed) return;
      store.location = location;
      operation.onMoved(null);
    });
  }

  room(operation: RoomOperation): void {
    this.later((store) => {
      if (!store.closed) operation.onRoom({ freeBytes: store.host.node.disk.freeBytes, volume: 0, aheadBytes: 0 });
    });
  }

  recheck(): void {
    if (!this.closed) this.open(true);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.gathered.clear();
    this.later((store) => {
      store.handler.onStoreClosed();
    });
  }

  // ---- inside --------------------------------------------------------------------------------------------------------------

  private open(check: boolean): void {
    if (check && this.spec.totalBytes > 0) {
      this.occupy(this.spec.totalBytes);
      this.later((store) => {
        store.handler.onStoreProgress(store.spec.totalBytes);
      });
    }
    this.later((store) => {
      store.handler.onStoreReady();
    });
  }

  /** Verifies what was gathered of a piece; true when it is on disk. */
  private keep(piece: number): boolean {
    if (this.have.has(piece)) return true;
    const gathered = this.gathered.get(piece);
    if (this.failed || gathered === undefined || !(this.spec.provisional === true ? gathered.complete : gathered.genuine)) return false;
    const disk = this.host.node.disk;
    const bytes = this.pieceBytes(piece);
    if (disk.freeBytes < bytes) {
      this.fail('no-space', `expected room for ${bytes} bytes, found ${disk.freeBytes}`);
      return false;
    }
    disk.freeBytes -= bytes;
    this.have.add(piece);
    this.setMarks(piece, gathered.blockMarks);
    this.gathered.delete(piece);
    return true;
  }

  /** What came before there were hashes of pieces, and is right by them, is there. */
  private adopt(): void {
    if (this.marks === null) return;
    const { pieceBytes } = this.spec;
    for (let piece = 0; piece < this.have.length; piece++) {
      const begin = (piece * pieceBytes) / BLOCK_BYTES;
      const blocks = this.marks.subarray(begin, begin + Math.ceil(this.pieceBytes(piece) / BLOCK_BYTES));
      if (blocks.every((mark) => mark === GENUINE)) this.have.add(piece);
    }
  }

  private setMarks(piece: number, blockMarks: readonly number[] | null): void {
    const begin = (piece * this.spec.pieceBytes) / BLOCK_BYTES;
    const count = Math.ceil(this.pieceBytes(piece) / BLOCK_BYTES);
    for (let block = 0; this.marks !== null && block < count; block++) this.marks[begin + block] = blockMarks?.[block] ?? NO_MARK;
  }

  /** The worst of the marks there. */
  private markAt(piece: number, offset: number, length: number): number {
    if (this.marks === null) return GENUINE;
    const begin = piece * this.spec.pieceBytes + offset;
    return Math.max(GENUINE, ...this.marks.subarray(Math.floor(begin / BLOCK_BYTES), Math.ceil((begin + length) / BLOCK_BYTES)));
  }

  private fail(kind: StoreFailureKind, message: string): void {
    this.failed = true;
    const failure: StoreFailure = { kind, message, path: this.spec.location };
    this.later((store) => {
      store.handler.onStoreFailed(failure);
    });
  }

  /** What is verified or gathered of a piece. */
  private contentOf(piece: number): GatheredPiece | undefined {
    if (!this.have.has(piece)) return this.gathered.get(piece);
    const begin = (piece * this.spec.pieceBytes) / BLOCK_BYTES;
    const bytes = this.contentBytes(piece);
    // A piece that is there has been written, so that its marks are marks.
    const marks = this.spec.provisional === true ? this.marks?.subarray(begin, begin + Math.ceil(bytes / BLOCK_BYTES)) : undefined;
    return marks === undefined ? new GatheredPiece(bytes) : new GatheredPiece(bytes, [...marks]);
  }

  /** Bytes of a piece that have to come. */
  private contentBytes(piece: number): number {
    return this.aligned?.bytesOf(piece) ?? this.pieceBytes(piece);
  }

  private pieceBytes(piece: number): number {
    return Math.min(this.spec.pieceBytes, this.spec.totalBytes - piece * this.spec.pieceBytes);
  }

  /** The disk has so much more to do. */
  private occupy(bytes: number): void {
    const rate = this.host.node.disk.bytesPerSecond;
    if (rate > 0) this.freeAt = Math.max(this.freeAt, this.wheel.now) + (bytes * TICKS_PER_SECOND) / rate;
  }

  /** False while more than STORE_DIRTY_BYTES wait to be written; `onStoreDrain` then follows when half of it is done. */
  private mayWrite(): boolean {
    const rate = this.host.node.disk.bytesPerSecond;
    if (rate === 0) return true;
    const ticksMax = (STORE_DIRTY_BYTES * TICKS_PER_SECOND) / rate;
    if (this.freeAt - this.wheel.now <= ticksMax) return true;
    if (this.drainPending) return false;
    this.drainPending = true;
    this.at(Math.ceil(this.freeAt - ticksMax / 2), (store) => {
      store.drainPending = false;
      store.handler.onStoreDrain();
    });
    return false;
  }

  /** Once the disk has done what it was given before. */
  private later(run: (store: SimStore) => void): void {
    this.at(Math.ceil(Math.max(this.freeAt, this.wheel.now)) + ticksOf(this.host.node.disk.latencyMs), run);
  }

  private at(tick: number, run: (store: SimStore) => void): void {
    this.wheel.insert(tick, EventKind.store, this.host.node.index, 0, new StoreEvent(this, run));
  }
}

/** Where the file lies, for the disk. */
function placeOf({ location, files }: StoreSpec): string {
  return [location, ...(files[0]?.path ?? [])].join('/');
}

/** Something that the disk has done. */
export class StoreEvent {
  readonly store: SimStore;
  readonly run: (store: SimStore) => void;

  constructor(store: SimStore, run: (store: SimStore) => void) {
    this.store = store;
    this.run = run;
  }
}
