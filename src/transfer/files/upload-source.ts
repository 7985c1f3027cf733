/** What can be sent to others: the contract between the upload server and whoever has files, whole or in part. Owns no state. */

import type { StoreSpec } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import type { SharedFile, SharedFiles } from '../../wire/shared-file.ts';
import type { ByteRanges } from './byte-ranges.ts';
import type { TreeLevel } from './thex.ts';

/** Files that are whole. `LibraryIndex` tells what they are; the composer knows where they lie. */
export interface UploadContent {
  readonly files: SharedFiles;
  /** How the file is read: a provisional store, not to be written. Null: it cannot be, now. */
  storeSpecOf(file: SharedFile): StoreSpec | null;
  treeOf(file: SharedFile): TreeLevel | null;
}

/** One file, as the server sends it. */
export interface UploadSource {
  readonly file: SharedFile;
  /** What can be had of it; null: all. */
  readonly available: ByteRanges | null;
  readonly tree: TreeLevel | null;
  /** Null: not now. */
  open(begin: number, end: number, operation: ReadingOperation): Reading | null;
}
