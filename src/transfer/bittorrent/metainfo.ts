/** The metainfo of a torrent (BEP 3, 5, 12, 19, 27, 47, 52): what a `.torrent` file or the metadata exchange says; immutable data. */

import type { AlignedPieces } from '../../core/aligned-pieces.ts';
import { equalBytes } from '../../core/bytes.ts';
import type { StoreFile } from '../../core/host.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { PieceGeometry } from './block.ts';
import type { DhtNode } from './dht-node.ts';

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
  /** `url-list` (BEP 19): web servers with the files. */
  readonly webSeeds: readonly string[];
  /** `httpseeds` (BEP 17): scripts that hand out pieces. */
  readonly httpSeeds?: readonly string[];
  /** `nodes` (BEP 5): where the DHT begins for whoever knows no node of it. */
  readonly dhtNodes?: readonly DhtNode[];
  readonly comment: string | null;
  readonly createdBy: string | null;
  /** Seconds since 1970, or null. */
  readonly creationDate: number | null;
}

export interface MetainfoV2 {
  /** SHA-256 of the info dictionary, 32 bytes. */
  readonly infoHash: Uint8Array;
  /** The root of each file's tree, 32 bytes a file (`rootAt`); zeros for what has no content: empty files, padding, links. */
  readonly roots: Uint8Array;
  readonly pieces: AlignedPieces;
  /** The root of each piece's tree, 32 bytes a piece; null as long as the piece layers, which are no part of the info dictionary, are unknown. */
  readonly pieceRoots: Uint8Array | null;
}

/** What links name it by: the info-hash of each version that it has. */
export function infoHashesOf(metainfo: Metainfo): { infoHash: Uint8Array | null; infoHashV2: Uint8Array | null } {
  return { infoHash: versionOf(metainfo) === 2 ? null : metainfo.infoHash, infoHashV2: metainfo.v2?.infoHash ?? null };
}

/** The root of one file's tree; a view. */
export function rootAt(roots: Uint8Array, file: number): Uint8Array {
  return roots.subarray(file * SHA256_BYTES, (file + 1) * SHA256_BYTES);
}

/** What trackers and peers know it by, 20 bytes each (BEP 52: that of v2 is cut): a hybrid by two of them. */
export function announcedHashes({ infoHash, v2 }: Pick<Metainfo, 'infoHash' | 'v2'>): readonly Uint8Array[] {
  const cut = v2?.infoHash.slice(0, SHA1_BYTES) ?? infoHash;
  return equalBytes(cut, infoHash) ? [infoHash] : [infoHash, cut];
}

/** How its content is cut; by v2's measure where it has one. */
export function geometryOf({ totalBytes, pieceBytes, v2 }: Metainfo): PieceGeometry {
  return new PieceGeometry(totalBytes, pieceBytes, v2?.pieces ?? null);
}

/** Bytes of the files, without padding. */
export function contentBytesOf({ files }: Pick<Metainfo, 'files'>): number {
  return files.reduce((sum, { length, pad }) => sum + (pad ? 0 : length), 0);
}

export type MetainfoVersion = 1 | 2 | 'hybrid';

export function versionOf({ v2, pieceHashes }: Pick<Metainfo, 'v2' | 'pieceHashes'>): MetainfoVersion {
  if (v2 === null) return 1;
  return pieceHashes.length === 0 ? 2 : 'hybrid';
}
