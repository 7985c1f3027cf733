/** Files and folders on this disk made into a torrent: scanned, and hashed on all cores unless they were before. Owns no state. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AlignedPieces } from '../core/aligned-pieces.ts';
import { Bitset } from '../core/bitset.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { StoreFile } from '../core/host.ts';
import { hexOf } from '../core/hex.ts';
import { HashFilesError, hashPieces } from '../net/hash-files.ts';
import { type PieceHashing, splitDigests } from '../net/piece-digest.ts';
import { recordPath, writeRecord } from '../net/resume-record.ts';
import { choosePieceBytes, encodeInfo } from '../transfer/bittorrent/create-metainfo.ts';
import type { Metainfo, MetainfoVersion } from '../transfer/bittorrent/metainfo.ts';
import { parseInfo } from '../transfer/bittorrent/parse-metainfo.ts';
import { fileRootsOf } from '../transfer/bittorrent/piece-layers.ts';
import { alignContent } from './align-content.ts';
import { Failure } from './failure.ts';
import type { HashMemory } from './hash-memory.ts';
import { type Content, scanContent, stampsOf } from './scan-content.ts';
import { storeFailure } from './transfers/transfer.ts';

export interface PublishOptions {
  /** What receivers see; null takes the name on disk. */
  readonly name: string | null;
  /** BitTorrent's: 1, 2 or both in one (BEP 52). */
  readonly version: MetainfoVersion;
  /** Null chooses by the size. */
  readonly pieceBytes: number | null;
  readonly private: boolean;
  readonly memory: HashMemory;
  readonly signal: AbortSignal;
  readonly onProgress: (hashedBytes: number, totalBytes: number) => void;
}

export interface Publication {
  /** Its `files` say where the content lies on this disk, below `location`; the names in the torrent may be others. */
  readonly metainfo: Metainfo;
  readonly location: string;
  readonly skipped: readonly string[];
  readonly stamps: Float64Array;
  /** It was not hashed just now. */
  readonly remembered: boolean;
}

/** Rejects with a Failure: not-found, denied, usage when there is nothing to share, integrity when it changed while it was read. */
export async function publish(paths: readonly string[], options: PublishOptions): Promise<Publication> {
  const scanned = scanContent(paths, options.name);
  const { location, skipped, totalBytes } = scanned;
  if (totalBytes === 0) {
    const why = skipped.length === 0 ? 'Not one byte was found.' : `Left out: ${skipped.slice(0, 3).join('; ')}.`;
    throw new Failure('usage', `${paths.join(', ')}: there is nothing to share.`, why, 'Name a file that has content.');
  }
  const pieceBytes = options.pieceBytes ?? choosePieceBytes(totalBytes);
  const content = options.version === 1 ? scanned : alignContent(scanned, pieceBytes, options.version);
  const hashing = HASHINGS[options.version];
  const remembered = options.memory.recall(memoryKey(content, pieceBytes, hashing));
  const digests = remembered ?? (await hashNow(paths, content, pieceBytes, hashing, options));
  const metainfo = metainfoOf(content, pieceBytes, digests, hashing, options.private);
  return { metainfo, location, skipped, stamps: content.stamps, remembered: remembered !== null };
}

const HASHINGS: Readonly<Record<MetainfoVersion, PieceHashing>> = { 1: 'sha1', 2: 'tree', hybrid: 'both' };

/**
 * Writes the record that the content is verified as it is, so that the engine does not hash it a second time. For content that was
 * hashed before there is one; should it be of other times, the engine looks for itself.
 */
export function vouch({ metainfo, stamps, remembered }: Publication, stateFolder: string): void {
  const { pieceBytes, pieceCount, infoHash } = metainfo;
  const path = recordPath(stateFolder, hexOf(infoHash));
  if (remembered && existsSync(path)) return;
  const have = new Bitset(pieceCount);
  have.fill();
  writeRecord(path, { pieceBytes, pieceCount, stamps, have: have.bytes });
}

/** The first file that is no longer what was hashed, or null. */
export function changedFile({ metainfo, location, stamps }: Publication): string | null {
  const now = stampsOf(location, metainfo.files);
  const index = now.findIndex((value, at) => value !== stamps[at]);
  return index < 0 ? null : join(location, ...(metainfo.files[index >> 1] as StoreFile).path);
}

async function hashNow(
  paths: readonly string[],
  content: Content,
  pieceBytes: number,
  hashing: PieceHashing,
  options: PublishOptions,
): Promise<Uint8Array> {
  const { location, onDisk } = content;
  const { onProgress, signal, memory } = options;
  const digests = await hashPieces(location, onDisk, pieceBytes, { hashing, onProgress, signal }).catch((error: unknown) => {
    throw error instanceof HashFilesError ? storeFailure(error.failure) : error;
  });
  if (scanContent(paths, options.name).signature !== content.signature) {
    throw new Failure(
      'integrity',
      `${content.name} has changed while it was read.`,
      '',
      'Wait until nothing writes to it, then share it again.',
    );
  }
  memory.keep(memoryKey(content, pieceBytes, hashing), digests);
  return digests;
}

function memoryKey(content: Content, pieceBytes: number, hashing: PieceHashing): string {
  return `${content.signature} ${pieceBytes}${hashing === 'sha1' ? '' : ` ${hashing}`}`;
}

function metainfoOf(content: Content, pieceBytes: number, digests: Uint8Array, hashing: PieceHashing, isPrivate: boolean): Metainfo {
  const { name, named, onDisk } = content;
  const { pieceHashes, pieceRoots } = splitDigests(digests, hashing);
  const v2 = pieceRoots === null ? null : { roots: fileRootsOf(new AlignedPieces(named, pieceBytes), pieceRoots, named.length) };
  const infoBytes = encodeInfo({ name, files: named, pieceBytes, pieceHashes, v2, private: isPrivate });
  try {
    const metainfo = parseInfo(infoBytes, { trackers: [], webSeeds: [] });
    return { ...metainfo, v2: metainfo.v2 === null ? null : { ...metainfo.v2, pieceRoots }, files: onDisk };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new Failure(
      'usage',
      `${content.name} cannot be one torrent.`,
      `${error.message}.`,
      'Share parts of it, or choose another --piece-size.',
    );
  }
}
