/** The thread that reads files for the library: one pass for all hashes, and what the file says of itself. Answers each request once. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { DigestReply, DigestRequest } from './digest-pool.ts';
import { type Digests, FileDigests } from './file-digests.ts';
import { mediaTagsOf } from './media-tags.ts';

const CHUNK_BYTES = 1 << 20;
const chunk = new Uint8Array(CHUNK_BYTES);

parentPort?.on('message', (request: DigestRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});

async function answer({ id, path, bytes, kind }: DigestRequest): Promise<DigestReply> {
  try {
    const digests = digestsOf(path, bytes);
    return { id, digests, tags: await mediaTagsOf(path, kind), failure: null };
  } catch (error) {
    return { id, digests: null, tags: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws when the file cannot be read, or is not as long as it was when it was found. */
function digestsOf(path: string, bytes: number): Digests {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).size !== bytes) throw new RangeError('it has changed while it was read');
    const digests = new FileDigests(bytes);
    for (let left = bytes; left > 0; ) {
      const read = readSync(file, chunk, 0, Math.min(left, CHUNK_BYTES), null);
      if (read === 0) break;
      digests.update(chunk.subarray(0, read));
      left -= read;
    }
    return digests.digest();
  } finally {
    closeSync(file);
  }
}
