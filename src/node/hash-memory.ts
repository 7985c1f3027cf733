/** Piece hashes of content that was hashed before, by its signature, in the cache folder; what is there can be thrown away at any time. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Several times what `kith up` shares (1,000): looked at in order, one too many would push out the very one that is wanted next, each time.
 * A few kB each, 40 kB for a very large file. The ones used least recently go first.
 */
const ENTRIES_MAX = 4_096;
const SHA1_BYTES = 20;

export class HashMemory {
  readonly #folder: string;
  readonly #file: string;

  constructor(folder: string, signature: string) {
    this.#folder = folder;
    this.#file = join(folder, createHash('sha1').update(signature).digest('hex'));
  }

  /** The hashes, or null. A damaged entry is as good as none: its checksum stands before the hashes. */
  async recall(): Promise<Uint8Array | null> {
    const bytes = await readFile(this.#file).catch(() => null);
    if (bytes === null || bytes.length <= SHA1_BYTES) return null;
    const hashes = bytes.subarray(SHA1_BYTES);
    if (!createHash('sha1').update(hashes).digest().equals(bytes.subarray(0, SHA1_BYTES))) return null;
    const now = new Date();
    await utimes(this.#file, now, now).catch(() => undefined);
    return hashes;
  }

  /** Best effort: a cache that cannot be written costs time and nothing else. */
  async keep(hashes: Uint8Array): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(`${this.#file}.new`, Buffer.concat([createHash('sha1').update(hashes).digest(), hashes]));
      await rename(`${this.#file}.new`, this.#file);
      await this.#forgetOldest();
    } catch {
      return;
    }
  }

  async #forgetOldest(): Promise<void> {
    const names = await readdir(this.#folder);
    if (names.length <= ENTRIES_MAX) return;
    const dated = await Promise.all(names.map(async (name) => ({ name, usedMs: (await stat(join(this.#folder, name))).mtimeMs })));
    dated.sort((a, b) => a.usedMs - b.usedMs);
    for (const { name } of dated.slice(0, names.length - ENTRIES_MAX)) await rm(join(this.#folder, name), { force: true });
  }
}
