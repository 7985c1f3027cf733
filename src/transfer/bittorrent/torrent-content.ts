/**
 * The content of one torrent on disk, as the torrent goes through it: opened and checked, holding peers back while the disk is behind,
 * failing, closed. Owns the store; owned by the torrent, which decides what follows from its events.
 */

import type { MoveOperation, Room, RoomOperation, Store, StoreFailure, StoreHandler } from '../../core/host.ts';
import { Exchange } from './exchange.ts';
import { assertFilePriorities } from './file-priority.ts';
import { geometryOf, type Metainfo } from './metainfo.ts';
import type { PeerConnection } from './peer-connection.ts';
import type { Torrent } from './torrent.ts';
import { TorrentFileSelection } from './torrent-file-selection.ts';
import type { TorrentFileStatus } from './torrent-status.ts';

export class TorrentContent implements StoreHandler, RoomOperation, MoveOperation {
  store: Store | null = null;
  /** While checking: bytes looked at. */
  checkedBytes = 0;
  /** What was heard last of the disk; null where nobody asks. */
  room: Room | null = null;
  /** Where it is to be opened. */
  private wished: string;
  /** A move that was asked for: under way, or waiting for the store to be ready. */
  private move: { readonly location: string; readonly operation: MoveOperation; begun: boolean } | null = null;
  /** Open, and neither being checked nor on its way out. */
  private ready = false;
  private readonly torrent: Torrent;
  /** The store is ready, and only the question whether there is room keeps the torrent from beginning. */
  private opened: Exchange | null = null;
  /** What was wished of single files, by index; the metainfo may come later. */
  private readonly priorities: Map<number, number>;
  /** The disk is behind: nothing is read from peers. */
  private behind = false;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
    const { filePriorities = new Map(), location } = torrent.spec;
    this.wished = location;
    assertFilePriorities(filePriorities);
    this.priorities = new Map(filePriorities);
  }

  open(metainfo: Metainfo): void {
    const { engine, spec, infoHashHex } = this.torrent;
    const { writable, recheck } = spec;
    const { files, totalBytes, pieceBytes, pieceHashes, v2 } = metainfo;
    const pieceRoots = v2?.pieceRoots ?? null;
    const storeSpec = {
      location: this.wished,
      files,
      totalBytes,
      pieceBytes,
      pieceHashes,
      pieceRoots,
      key: infoHashHex,
      writable,
      recheck,
    };
    this.store = engine.host.openStore(storeSpec, this);
    this.store.select(this.selectionOf(metainfo).files);
  }

  private selectionOf(metainfo: Metainfo): TorrentFileSelection {
    const selection = new TorrentFileSelection(metainfo);
    selection.selectOnly(this.torrent.spec.selectOnly);
    selection.setPriorities(this.priorities);
    return selection;
  }

  /**
   * What is on disk of a file stays when it is not wanted any more, verified pieces are shared on. Throws RangeError for what is no
   * priority and, once the metainfo is known, no file.
   */
  setFilePriorities(changes: ReadonlyMap<number, number>): void {
    assertFilePriorities(changes);
    const { metainfo, exchange } = this.torrent;
    for (const index of changes.keys()) {
      if (metainfo !== null && index >= metainfo.files.length)
        throw new RangeError(`expected one of ${metainfo.files.length} files, got ${index}`);
    }
    for (const [index, priority] of changes) this.priorities.set(index, priority);
    if (metainfo !== null) this.store?.select(this.selectionOf(metainfo).files);
    if (exchange === null) return;
    exchange.selection.setPriorities(changes);
    exchange.activeDownloader?.reprioritize(exchange.selection.piecePriorities());
  }

  /** Parallel to the files of the metainfo; empty until it is there. */
  get filePriorities(): readonly number[] {
    const { metainfo } = this.torrent;
    return metainfo === null ? [] : this.selectionOf(metainfo).filePriorities;
  }

  fileStatuses(): TorrentFileStatus[] {
    const { metainfo } = this.torrent;
    return metainfo === null ? [] : this.selectionOf(metainfo).statuses(this.store?.have ?? null);
  }

  /** Hashes again all that is on disk; `onStoreReady` follows. */
  recheck(): void {
    this.ready = false;
    this.store?.recheck();
  }

  /** False: nothing is open, and nothing will follow. */
  close(): boolean {
    this.ready = false;
    this.store?.close();
    return this.store !== null;
  }

  /** The folder below which the files lie, or will lie. */
  get location(): string {
    return this.store?.location ?? this.wished;
  }

  get moving(): boolean {
    return this.move !== null;
  }

  /**
   * Takes the content to another folder, while everything goes on (see `Store.move`). Before the store is opened that is only a wish, and
   * is answered at once; while it is checked, the move waits. Throws Error while another one is under way.
   */
  moveTo(location: string, operation: MoveOperation): void {
    if (this.move !== null) throw new Error(`expected no move to be under way, but this goes to ${this.move.location}`);
    const { failure, state } = this.torrent;
    if (failure !== null || (this.store !== null && state === 'stopped')) {
      const why = { kind: 'io', message: 'the torrent has failed or was stopped', path: this.location } as const;
      return operation.onMoved(failure ?? why);
    }
    if (this.store === null) {
      this.wished = location;
      return operation.onMoved(null);
    }
    this.move = { location, operation, begun: false };
    if (this.ready) this.beginMove();
  }

  private beginMove(): void {
    if (this.move === null || this.move.begun) return;
    this.move.begun = true;
    this.store?.move(this.move.location, this);
  }

  onMoved(failure: StoreFailure | null): void {
    const { move } = this;
    this.move = null;
    move?.operation.onMoved(failure);
  }

  /** Of wanted pieces, up to a piece more; 0 until the content is open. */
  get missingBytes(): number {
    const exchange = this.opened ?? this.torrent.exchange;
    if (exchange === null || exchange.store.have.full) return 0;
    return exchange.downloader.picker.missingPieces * exchange.geometry.pieceBytes;
  }

  askRoom(): void {
    this.store?.room(this);
  }

  /** A connection that opens while the disk is behind waits like all others. */
  holdIfBehind(connection: PeerConnection): void {
    if (this.behind) connection.stream?.pause();
  }

  fellBehind(): void {
    if (this.behind) return;
    this.behind = true;
    for (const connection of this.torrent.connections) connection.stream?.pause();
    this.torrent.webSeeds.hold();
  }

  // ---- store events --------------------------------------------------------------------------------------------------------

  onStoreReady(): void {
    this.ready = true;
    this.beginMove();
    const metainfo = this.torrent.metainfo as Metainfo;
    const store = this.store as Store;
    const exchange = new Exchange(this.torrent, geometryOf(metainfo), store, this.selectionOf(metainfo), this.torrent.traffic);
    if (!this.torrent.engine.diskGuard.isOn || exchange.finished) return this.torrent.onContentReady(exchange, metainfo);
    this.opened = exchange;
    this.askRoom();
  }

  onRoom(room: Room): void {
    const { engine, metainfo, state } = this.torrent;
    const { opened } = this;
    this.room = room;
    if (state === 'failed' || state === 'stopped') return;
    engine.judgeRoom(this.torrent);
    this.opened = null;
    if (opened !== null) this.torrent.onContentReady(opened, metainfo as Metainfo);
  }

  onStoreProgress(checkedBytes: number): void {
    this.checkedBytes = checkedBytes;
  }

  onStoreDrain(): void {
    this.behind = false;
    for (const connection of this.torrent.connections) connection.stream?.resume();
    this.torrent.webSeeds.unhold();
  }

  onStoreFailed(failure: StoreFailure): void {
    this.torrent.fail(failure);
    this.onMoved(failure);
  }

  onStoreClosed(): void {
    this.onMoved({ kind: 'io', message: 'the torrent was stopped while its files were moved', path: this.location });
    this.torrent.onContentClosed();
  }
}
