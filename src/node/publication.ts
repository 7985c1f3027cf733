/** Files and folders on this disk made into a torrent: scanned, and hashed on all cores unless they were before. Owns no state. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Bitset } from '../core/bitset.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { StoreFile } from '../core/host.ts';
import { hexOf } from '../core/hex.ts';
import { HashFilesError, hashPieces } from '../net/hash-files.ts';
import { recordPath, writeRecord } from '../net/resume-record.ts';
import { choosePieceBytes, encodeInfo } from '../transfer/bittorrent/create-metainfo.ts';
import type { Metainfo } from '../transfer/bittorrent/metainfo.ts';
import { parseInfo } from '../transfer/bittorrent/parse-metainfo.ts';
import { Failure } from './failure.ts';
import type { HashMemory } from './hash-memory.ts';
import { type Content, scanContent, stampsOf } from './scan-content.ts';
import { storeFailure } from './transfer.ts';

export interface PublishOptions {
  /** What receivers see; null takes the name on disk. */
  readonly name: string | null;
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
  const content = scanContent(paths, options.name);
  const { location, skipped, stamps, totalBytes } = content;
  if (totalBytes === 0) {
    const why = skipped.length === 0 ? 'Not one byte was found.' : `Left out: ${skipped.slice(0, 3).join('; ')}.`;
    throw new Failure('usage', `${paths.join(', ')}: there is nothing to share.`, why, 'Name a file that has content.');
  }
  const pieceBytes = options.pieceBytes ?? choosePieceBytes(totalBytes);
  const remembered = options.memory.recall(memoryKey(content, pieceBytes));
  const pieceHashes = remembered ?? (await hashNow(paths, content, pieceBytes, options));
  const metainfo = metainfoOf(content, pieceBytes, pieceHashes, options.private);
  return { metainfo, location, skipped, stamps, remembered: remembered !== null };
}

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

async function hashNow(paths: readonly string[], content: Content, pieceBytes: number, options: PublishOptions): Promise<Uint8Array> {
  const { location, onDisk } = content;
  const { onProgress, signal, memory } = options;
  const pieceHashes = await hashPieces(location, onDisk, pieceBytes, { onProgress, signal }).catch((error: unknown) => {
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
  memory.keep(memoryKey(content, pieceBytes), pieceHashes);
  return pieceHashes;
}

function memoryKey(content: Content, pieceBytes: number): string {
  return `${content.signature} ${pieceBytes}`;
}

function metainfoOf(content: Content, pieceBytes: number, pieceHashes: Uint8Array, isPrivate: boolean): Metainfo {
  const infoBytes = encodeInfo({ name: content.name, files: content.named, pieceBytes, pieceHashes, private: isPrivate });
  try {
    return { ...parseInfo(infoBytes, { trackers: [], webSeeds: [] }), files: content.onDisk };
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
