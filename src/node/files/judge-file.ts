/** Looks at a file that no hash of the whole vouches for, and says whether it is what its own form says. Owns no state. */

import { createReadStream } from 'node:fs';
import { FileJudge, type FileVerdict } from '../../wire/file-judge.ts';
import { NO_TAGS } from '../../wire/shared-file.ts';

const CHUNK_BYTES = 1 << 20;

/**
 * Without the tags that a holder tells, by which he could have a good file taken for a bad one. `unknown` also where it cannot be read; rejects with an
 * AbortError.
 */
export async function judgeFile(path: string, bytes: number, signal: AbortSignal): Promise<FileVerdict> {
  const judge = new FileJudge(bytes, NO_TAGS);
  try {
    // What is read at once is looked at in one go, and other work goes on in between.
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) judge.update(chunk as Uint8Array);
  } catch (error) {
    if (signal.aborted) throw error;
    return 'unknown';
  }
  return judge.verdict();
}
