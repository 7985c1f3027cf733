/** The digests of all pieces of files on disk, on all cores: what creating a torrent takes. Owns its threads while it runs. */

import type { StoreFailure, StoreFile } from '../core/host.ts';
import { ContentHasher } from './content-hasher.ts';
import { ContentLayout } from './content-layout.ts';
import { type DiskStoreSpec } from './disk-jobs.ts';
import { DiskStore } from './disk-store.ts';
import { DiskThreads } from './disk-threads.ts';
import { FileHandles } from './file-handles.ts';
import { digestBytesOf, type PieceHashing } from './piece-digest.ts';
import { storeFailureOf } from './store-failure.ts';

export interface HashFilesOptions {
  /** What is computed; `sha1` when absent. Trees take files that each begin a piece. */
  readonly hashing?: PieceHashing;
  /** Bytes hashed so far, of all. */
  readonly onProgress?: (hashedBytes: number, totalBytes: number) => void;
  /** Stops it: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A file could not be read, or is not as long any more as it was said to be. */
export class HashFilesError extends Error {
  override readonly name = 'HashFilesError';
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** A thread takes 60 ms to start; this much is read and hashed in less, and a folder of a thousand small files is shared at once. */
const SMALL_BYTES_MAX = 4 << 20;

/** The digest of each piece, concatenated: 20 bytes of SHA-1, 32 of a root, or both. `location` is the folder below which the files lie, as `scanFolder` says. */
export async function hashPieces(
  location: string,
  files: readonly StoreFile[],
  pieceBytes: number,
  options: HashFilesOptions = {},
): Promise<Uint8Array> {
  const { onProgress, signal, hashing = 'sha1' } = options;
  const digestBytes = digestBytesOf(hashing);
  signal?.throwIfAborted();
  const { totalBytes } = new ContentLayout(files);
  const pieceCount = Math.ceil(totalBytes / pieceBytes);
  const pieceHashes = new Uint8Array(pieceCount * digestBytes);
  const spec = { store: 1, location, files, pieceBytes, hashing, writable: false };
  if (pieceCount === 0) return pieceHashes;
  if (totalBytes <= SMALL_BYTES_MAX) {
    const hashes = hashHere(spec, pieceCount);
    onProgress?.(totalBytes, totalBytes);
    return hashes;
  }
  const threads = new DiskThreads();
  try {
    const failure = await new Promise<StoreFailure | null>((resolve) => {
      let hashedBytes = 0;
      const hasher = new ContentHasher(threads, spec, Array(pieceCount).keys(), true, {
        onHashes(first, count, hashes) {
          pieceHashes.set(hashes, first * digestBytes);
          hashedBytes += Math.min(count * pieceBytes, totalBytes - first * pieceBytes);
          onProgress?.(hashedBytes, totalBytes);
        },
        onHashed: resolve,
      });
      signal?.addEventListener('abort', () => hasher.cancel(), { once: true });
    });
    signal?.throwIfAborted();
    if (failure !== null) throw new HashFilesError(failure);
    return pieceHashes;
  } finally {
    await threads.close();
  }
}

/** In this thread, at once. */
function hashHere(spec: DiskStoreSpec, pieceCount: number): Uint8Array {
  const handles = new FileHandles();
  const store = new DiskStore(spec, handles);
  try {
    return store.hash({ first: 0, count: pieceCount, strict: true });
  } catch (error) {
    throw new HashFilesError(storeFailureOf(error, spec.location));
  } finally {
    store.close();
  }
}
