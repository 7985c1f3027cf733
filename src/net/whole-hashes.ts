/** The hashes by which networks name a whole file, those of them that it is held to, in one pass over its bytes. Owns the running hashes. */

import { createHash, type Hash, hash } from 'node:crypto';
import { equalBytes } from '../core/bytes.ts';
import type { ContentHashes } from '../core/host.ts';
import { LEAF_BYTES, merkleRoot, merkleWidth } from '../core/merkle.ts';
import { SHA256_BYTES } from '../core/sha256.ts';
import { Ed2kHash } from '../wire/ed2k-hash.ts';
import { TigerTree } from '../wire/tiger-tree.ts';
import { UuHash } from '../wire/uu-hash.ts';

export class WholeHashes {
  seenBytes = 0;
  private readonly expected: ContentHashes;
  private readonly totalBytes: number;
  private readonly sha1: Hash | null;
  private readonly tiger: TigerTree | null;
  private readonly ed2k: Ed2kHash | null;
  private readonly uu: UuHash | null;
  private readonly leaves: Uint8Array | null;

  constructor(expected: ContentHashes, totalBytes: number) {
    const { sha1, tiger, ed2k, uu, merkle } = expected;
    this.expected = expected;
    this.totalBytes = totalBytes;
    this.sha1 = sha1 === null ? null : createHash('sha1');
    this.tiger = tiger === null ? null : new TigerTree(totalBytes, 1);
    this.ed2k = ed2k === null ? null : new Ed2kHash();
    this.uu = uu === null ? null : new UuHash(totalBytes);
    this.leaves = merkle === null ? null : new Uint8Array(Math.ceil(totalBytes / LEAF_BYTES) * SHA256_BYTES);
  }

  /** Takes the bytes in order, in parts of whole blocks of 16 KiB but for the last one. */
  update(bytes: Uint8Array): void {
    this.sha1?.update(bytes);
    this.tiger?.update(bytes);
    this.ed2k?.update(bytes);
    this.uu?.update(bytes);
    for (let at = 0; this.leaves !== null && at < bytes.length; at += LEAF_BYTES) {
      const leaf = hash('sha256', bytes.subarray(at, at + LEAF_BYTES), 'buffer');
      this.leaves.set(leaf, ((this.seenBytes + at) / LEAF_BYTES) * SHA256_BYTES);
    }
    this.seenBytes += bytes.length;
  }

  /** Whether it is what it was expected to be. The object is spent. */
  match(): boolean {
    const { sha1, tiger, ed2k, uu, merkle } = this.expected;
    return (
      this.seenBytes === this.totalBytes &&
      is(sha1, this.sha1?.digest()) &&
      is(tiger, this.tiger?.digest().root) &&
      is(ed2k, this.ed2k?.digest().hash) &&
      is(uu, this.uu?.digest()) &&
      is(merkle, this.leaves === null ? undefined : merkleRoot(this.leaves, 0, merkleWidth(Math.ceil(this.totalBytes / LEAF_BYTES))))
    );
  }
}

function is(expected: Uint8Array | null, came: Uint8Array | undefined): boolean {
  return expected === null || (came !== undefined && equalBytes(expected, came));
}
