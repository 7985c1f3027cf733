/**
 * What a node shares: folders that are scanned when it starts, watched while it runs, and looked through again every now and then, since not
 * every change is told. Owns the database, the threads that read files, and the watchers.
 */

import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaKindOf } from '../../wire/keywords.ts';
import { failureFrom } from '../failure.ts';
import { DigestPool } from './digest-pool.ts';
import { findFiles, type Skipped } from './find-files.ts';
import { type FilePlace, keyOf, LibraryIndex } from './library-index.ts';

/** A change is looked at when nothing else has changed for so long: a file that is being copied changes all the time. */
const CALM_MS = 1_000;
const RESCAN_MS = 15 * 60_000;
/** Changes that are written in one go. */
const BATCH = 256;
/** Files being read at once, beyond the threads: enough to keep them busy. */
const READING_MAX = 64;

export interface ScanResult {
  readonly files: number;
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly skipped: readonly Skipped[];
}

export interface LibraryOptions {
  /** The database file, or `:memory:`. */
  readonly database: string;
  /** What is told as it happens: files read of those that have to be. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Kept of what was left out: more would be noise. */
const SKIPPED_MAX = 1_000;

export class Library {
  readonly index: LibraryIndex;
  readonly #pool = new DigestPool();
  readonly #options: LibraryOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #calm = new Map<string, NodeJS.Timeout>();
  readonly #rescan: NodeJS.Timeout;
  /** Scans follow one another: two of one folder at once would read each new file twice. */
  #scanning: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.index = new LibraryIndex(options.database);
    this.#rescan = setInterval(() => {
      for (const root of this.#watchers.keys()) void this.scan(root).catch(() => undefined);
    }, RESCAN_MS);
    this.#rescan.unref();
  }

  /** Shares a folder from now on; resolves when all of it is known. Rejects with a Failure when it cannot be read. */
  async share(folder: string): Promise<ScanResult> {
    const root = await realpath(folder).catch((error: unknown) => {
      throw failureFrom(error, `${folder} cannot be shared.`);
    });
    this.#watch(root);
    return this.scan(root);
  }

  /** Shares it no more. */
  unshare(root: string): void {
    this.#watchers.get(root)?.close();
    this.#watchers.delete(root);
    clearTimeout(this.#calm.get(root));
    this.#calm.delete(root);
    const known = [...this.index.placesIn(root).values()];
    this.index.together(() => {
      for (const { id } of known) this.index.remove(id);
    });
  }

  /** Forgets folders that are not among those that are shared now. */
  keepOnly(roots: readonly string[]): void {
    for (const root of this.index.roots()) if (!roots.includes(root)) this.unshare(root);
  }

  /** Looks through a folder; reads what is new, or has another size or time than it had. */
  scan(root: string): Promise<ScanResult> {
    const scanned = this.#scanning.then(() => this.#scan(root));
    this.#scanning = scanned.catch(() => undefined);
    return scanned;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#rescan);
    for (const watcher of this.#watchers.values()) watcher.close();
    for (const timer of this.#calm.values()) clearTimeout(timer);
    await this.#pool.close();
    await this.#scanning;
    this.index.close();
  }

  async #scan(root: string): Promise<ScanResult> {
    const skipped: Skipped[] = [];
    const skip = (what: Skipped): void => {
      if (skipped.length < SKIPPED_MAX) skipped.push(what);
    };
    const before = this.index.placesIn(root);
    const fresh: FilePlace[] = [];
    let unchanged = 0;
    try {
      for await (const place of findFiles(root, skip)) {
        if (this.#closed) break;
        const key = keyOf(place.folder, place.name);
        const known = before.get(key);
        before.delete(key);
        if (known?.bytes === place.bytes && known.modifiedMs === place.modifiedMs) unchanged++;
        else fresh.push(place);
      }
    } catch (error) {
      throw failureFrom(error, `${root} cannot be read.`);
    }
    const gone = this.#closed ? [] : [...before.values()];
    this.index.together(() => {
      for (const { id } of gone) this.index.remove(id);
    });
    const added = await this.#read(fresh, skip);
    await this.#pool.rest();
    return { files: unchanged + added, added, removed: gone.length, unchanged, skipped };
  }

  /** Reads files, several at a time, and writes what was found many at a time. How many were added. */
  async #read(places: readonly FilePlace[], skip: (what: Skipped) => void): Promise<number> {
    let added = 0;
    let next = 0;
    let done = 0;
    let batch: (() => void)[] = [];
    const flush = (): void => {
      const works = batch;
      batch = [];
      if (!this.#closed) this.index.together(() => works.forEach((work) => work()));
    };
    const worker = async (): Promise<void> => {
      while (next < places.length && !this.#closed) {
        const place = places[next++] as FilePlace;
        const path = keyOf(place.folder, place.name);
        const kind = mediaKindOf(place.name);
        const { digests, tags, failure } = await this.#pool.digest({ path: join(place.root, path), bytes: place.bytes, kind });
        done++;
        this.#options.onProgress?.(done, places.length);
        if (digests === null || tags === null) {
          skip({ path, why: failure ?? 'cannot be read' });
          continue;
        }
        added++;
        batch.push(() => this.index.put(place, { kind, tags, hashes: digests.hashes }, digests));
        if (batch.length >= BATCH) flush();
      }
    };
    await Promise.all(Array.from({ length: READING_MAX }, worker));
    flush();
    return added;
  }

  #watch(root: string): void {
    if (this.#watchers.has(root)) return;
    const watcher = watch(root, { recursive: true, persistent: false }, () => this.#changed(root));
    // A folder that goes away is noticed by the next scan; watching is a help, not a promise.
    watcher.on('error', () => undefined);
    this.#watchers.set(root, watcher);
  }

  #changed(root: string): void {
    clearTimeout(this.#calm.get(root));
    const timer = setTimeout(() => {
      this.#calm.delete(root);
      void this.scan(root).catch(() => undefined);
    }, CALM_MS);
    timer.unref();
    this.#calm.set(root, timer);
  }
}
