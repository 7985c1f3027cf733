/** Checks files against a torrent on all cores and says which pieces and files are bad; owns the host and store it uses meanwhile. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../../core/hex.ts';
import type { Bitset } from '../../core/bitset.ts';
import type { Store, StoreFailure, StoreFile } from '../../core/host.ts';
import { SocketHost } from '../../net/socket-host.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { storeFailure } from './transfer.ts';

export interface BadFile {
  readonly path: string;
  readonly why: string;
}

export interface Verdict {
  readonly badPieces: readonly number[];
  readonly badFiles: readonly BadFile[];
}

/** `files` are where the files of the torrent lie below `location`, in its order. Rejects with a Failure when they cannot be read. */
export async function verifyContent(
  metainfo: Metainfo,
  location: string,
  files: readonly StoreFile[],
  onProgress: (checkedBytes: number) => void,
): Promise<Verdict> {
  // Without sockets and without a state folder: what was known before does not count here.
  const host = new SocketHost({ streamPort: null, datagramPort: null });
  await host.open();
  const { promise, resolve, reject } = Promise.withResolvers<Bitset>();
  const store: Store = host.openStore(
    {
      location,
      files,
      totalBytes: metainfo.totalBytes,
      pieceBytes: metainfo.pieceBytes,
      pieceHashes: metainfo.pieceHashes,
      pieceRoots: metainfo.v2?.pieceRoots ?? null,
      key: hexOf(metainfo.infoHash),
      writable: false,
      recheck: 'check',
    },
    {
      onStoreReady: () => resolve(store.have),
      onStoreProgress: onProgress,
      onStoreDrain: () => undefined,
      onStoreFailed: (failure: StoreFailure) => reject(storeFailure(failure)),
      onStoreClosed: () => undefined,
    },
  );
  try {
    return verdictOf(metainfo, location, files, await promise);
  } finally {
    store.close();
    await host.close();
  }
}

/**
 * A file is bad when it is missing or of the wrong size, or when it holds a bad piece which no such file explains: a piece that
 * straddles files is bad for all of them, and naming an innocent neighbour would send people looking in the wrong place.
 */
function verdictOf(metainfo: Metainfo, location: string, files: readonly StoreFile[], have: Bitset): Verdict {
  const { pieceBytes, pieceCount } = metainfo;
  const badPieces = range(0, pieceCount).filter((piece) => !have.has(piece));
  let start = 0;
  const spans = files.map((file) => {
    const first = Math.floor(start / pieceBytes);
    start += file.length;
    const counted = !file.pad && file.symlink === null;
    const why = counted ? whyBad(join(location, ...file.path), file.length) : null;
    return {
      path: file.path.join('/'),
      length: file.length,
      why,
      pieces: counted && file.length > 0 ? range(first, Math.ceil(start / pieceBytes)) : [],
    };
  });
  const explained = new Set(spans.flatMap(({ why, pieces }) => (why === null ? [] : pieces)));
  const badFiles = spans.flatMap(({ path, length, why, pieces }) => {
    if (why !== null) return [{ path, why }];
    const bad = pieces.filter((piece) => !have.has(piece) && !explained.has(piece));
    if (bad.length === 0) return [];
    return [{ path, why: metainfo.v2 === null ? 'its bytes do not match' : `${rangesText(bad, pieces, pieceBytes, length)} do not match` }];
  });
  return { badPieces, badFiles };
}

/** In BitTorrent v2 a piece lies in one file: which of its bytes are bad can be said. */
function rangesText(bad: readonly number[], pieces: readonly number[], pieceBytes: number, length: number): string {
  const [first = 0] = pieces;
  const ranges: { from: number; to: number }[] = [];
  for (const piece of bad) {
    const from = (piece - first) * pieceBytes;
    const to = Math.min(from + pieceBytes, length) - 1;
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last.to + 1 === from) last.to = to;
    else ranges.push({ from, to });
  }
  const shown = ranges.slice(0, RANGES_SHOWN_MAX).map(({ from, to }) => `${from}-${to}`);
  return `its bytes ${shown.join(', ')}${ranges.length > shown.length ? ` and ${ranges.length - shown.length} more parts` : ''}`;
}

const RANGES_SHOWN_MAX = 3;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function whyBad(path: string, length: number): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'it is missing';
  if (!found.isFile()) return 'it is no file';
  return found.size === length ? null : `it has ${found.size} bytes instead of ${length}`;
}
