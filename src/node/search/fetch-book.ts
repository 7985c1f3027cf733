/**
 * The files that a node fetches by their hashes, from run to run: each with the hunt for its holders. Owns the list, its file in the state folder,
 * and the fetches under way.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HolderWay } from '../../transfer/files/holder-way.ts';
import { isObject } from '../control/control-connection.ts';
import { Failure, failureFrom } from '../failure.ts';
import type { FetchProgress, FetchRequest, FileFetch } from '../files/file-fetch.ts';
import type { ProblemView } from '../node-view.ts';
import type { FileWish } from './file-wish.ts';
import { callBacksBy, HolderHunt, pushedWay } from './holder-hunt.ts';
import type { SearchNetwork } from './search-network.ts';
import { type HashesView, hashesOf, hashesView } from './search-view.ts';

/** Under way and waiting; each has a hunt of its own. */
export const FETCHES_MAX = 100;
/** Between the first searches of those that go on after a start: a hundred at once would be a flood. */
const STAGGER_MS = 3_000;
const FILE_NAME = 'fetches.json';
const FILE_VERSION = 1;

/** What moves the bytes. */
export interface FetchMaker {
  fetch(request: FetchRequest): FileFetch;
  /** Of an `xs` in a link; null where that is no address that can be used. */
  webWay(url: string): HolderWay | null;
  close(): Promise<void>;
}

export interface FetchView {
  /** Stays the same. */
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly haveBytes: number;
  readonly downloadRate: number;
  readonly state: FetchProgress['state'];
  /** Known, and sending. */
  readonly holders: number;
  readonly sending: number;
  readonly hashes: HashesView;
  readonly folder: string;
  /** Once it is done. */
  readonly path: string | null;
  readonly problem: ProblemView | null;
  readonly addedAtMs: number;
}

interface Kept {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly hashes: HashesView;
  readonly folder: string;
  readonly sources: readonly string[];
  readonly addedAtMs: number;
  readonly path: string | null;
}

class Entry {
  readonly kept: Kept;
  readonly fetch: FileFetch | null;
  readonly hunt: HolderHunt | null;
  path: string | null;
  problem: ProblemView | null = null;

  constructor(kept: Kept, fetch: FileFetch | null, hunt: HolderHunt | null) {
    this.kept = kept;
    this.path = kept.path;
    this.fetch = fetch;
    this.hunt = hunt;
  }

  view(): FetchView {
    const { sources: _, ...known } = this.kept;
    const progress = this.fetch?.progress;
    return {
      ...known,
      haveBytes: this.path === null ? (progress?.bytesDone ?? 0) : known.bytes,
      downloadRate: Math.round(progress?.bytesPerSecond ?? 0),
      state: this.problem !== null ? 'failed' : this.path !== null ? 'done' : (progress?.state ?? 'opening'),
      holders: progress?.holders.length ?? 0,
      sending: progress?.holders.filter(({ bytesPerSecond }) => bytesPerSecond > 0).length ?? 0,
      path: this.path,
      problem: this.problem,
    };
  }
}

export class FetchBook {
  readonly #file: string;
  readonly #maker: FetchMaker;
  readonly #networks: () => readonly SearchNetwork[];
  readonly #onChange: (view: FetchView) => void;
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;
  #closed = false;

  /** An earlier run has left something to go on with, or to show. */
  static hasWork(stateFolder: string): boolean {
    return existsSync(join(stateFolder, FILE_NAME));
  }

