/** The store of one download: of pieces that nobody can check yet, or that the tree checks. Owned by the download, which hears of it until it is to be closed. */

import type { Host, Store, StoreFailure, StoreHandler, StoreSpec } from '../../core/host.ts';
import { LEAF_BYTES } from '../../wire/tiger-tree.ts';
import type { DownloadOptions } from './download-options.ts';
import type { TreeLevel } from './thex.ts';

export const PIECE_BYTES_MIN = 16 * LEAF_BYTES;
const PIECE_BYTES_MAX = 4 << 20;
const PIECES_USUAL = 1024;

export interface StoreOwner {
  onStoreReady(store: Store, spec: StoreSpec): void;
  onStoreDrain(): void;
  onStoreFailed(failure: StoreFailure): void;
}

export class DownloadStore implements StoreHandler {
  private readonly owner: StoreOwner;
  private readonly spec: StoreSpec;
  private readonly store: Store;
  private onClosed: (() => void) | null = null;
  private isClosed = false;

  constructor(host: Host, owner: StoreOwner, options: DownloadOptions, tree: TreeLevel | null) {
    this.owner = owner;
    this.spec = specOf(options, tree);
    this.store = host.openStore(this.spec, this);
  }

  /** `onClosed` when all is written; the last one is called, if it is closed more than once. */
  close(onClosed: () => void): void {
    if (this.isClosed) return onClosed();
    const isClosing = this.onClosed !== null;
    this.onClosed = onClosed;
    if (!isClosing) this.store.close();
  }

  onStoreReady(): void {
    if (this.onClosed === null) this.owner.onStoreReady(this.store, this.spec);
  }

  onStoreProgress(): void {}

  onStoreDrain(): void {
    if (this.onClosed === null) this.owner.onStoreDrain();
  }

  onStoreFailed(failure: StoreFailure): void {
    if (this.onClosed === null) this.owner.onStoreFailed(failure);
  }

  onStoreClosed(): void {
    this.isClosed = true;
    this.onClosed?.();
  }
}

function specOf({ wanted: { bytes }, location, path, key }: DownloadOptions, tree: TreeLevel | null): StoreSpec {
  return {
    location,
    files: [{ path, length: bytes, pad: false, executable: false, symlink: null }],
    totalBytes: bytes,
    pieceBytes: tree?.partBytes ?? usualPieceBytes(bytes),
    pieceHashes: new Uint8Array(0),
    pieceRoots: null,
    // A record of pieces that nobody had checked must not be taken for one of pieces that were.
    ...(tree === null || bytes === 0 ? { provisional: true, key } : { pieceTigers: tree.parts, key: `${key}t` }),
    writable: true,
    recheck: 'trust',
  };
}

/** About a thousand pieces, as the parts of trees are. */
function usualPieceBytes(bytes: number): number {
  let pieceBytes = PIECE_BYTES_MIN;
  while (pieceBytes < PIECE_BYTES_MAX && bytes / pieceBytes > PIECES_USUAL) pieceBytes *= 2;
  return pieceBytes;
}
