/** Whether a file that is there already is the one that is wanted: hashed as a whole, by the host. Owns the store while it looks. */

import type { Host, Store, StoreHandler } from '../../core/host.ts';
import { hasStrongHash, type WantedFile } from '../../transfer/files/index.ts';

const PIECE_BYTES = 1 << 20;

export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  /** For the store. */
  readonly key: string;
  readonly wanted: WantedFile;
}

/** Answers once, in a later event; false also where no hash is known that could tell. */
export function isWhole(host: Host, found: FoundFile, answer: (isIt: boolean) => void): void {
  const look = new Look(found, answer);
  const { folder, name, key, wanted } = found;
  look.store = host.openStore(
    {
      location: folder,
      files: [{ path: [name], length: wanted.bytes, pad: false, executable: false, symlink: null }],
      totalBytes: wanted.bytes,
      pieceBytes: PIECE_BYTES,
      pieceHashes: new Uint8Array(0),
      pieceRoots: null,
      provisional: true,
      key,
      writable: false,
      recheck: 'trust',
    },
    look,
  );
}

class Look implements StoreHandler {
  store: Store | null = null;
  private readonly found: FoundFile;
  private readonly answer: (isIt: boolean) => void;

  constructor(found: FoundFile, answer: (isIt: boolean) => void) {
    this.found = found;
    this.answer = answer;
  }

  onStoreReady(): void {
    const { hashes } = this.found.wanted;
    if (!hasStrongHash(hashes) || this.store?.have.full !== true) return this.settle(false);
    this.store.match(hashes, { onMatched: (matches) => this.settle(matches) });
  }

  onStoreFailed(): void {
    this.settle(false);
  }

  onStoreProgress(): void {}
  onStoreDrain(): void {}
  onStoreClosed(): void {}

  private settle(isIt: boolean): void {
    this.store?.close();
    this.answer(isIt);
  }
}