  /** Goes on with what an earlier run was fetching. */
  constructor(
    stateFolder: string,
    maker: FetchMaker,
    networks: () => readonly SearchNetwork[],
    onChange: (view: FetchView) => void = () => undefined,
  ) {
    this.#file = join(stateFolder, FILE_NAME);
    this.#maker = maker;
    this.#networks = networks;
    this.#onChange = onChange;
    for (const [index, kept] of keptIn(this.#file).entries()) this.#open(kept, [], index * STAGGER_MS);
  }

  /** The same file again is the same fetch, unless that has failed. Throws a Failure. */
  add(wish: FileWish & { readonly bytes: number }, folder: string): FetchView {
    const hashes = hashesView(wish.hashes);
    const before = [...this.#entries.values()].find(({ kept }) => kept.bytes === wish.bytes && isSameFile(kept, { ...wish, hashes }));
    if (before !== undefined && before.problem === null) return before.view();
    if (before !== undefined) this.#entries.delete(before.kept.id);
    if ([...this.#entries.values()].filter(({ path }) => path === null).length >= FETCHES_MAX) {
      throw new Failure('usage', 'Too many files are being fetched.', `There are ${FETCHES_MAX}.`, 'Wait for one, or remove one.');
    }
    const { name, bytes, sources } = wish;
    const kept = { id: ++this.#lastId, name, bytes, hashes, folder, sources, addedAtMs: Date.now(), path: null };
    const view = this.#open(kept, wish.hits).view();
    this.#keep();
    this.#onChange(view);
    return view;
  }

  list(): readonly FetchView[] {
    return [...this.#entries.values()].map((entry) => entry.view());
  }

  /** Throws a not-found Failure. */
  view(id: number): FetchView {
    return this.#need(id).view();
  }

  /** Stops it and forgets it; what has come stays where it is. */
  async remove(id: number): Promise<void> {
    const entry = this.#need(id);
    this.#entries.delete(id);
    this.#keep();
    entry.hunt?.stop();
    await entry.fetch?.stop();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#keep();
    for (const { hunt } of this.#entries.values()) hunt?.stop();
    await this.#maker.close();
  }

  #open(kept: Kept, hits: FileWish['hits'], beginMs = 0): Entry {
    this.#lastId = Math.max(this.#lastId, kept.id);
    if (kept.path !== null) {
      const done = new Entry(kept, null, null);
      this.#entries.set(kept.id, done);
      return done;
    }
    const wanted = { bytes: kept.bytes, hashes: hashesOf(kept.hashes) };
    const ways = kept.sources.map((url) => this.#maker.webWay(url)).filter((way) => way !== null);
    const fetch = this.#maker.fetch({
      wanted,
      name: kept.name,
      folder: kept.folder,
      ways,
      callBacks: callBacksBy(this.#networks),
      pushedWay: (alternate) => pushedWay(this.#networks(), wanted, alternate),
    });
    const entry = new Entry(kept, fetch, new HolderHunt(wanted, fetch, this.#networks, hits, beginMs));
    this.#entries.set(kept.id, entry);
    fetch.done.then(
      ({ path }) => this.#end(entry, path, null),
      (error: unknown) => this.#end(entry, null, failureFrom(error, `${kept.name} could not be fetched.`)),
    );
    return entry;
  }

  #end(entry: Entry, path: string | null, failure: Failure | null): void {
    entry.hunt?.stop();
    // Whoever closes the book stops all that are in it, and they go on in the next run.
    if (this.#closed || this.#entries.get(entry.kept.id) !== entry) return;
    entry.path = path;
    if (failure !== null) {
      const { kind, message, why, next } = failure;
      entry.problem = { kind, message, why, next };
    }
    this.#keep();
    this.#onChange(entry.view());
  }

  #need(id: number): Entry {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    throw new Failure('not-found', `There is no fetch ${id}.`, 'It may just have been removed.', '');
  }

  /** A disk that is full costs the memory of it, not the files. */
  #keep(): void {
    const fetches = [...this.#entries.values()].map(({ kept, path }) => ({ ...kept, path }));
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
function isSameFile(kept: Kept, { name, hashes }: { readonly name: string; readonly hashes: HashesView }): boolean {
  const kinds = Object.keys(hashes) as (keyof HashesView)[];
  const known = kinds.filter((kind) => kept.hashes[kind] !== null && hashes[kind] !== null);
  return known.length > 0
    ? known.every((kind) => kept.hashes[kind] === hashes[kind])
    : kept.name === name && kinds.every((kind) => hashes[kind] === null);
}

/** Those that were under way or done; none where the file is not there, or is none of ours. */
function keptIn(file: string): Kept[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isObject(kept) || kept.version !== FILE_VERSION || !Array.isArray(kept.fetches)) return [];
    // Written by this program, for itself.
    return (kept.fetches as Kept[]).slice(0, 10 * FETCHES_MAX);
  } catch {
    return [];
  }
}
