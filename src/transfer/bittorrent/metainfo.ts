/** The metainfo of a torrent (BEP 3, 12, 19, 27, 47): what a `.torrent` file or the metadata exchange says; immutable data. */

import type { StoreFile } from '../../core/host.ts';

export interface Metainfo {
  /** SHA-1 of the info dictionary as it came, 20 bytes. */
  readonly infoHash: Uint8Array;
  /** The info dictionary as it came: what the metadata exchange (BEP 9) hands out. */
  readonly infoBytes: Uint8Array;
  /** The suggested name: first path component of every file of a multi-file torrent, the file name of a single one. Safe. */
  readonly name: string;
  readonly pieceBytes: number;
  readonly pieceCount: number;
  readonly totalBytes: number;
  /** 20 bytes a piece. */
  readonly pieceHashes: Uint8Array;
  /** Safe relative paths (first component `name`), in content order, pad files included. */
  readonly files: readonly StoreFile[];
  readonly private: boolean;
  /** Tiers of tracker URLs (BEP 12); `announce` alone is one tier of one. */
  readonly trackers: readonly (readonly string[])[];
  /** `url-list` (BEP 19): web servers with the files. */
  readonly webSeeds: readonly string[];
  /** `httpseeds` (BEP 17): scripts that hand out pieces. */
  readonly httpSeeds?: readonly string[];
  readonly comment: string | null;
  readonly createdBy: string | null;
  /** Seconds since 1970, or null. */
  readonly creationDate: number | null;
}
