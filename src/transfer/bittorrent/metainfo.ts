/** The metainfo of a torrent (BEP 3, 12, 19, 27, 47, 52): what a `.torrent` file or the metadata exchange says; immutable data. */

import type { AlignedPieces } from '../../core/aligned-pieces.ts';
import type { StoreFile } from '../../core/host.ts';

export interface Metainfo {
  /** SHA-1 of the info dictionary as it came, 20 bytes; of a torrent of BitTorrent v2 alone the first 20 of its SHA-256. */
  readonly infoHash: Uint8Array;
  /** The info dictionary as it came: what the metadata exchange (BEP 9) hands out. */
  readonly infoBytes: Uint8Array;
  /** The suggested name: first path component of every file of a multi-file torrent, the file name of a single one. Safe. */
  readonly name: string;
  readonly pieceBytes: number;
  readonly pieceCount: number;
  readonly totalBytes: number;
  /** 20 bytes a piece; empty in a torrent of BitTorrent v2 alone. */
  readonly pieceHashes: Uint8Array;
  /** What BitTorrent v2 says of it (BEP 52); null in a torrent of v1 alone. */
  readonly v2: MetainfoV2 | null;
  /**
   * Safe relative paths (first component `name`), in content order, pad files included. A torrent of v2 alone has them too, where a
   * hybrid one would: pieces are counted the same in both, and so are files by those who select some.
   */
  readonly files: readonly StoreFile[];
  readonly private: boolean;
  /** Tiers of tracker URLs (BEP 12); `announce` alone is one tier of one. */
  readonly trackers: readonly (readonly string[])[];
  /** `url-list` (BEP 19), read and kept. */
  readonly webSeeds: readonly string[];
  readonly comment: string | null;
  readonly createdBy: string | null;
  /** Seconds since 1970, or null. */
  readonly creationDate: number | null;
}

export interface MetainfoV2 {
  /** SHA-256 of the info dictionary, 32 bytes. */
  readonly infoHash: Uint8Array;
  /** The root of each file's tree, parallel to `files`; null for what has no content: empty files, padding, links. */
  readonly roots: readonly (Uint8Array | null)[];
  readonly pieces: AlignedPieces;
  /** The root of each piece's tree, 32 bytes a piece; null as long as the piece layers, which are no part of the info dictionary, are unknown. */
  readonly pieceRoots: Uint8Array | null;
}

export type MetainfoVersion = 1 | 2 | 'hybrid';

export function versionOf({ v2, pieceHashes }: Pick<Metainfo, 'v2' | 'pieceHashes'>): MetainfoVersion {
  if (v2 === null) return 1;
  return pieceHashes.length === 0 ? 2 : 'hybrid';
}
