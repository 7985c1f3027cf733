/**
 * A folder into which people, and other programs, drop `.torrent` and `.magnet` files: each is handed on once it is whole, and renamed to
 * `.added`, or to `.invalid` with the reason in a `.why.txt` beside it. Owns the looking, and what was seen of files that are not whole yet.
 */

import { type FSWatcher, watch } from 'node:fs';
import { lstat, opendir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, failureFrom } from './failure.ts';
import { readSource, type Source } from './source.ts';

/** Not every file system tells of changes: the folder is looked through as often as this in any case. */
const LOOK_MS = 5_000;
/** After a change was told of: more will follow at once. A file that looks the same at two looks is taken for whole. */
const SOON_MS = 500;
/** What cannot be read may be on its way still, over a slow line: it is given up when nothing has come for so long. */
const PATIENCE_MS = 30_000;
const MAGNET_BYTES_MAX = 64 << 10;
/** Looked at in one go; the others have their turn when these are renamed. */
const FILES_MAX = 1_000;
const WANTED = /^[^.].*\.(torrent|magnet)$/i;

export interface WatchFolderEvents {
  /**
   * A file was dropped. Throws a Failure when it is not to be taken, which the file is marked with. After a crash before it is renamed it
   * comes again: what is known already is to be taken as if it were new.
   */
  onDropped(source: Source, path: string): void | Promise<void>;
  /** A file was refused, or the folder cannot be looked at. */
  onProblem(failure: Failure): void;
}

interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
  /** When it looked like this first. */
  readonly sinceMs: number;
}

export class WatchFolder {
  readonly #folder: string;
  readonly #events: WatchFolderEvents;
  readonly #clock: () => number;
  #seen = new Map<string, Seen>();
  #watcher: FSWatcher | null = null;
  #every: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #stopped = false;
  /** The folder could not be looked at, and that was said. */
  #troubled = false;

  constructor(folder: string, events: WatchFolderEvents, clock: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#events = events;
    this.#clock = clock;
  }

  start(): void {
    this.#every = setInterval(() => void this.look(), LOOK_MS).unref();
    void this.look();
  }

  /** No file is handed on after it has resolved. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#every !== null) clearInterval(this.#every);
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#watcher?.close();
    await this.#looking;
  }

  /** Looks through the folder now; also called by the clock. */
  async look(): Promise<void> {
    if (this.#stopped) return;
    this.#listen();
    this.#looking ??= this.#lookThrough().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Told of changes, it looks soon. Without that, or until the folder is there, the clock does. */
  #listen(): void {
    if (this.#watcher !== null) return;
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.#lookSoon());
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = null;
      });
    } catch {
      this.#watcher = null;
    }
  }

  #lookSoon(): void {
    if (this.#stopped) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      void this.look();
    }, SOON_MS).unref();
  }

  async #lookThrough(): Promise<void> {
    const seen = new Map<string, Seen>();
    let unsettled = false;
    try {
      for (const name of await this.#names()) {
        if (this.#stopped) return;
        const before = this.#seen.get(name);
        const now = await this.#lookAt(name, before);
        if (now === null) continue;
        seen.set(name, now);
        if (now !== before) unsettled = true;
        else if (!(await this.#take(name, now))) seen.set(name, now);
        else seen.delete(name);
      }
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) this.#events.onProblem(failureFrom(error, `The folder ${this.#folder} cannot be watched.`));
      this.#troubled = true;
    }
    this.#seen = seen;
    if (unsettled) this.#lookSoon();
  }

  async #names(): Promise<string[]> {
    const names: string[] = [];
    for await (const entry of await opendir(this.#folder)) {
      if (entry.isFile() && WANTED.test(entry.name)) names.push(entry.name);
      if (names.length >= FILES_MAX) break;
    }
    return names;
  }

  /** The same object as before when nothing has changed; null when it has gone. */
  async #lookAt(name: string, before: Seen | undefined): Promise<Seen | null> {
    try {
      const { size, mtimeMs } = await lstat(join(this.#folder, name));
      return before?.size === size && before.mtimeMs === mtimeMs ? before : { size, mtimeMs, sinceMs: this.#clock() };
    } catch {
      return null;
    }
  }

  /** False: it may not be whole yet. */
  async #take(name: string, { size, sinceMs }: Seen): Promise<boolean> {
    const path = join(this.#folder, name);
    let source: Source;
    try {
      source = /\.magnet$/i.test(name) ? await this.#magnet(path, size) : await readSource(path, null, null);
    } catch (error) {
      if (this.#clock() - sinceMs < PATIENCE_MS) return false;
      await this.#refuse(path, failureFrom(error, `${path} cannot be read.`));
      return true;
    }
    try {
      await this.#events.onDropped(source, path);
      await rename(path, `${path}.added`);
    } catch (error) {
      await this.#refuse(path, failureFrom(error, `${path} was not added.`));
    }
    return true;
  }

  async #magnet(path: string, size: number): Promise<Source> {
    if (size > MAGNET_BYTES_MAX) {
      throw new Failure('integrity', `${path} is no magnet link.`, `It has ${size} bytes; none has more than ${MAGNET_BYTES_MAX}.`, '');
    }
    const text = (await readFile(path, 'utf8')).trim();
    if (!/^magnet:\S+$/i.test(text))
      throw new Failure('integrity', `${path} is no magnet link.`, 'Expected one line that begins with magnet:?', '');
    return readSource(text, null, null);
  }

  async #refuse(path: string, failure: Failure): Promise<void> {
    this.#events.onProblem(failure);
    const lines = [failure.message, failure.why, failure.next].filter((line) => line !== '');
    await rename(path, `${path}.invalid`);
    await writeFile(`${path}.why.txt`, `${lines.join('\n')}\n`);
  }
}
