/**
 * The stores of shared files that are being sent: opened when somebody asks, closed when nobody has asked for a while. Owns them, and is bounded:
 * the one that was idle for longest makes room.
 */

import type { Body, Host, ReadOperation, Store, StoreHandler, StoreSpec } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';

export const STORES_MAX = 64;
const IDLE_MS_MAX = 60_000;

export class SharedStores {
  private readonly host: Host;
  /** By key of the spec; the one that was asked for last comes last. */
  private readonly stores = new Map<string, SharedStore>();

  constructor(host: Host) {
    this.host = host;
  }

  /** Null: too many are being read. */
  read(spec: StoreSpec, begin: number, end: number, operation: ReadingOperation): Reading | null {
    const store = this.use(spec);
    return store === null ? null : new SharedReading(store, begin, end, operation);
  }

  /** About once a second. */
  tick(now: number): void {
    for (const [key, store] of this.stores) if (store.readers === 0 && now - store.usedMs > IDLE_MS_MAX) this.drop(key, store);
  }

  stop(): void {
    for (const [key, store] of this.stores) this.drop(key, store);
  }

  get count(): number {
    return this.stores.size;
  }

  private use(spec: StoreSpec): SharedStore | null {
    let store = this.stores.get(spec.key);
    if (store?.failed === true && store.readers === 0) {
      // Whatever it was, it may have been put right.
      this.drop(spec.key, store);
      store = undefined;
    }
    if (store === undefined) {
      if (this.stores.size >= STORES_MAX && !this.makeRoom()) return null;
      store = new SharedStore(spec);
      store.store = this.host.openStore({ ...spec, writable: false }, store);
    }
    store.usedMs = this.host.now();
    this.stores.delete(spec.key);
    this.stores.set(spec.key, store);
    return store;
  }

  private makeRoom(): boolean {
    for (const [key, store] of this.stores) {
      if (store.readers > 0) continue;
      this.drop(key, store);
      return true;
    }
    return false;
  }

  private drop(key: string, store: SharedStore): void {
    this.stores.delete(key);
    store.store?.close();
  }
}

class SharedStore implements StoreHandler {
  readonly spec: StoreSpec;
  store: Store | null = null;
  ready = false;
  failed = false;
  readers = 0;
  usedMs = 0;
  readonly waiting = new Set<SharedReading>();

  constructor(spec: StoreSpec) {
    this.spec = spec;
  }

  onStoreReady(): void {
    // What is there is not what was shared: shorter, longer, or gone.
    if (this.store?.have.full !== true) return this.onStoreFailed();
    this.ready = true;
    this.release();
  }

  onStoreFailed(): void {
    this.failed = true;
    this.release();
  }

  onStoreProgress(): void {}
  onStoreDrain(): void {}
  onStoreClosed(): void {}

  private release(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const reading of waiting) reading.onSettled();
  }
}

class SharedReading implements Reading, ReadOperation {
  private readonly shared: SharedStore;
  private readonly operation: ReadingOperation;
  private at: number;
  private readonly end: number;
  /** Asked for before the store was open. */
  private readonly promised: number[] = [];
  private readAt: number;
  private closed = false;

  constructor(shared: SharedStore, begin: number, end: number, operation: ReadingOperation) {
    this.shared = shared;
    this.operation = operation;
    this.at = begin;
    this.readAt = begin;
    this.end = end;
    shared.readers++;
  }

  /** Never over the end of a piece. */
  read(bytesMax: number): number {
    const { pieceBytes } = this.shared.spec;
    const length = Math.min(bytesMax, this.end - this.at, pieceBytes - (this.at % pieceBytes));
    if (length <= 0 || this.closed) return 0;
    this.at += length;
    this.promised.push(length);
    if (this.shared.ready) this.readPromised();
    else this.shared.waiting.add(this);
    if (this.shared.failed) this.onSettled();
    return length;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.shared.readers--;
    this.shared.waiting.delete(this);
  }

  onSettled(): void {
    if (this.closed) return;
    if (this.shared.ready) this.readPromised();
    else this.operation.onReading(null);
  }

  onRead(_piece: number, _offset: number, body: Body | null): void {
    if (!this.closed) this.operation.onReading(body);
  }

  private readPromised(): void {
    const { spec, store } = this.shared;
    for (const length of this.promised.splice(0)) {
      const piece = Math.floor(this.readAt / spec.pieceBytes);
      store?.read(piece, this.readAt - piece * spec.pieceBytes, length, this);
      this.readAt += length;
    }
  }
}
