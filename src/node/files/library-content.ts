/** What the library of a node shares, as the upload server reads it. Owns no state. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreSpec } from '../../core/host.ts';
import type { TreeLevel, UploadContent } from '../../transfer/files/index.ts';
import type { SharedFile, SharedFiles } from '../../wire/shared-file.ts';
import type { FilePlace } from '../library/library-index.ts';

/** `LibraryIndex` is one. */
export interface SharedContent extends SharedFiles {
  placeOf(id: number): FilePlace | null;
  tigerPartsOf(id: number): TreeLevel | null;
}

/** Reads are in parts of it; nothing is checked, since the library has hashed it all. */
const PIECE_BYTES = 1 << 20;

export class LibraryContent implements UploadContent {
  readonly files: SharedContent;

  constructor(files: SharedContent) {
    this.files = files;
  }

  /** Null when the file is not as it was hashed: what would be sent under its name is another one. */
  storeSpecOf({ id }: SharedFile): StoreSpec | null {
    const place = this.files.placeOf(id);
    if (place === null || !isUnchanged(place)) return null;
    const path = [...place.folder.split('/').filter((name) => name !== ''), place.name];
    return {
      location: place.root,
      files: [{ path, length: place.bytes, pad: false, executable: false, symlink: null }],
      totalBytes: place.bytes,
      pieceBytes: PIECE_BYTES,
      pieceHashes: new Uint8Array(0),
      pieceRoots: null,
      provisional: true,
      key: `shared-${id}-${Math.floor(place.modifiedMs)}`,
      writable: false,
      recheck: 'trust',
    };
  }

  treeOf({ id }: SharedFile): TreeLevel | null {
    return this.files.tigerPartsOf(id);
  }
}

function isUnchanged({ root, folder, name, bytes, modifiedMs }: FilePlace): boolean {
  try {
    const stat = statSync(join(root, folder, name));
    return stat.size === bytes && stat.mtimeMs === modifiedMs;
  } catch {
    return false;
  }
}
