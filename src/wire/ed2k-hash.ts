/**
 * The hash by which eDonkey names a file: MD4 of the MD4s of its parts, or of a single part (aMule, KnownFile.cpp). A file that ends with a
 * whole part has the hash of nothing behind it, as all clients of the network have it; some tools leave it out. Owns what is hashed so far.
 */

import { MD4_BYTES, Md4, md4 } from '../core/md4.ts';

export const ED2K_PART_BYTES = 9_728_000;

export interface Ed2kResult {
  readonly hash: Uint8Array;
  /** 16 bytes a part; empty for a file of a single one. */
  readonly parts: Uint8Array;
}

/** Any number of `update`, then one `digest`. */
export class Ed2kHash {
  private part = new Md4();
  private partBytes = 0;
  private readonly done: Uint8Array[] = [];

  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    for (let at = start; at < end; ) {
      const stop = Math.min(end, at + ED2K_PART_BYTES - this.partBytes);
      this.part.update(bytes, at, stop);
      this.partBytes += stop - at;
      at = stop;
      if (this.partBytes < ED2K_PART_BYTES) continue;
      this.done.push(this.part.digest());
      this.part = new Md4();
      this.partBytes = 0;
    }
    return this;
  }

  digest(): Ed2kResult {
    const last = this.part.digest();
    if (this.done.length === 0) return { hash: last, parts: new Uint8Array(0) };
    const all = [...this.done, last];
    const parts = new Uint8Array(all.length * MD4_BYTES);
    for (const [index, hash] of all.entries()) parts.set(hash, index * MD4_BYTES);
    return { hash: md4(parts), parts };
  }
}
