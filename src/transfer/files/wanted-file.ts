/** The file that a download is to bring, and what it may be sure of in the end. Owns no state. */

import type { FileHashes } from '../../wire/shared-file.ts';

export interface WantedFile {
  readonly bytes: number;
  /** All that is known; what is brought must match each of them but `head`, which clients compute differently. */
  readonly hashes: FileHashes;
}

/**
 * What vouches for what was brought. parts: each part by the Tiger tree, whose root is known. whole: the file by a strong hash. sample: UUHash
 * alone, which covers a part of the bytes and is no proof. nothing: no hash was known.
 */
export type Verification = 'parts' | 'whole' | 'sample' | 'nothing';

/** Whether a hash is known that nobody can make another file for. */
export function hasStrongHash({ sha1, tiger, ed2k, merkle }: FileHashes): boolean {
  return sha1 !== null || tiger !== null || ed2k !== null || merkle !== null;
}
