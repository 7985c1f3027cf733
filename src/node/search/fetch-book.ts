/**
 * The files that a node fetches by their hashes, from run to run: each with the hunt for its holders. Owns the list, its file in the state folder,
 * and the fetches under way.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject } from '../control/control-connection.ts';
import { Failure, failureFrom } from '../failure.ts';
import type { FetchMaker } from '../files/file-fetch.ts';
import type { FetchDetail, FetchView } from './fetch-view.ts';
import type { FileWish } from './file-wish.ts';
import { HeldFetch, type KeptFetch } from './held-fetch.ts';
import type { SearchNetwork } from './search-network.ts';
import { type HashesView, hashesView } from './search-view.ts';

/** Under way and waiting; each has a hunt of its own. */
export const FETCHES_MAX = 100;
/** Between the first searches of those that go on after a start: a hundred at once would be a flood. */
const STAGGER_MS = 3_000;
const FILE_NAME = 'fetches.json';
const FILE_VERSION = 1;

/** What a fetch begins with. */
const NEW = { path: null, verification: null, completedAtMs: null, paused: false, haveBytes: 0 } as const;

/** What others are told. */
export interface FetchListener {
  onFetch(view: FetchView): void;
  onFetchRemoved(id: number, name: string): void;
}

export class FetchBook {
  readonly #file: string;
  readonly #maker: FetchMaker;
  readonly #networks: () => readonly SearchNetwork[];
  readonly #listener: FetchListener;
  readonly #held = new Map<number, HeldFetch>();
  #lastId = 0;
  #closed = false;

  /** An earlier run has left something to go on with, or to show. */
  static hasWork(stateFolder: string): boolean {
    return existsSync(join(stateFolder, FILE_NAME));
  }

  /** Goes on with what an earlier run was fetching. */
  constructor(stateFolder: string, maker: FetchMaker, networks: () => readonly SearchNetwork[], listener: FetchListener) {
    this.#file = join(stateFolder, FILE_NAME);
    this.#maker = maker;
    this.#networks = networks;
    this.#listener = listener;
    for (const [index, kept] of keptIn(this.#file).entries()) this.#hold(kept, []).begin(index * STAGGER_MS);
  }

  /** The same file again is the same fetch, unless that has failed. Throws a Failure. */
  add(wish: FileWish & { readonly bytes: number }, folder: string): FetchView {
    const hashes = hashesView(wish.hashes);
    const before = this.#all.find(({ kept }) => kept.bytes === wish.bytes && isSameFile(kept, { ...wish, hashes }));
    if (before !== undefined && before.problem === null) {
      // Who asks for it again wants it to go on.
      if (before.kept.paused) void this.resume(before.kept.id);
      return before.view();
    }
    if (before !== undefined) this.#drop(before);
    if (this.#all.filter(({ isDone }) => !isDone).length >= FETCHES_MAX) {
      throw new Failure('usage', 'Too many files are being fetched.', `There are ${FETCHES_MAX}.`, 'Wait for one, or remove one.');
    }
    const { name, bytes, sources } = wish;
    const known = { id: ++this.#lastId, name, bytes, hashes, folder, sources, addedAtMs: Date.now() };
    const held = this.#hold({ ...NEW, ...known }, wish.hits);
    held.note('Added.');
    held.begin();
    return this.#changed(held);
  }

  list(): readonly FetchView[] {
    return this.#all.map((held) => held.view());
  }

  /** Throws a not-found Failure. */
  detail(id: number): FetchDetail {
    return this.#need(id).detail();
  }

  /** Resolves when its files are let go of; one that is done stays done. */
  async pause(id: number): Promise<FetchView> {
    const held = this.#need(id);
    await held.pause();
    return this.#changed(held);
  }

  /** Also after a failure. */
  async resume(id: number): Promise<FetchView> {
    const held = this.#need(id);
    await held.resume();
    return this.#changed(held);
  }

  /** Stops it and forgets it; what has come stays where it is, unless `data`. */
  async remove(id: number, data: boolean): Promise<void> {
    const held = this.#need(id);
    this.#drop(held);
    const { path } = held.kept;
    if (!data) return;
    if (path === null) return held.discard();
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw failureFrom(error, `${path} cannot be removed.`);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const held of this.#all) held.stop();
    this.#keep();
    await this.#maker.close();
  }

  get #all(): readonly HeldFetch[] {
    return [...this.#held.values()];
  }

  #hold(kept: KeptFetch, hits: FileWish['hits']): HeldFetch {
    this.#lastId = Math.max(this.#lastId, kept.id);
    const held = new HeldFetch(kept, hits, this.#maker, this.#networks, () => this.#changed(held));
    this.#held.set(kept.id, held);
    return held;
  }

  #drop(held: HeldFetch): void {
    const { id, name } = held.kept;
    this.#held.delete(id);
    held.stop();
    this.#keep();
    this.#listener.onFetchRemoved(id, name);
  }

  /** On disk before anybody hears of it. One that was removed meanwhile is nobody's news. */
  #changed(held: HeldFetch): FetchView {
    const view = held.view();
    if (this.#closed || this.#held.get(view.id) !== held) return view;
    this.#keep();
    this.#listener.onFetch(view);
    return view;
  }

  #need(id: number): HeldFetch {
    const held = this.#held.get(id);
    if (held !== undefined) return held;
    throw new Failure('not-found', `There is no fetch f${id}.`, 'It may just have been removed.', 'See: kith ls');
  }

  /** A disk that is full costs the memory of it, not the files. */
  #keep(): void {
    const fetches = this.#all.map(({ kept }) => kept);
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      const fresh = `${this.#file}.new`;
      writeFileSync(fresh, JSON.stringify({ version: FILE_VERSION, fetches }), { mode: 0o600 });
      renameSync(fresh, this.#file);
    } catch {
      // The next change tries again.
    }
  }
}

/** By any hash; without one, by its name. */
function isSameFile(kept: KeptFetch, { name, hashes }: { readonly name: string; readonly hashes: HashesView }): boolean {
  const kinds = Object.keys(hashes) as (keyof HashesView)[];
  const known = kinds.filter((kind) => kept.hashes[kind] !== null && hashes[kind] !== null);
  return known.length > 0
    ? known.every((kind) => kept.hashes[kind] === hashes[kind])
    : kept.name === name && kinds.every((kind) => hashes[kind] === null);
}

/** Those that were under way or done; none where the file is not there, or is none of ours. */
function keptIn(file: string): KeptFetch[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isObject(kept) || kept.version !== FILE_VERSION || !Array.isArray(kept.fetches)) return [];
    // Written by this program, for itself; what an older one did not know has its default.
    return (kept.fetches as KeptFetch[]).slice(0, 10 * FETCHES_MAX).map((each) => ({ ...NEW, ...each }));
  } catch {
    return [];
  }
}
