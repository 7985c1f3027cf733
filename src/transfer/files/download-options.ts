/** What a download is given, and what it tells. Owns no state. */

import type { Endpoint, StoreFailure } from '../../core/host.ts';
import type { FileHashes } from '../../wire/shared-file.ts';
import type { AlternateBook } from './alternate-book.ts';
import type { FirewalledAlternate } from './alternate-locations.ts';
import type { HolderWay } from './holder-way.ts';
import type { CallBackPlace } from './push-desk.ts';
import type { TreeLevel } from './thex.ts';
import type { Verification, WantedFile } from './wanted-file.ts';

/** Files that are known to be poisoned, and who is told of one more. */
export interface BadFiles {
  isBad(hashes: FileHashes): boolean;
  /** Somebody sent other bytes under the name of this file, which is proven. */
  report(hashes: FileHashes, holder: string): void;
}

export interface DownloadOptions {
  readonly wanted: WantedFile;
  /** A folder of the host, and the path of the file below it. */
  readonly location: string;
  readonly path: readonly string[];
  /** Identifies the content to the resume record: letters and digits. */
  readonly key: string;
  /** Of an earlier run; null: it is asked for. One that has not the root of the file is no tree. */
  readonly tree: TreeLevel | null;
  readonly userAgent: string;
  /** Where we ourselves send the file from, so that nobody tells us of us; null: nowhere. */
  readonly node: Endpoint | null;
  /** Where uploaders in whose queue we are can call us when it is our turn; null: nowhere. */
  readonly callBacks?: CallBackPlace | null;
  readonly badFiles?: BadFiles | null;
  /** A way to one who has to be pushed, of whom another holder has told; null: nobody passes that on. */
  readonly pushedWay?: ((alternate: FirewalledAlternate) => HolderWay | null) | null;
  /** What comes is taken from it, by whoever owns the download, which he has wait when it is used up (`throttle`). */
  readonly onBytes?: ((bytes: number) => void) | null;
  /** Who else has it: asked when the download begins, and told. */
  readonly alternates?: AlternateBook | null;
}

/**
 * Why a download ends without the file. bad: it is known to be poisoned. integrity: what all of them send is not what the hashes say, or the
 * hashes are those of different files.
 */
export type DownloadFailure = { readonly kind: 'bad' | 'integrity'; readonly message: string } | StoreFailure;

export interface DownloadListener {
  /** The tree was found: parts are checked from now on, and a later run need not look for it. */
  onDownloadTree(level: TreeLevel): void;
  /** All is there, and the store is closed. */
  onDownloadDone(verification: Verification): void;
  onDownloadFailed(failure: DownloadFailure): void;
}
