/** All hashes by which networks name one file, in one pass over its bytes. Owns the running hashes. */

import { createHash, type Hash } from 'node:crypto';
import { LEAF_BYTES, merkleRoot, merkleWidth } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { Ed2kHash } from '../../wire/ed2k-hash.ts';
import type { FileHashes } from '../../wire/shared-file.ts';
import { TigerTree } from '../../wire/tiger-tree.ts';
import { UuHash } from '../../wire/uu-hash.ts';

/** So much of the beginning is what the first Napster client hashed. */
const HEAD_BYTES = 299_008;
/** Parts of the Tiger tree that are kept, so that others can check a download part by part: 12 KiB a file. */
const TIGER_PARTS_MAX = 512;

export interface Digests {
  readonly hashes: FileHashes;
  /** A level of the Tiger tree, and how long its parts are. */
  readonly tigerParts: Uint8Array;
  readonly tigerPartBytes: number;
}

export class FileDigests {
  readonly #totalBytes: number;
  readonly #sha1 = createHash('sha1');
  readonly #head = createHash('md5');
  readonly #tiger: TigerTree;
  readonly #ed2k = new Ed2kHash();
  readonly #uu: UuHash;
  readonly #leaves: Uint8Array;
  #leaf: Hash | null = null;
  #leafBytes = 0;
  #leafCount = 0;
  #at = 0;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
    this.#tiger = new TigerTree(totalBytes, TIGER_PARTS_MAX);
    this.#uu = new UuHash(totalBytes);
    this.#leaves = new Uint8Array(Math.ceil(totalBytes / LEAF_BYTES) * SHA256_BYTES);
  }

  update(bytes: Uint8Array): void {
    this.#sha1.update(bytes);
    if (this.#at < HEAD_BYTES) this.#head.update(bytes.subarray(0, HEAD_BYTES - this.#at));
    this.#tiger.update(bytes);
    this.#ed2k.update(bytes);
    this.#uu.update(bytes);
    this.#updateLeaves(bytes);
    this.#at += bytes.length;
  }

  /** Throws RangeError when it was not as many bytes as was said. */
  digest(): Digests {
    if (this.#at !== this.#totalBytes) throw new RangeError(`${this.#totalBytes} bytes expected, got ${this.#at}`);
    if (this.#leaf !== null) this.#endLeaf(this.#leaf);
    const { root, parts, partBytes } = this.#tiger.digest();
    const merkle = this.#totalBytes === 0 ? null : merkleRoot(this.#leaves, 0, merkleWidth(this.#leafCount));
    return {
      hashes: {
        sha1: plain(this.#sha1.digest()),
        tiger: root,
        ed2k: this.#ed2k.digest().hash,
        uu: this.#uu.digest(),
        head: plain(this.#head.digest()),
        merkle,
      },
      tigerParts: parts,
      tigerPartBytes: partBytes,
    };
  }

  #updateLeaves(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + LEAF_BYTES - this.#leafBytes);
      this.#leaf ??= createHash('sha256');
      this.#leaf.update(bytes.subarray(at, end));
      this.#leafBytes += end - at;
      at = end;
      if (this.#leafBytes === LEAF_BYTES) this.#endLeaf(this.#leaf);
    }
  }

  #endLeaf(leaf: Hash): void {
    if (this.#leafCount * SHA256_BYTES < this.#leaves.length) this.#leaves.set(leaf.digest(), this.#leafCount * SHA256_BYTES);
    this.#leafCount++;
    this.#leaf = null;
    this.#leafBytes = 0;
  }
}

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}
