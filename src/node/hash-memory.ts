/** Piece hashes of content that was hashed before, by its signature, in the cache folder; what is there can be thrown away at any time. */

import { hash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Twice what a share folder may hold. At 40 kB each, which is much, this is 80 MB. */
const ENTRIES_MAX = 2_048;
/** When there are too many, so many of those used least recently go at once: looking at all of them for each new one took seconds. */
const FORGOTTEN_AT_ONCE = 256;
/** Uses are noted this coarsely, so that what was used a moment ago is only read. */
const USED_AGAIN_MS = 3_600_000;
const SHA1_BYTES = 20;

/** Its files are small and few are asked for at a time: synchronous calls take a tenth of the time of those through Node's pool. */
export class HashMemory {
  readonly #folder: string;
  /** Entries in the folder; null until it was looked at. */
  #count: number | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The hashes, or null. A damaged entry is as good as none: its checksum stands before the hashes. */
  recall(signature: string): Uint8Array | null {
    const bytes = this.#read(this.#fileOf(signature));
    if (bytes === null || bytes.length <= SHA1_BYTES) return null;
    const hashes = bytes.subarray(SHA1_BYTES);
    return hash('sha1', hashes, 'buffer').equals(bytes.subarray(0, SHA1_BYTES)) ? hashes : null;
  }

  /** Best effort: a cache that cannot be written costs time and nothing else. */
  keep(signature: string, hashes: Uint8Array): void {
    const file = this.#fileOf(signature);
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(`${file}.new`, Buffer.concat([hash('sha1', hashes, 'buffer'), hashes]));
      renameSync(`${file}.new`, file);
      this.#count = (this.#count ?? readdirSync(this.#folder).length - 1) + 1;
      if (this.#count > ENTRIES_MAX) this.#forgetOldest();
    } catch {
      return;
    }
  }

  #fileOf(signature: string): string {
    return join(this.#folder, hash('sha1', signature));
  }

  #read(file: string): Buffer | null {
    try {
      const fd = openSync(file, 'r');
      try {
        const nowMs = Date.now();
        if (nowMs - fstatSync(fd).mtimeMs > USED_AGAIN_MS) futimesSync(fd, nowMs / 1000, nowMs / 1000);
        return readFileSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      return null;
    }
  }

  #forgetOldest(): void {
    const dated = readdirSync(this.#folder).map((name) => {
      const file = join(this.#folder, name);
      return { file, usedMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
    });
    dated.sort((a, b) => a.usedMs - b.usedMs);
    const forgotten = dated.slice(0, Math.max(0, dated.length - ENTRIES_MAX + FORGOTTEN_AT_ONCE));
    for (const { file } of forgotten) rmSync(file, { force: true });
    this.#count = dated.length - forgotten.length;
  }
}
