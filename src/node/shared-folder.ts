/** The entries of one folder, each shared under its own link; looked at again every few seconds. Owns which entry is shared as what. */

import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { failureFrom } from './failure.ts';
import { makeFolder } from './make-folder.ts';
import { scanContent } from './scan-content.ts';
import type { Teller } from './control/caller.ts';
import type { Publication } from './publication.ts';
import type { Shared } from './sharing-node.ts';

const RESCAN_MS = 3_000;
/** Looking takes at most this part of the time, however large the folders are. */
const RESCAN_SHARE = 1 / 30;
/** More entries than this are left alone: each is a torrent of its own. Put them in folders. */
const ENTRIES_MAX = 1_000;

const WELCOME = `Welcome to kith.

Everything in this folder is shared while \`kith up\` runs: files, and folders as a whole.
Each entry gets a magnet link. Who has the link can fetch the entry with \`kith get LINK\`
or with any BitTorrent program that can reach you.

By default that is this machine alone; \`kith up --public\` lets others in.
You may delete this file.
`;

/** Makes the folder, with a first file in it, unless it is there. */
export function makeShareFolder(folder: string): void {
  if (existsSync(folder)) return;
  try {
    makeFolder(folder, `The share folder ${folder} cannot be made.`);
    writeFileSync(join(folder, 'welcome.txt'), WELCOME);
  } catch (error) {
    throw failureFrom(error, `The share folder ${folder} cannot be made.`);
  }
}

interface Entry {
  /** What the entry looked like when it was last seen, and when it was shared. */
  seen: string;
  published: string;
  shared: Shared | null;
  /** The link that was told; empty before. */
  told: string;
}

/** Hashes what lies at that path; null when it was stopped. */
export type Publishing = (path: string) => Promise<Publication | null>;

/** Who has what is shared from then on. */
export interface Sharer {
  add(publication: Publication): Shared;
  remove(shared: Shared): void;
}

export class SharedFolder {
  readonly #console: Teller;
  readonly #signal: AbortSignal;
  readonly #sharer: Sharer;
  readonly #publish: Publishing;
  readonly #folder: string;
  readonly #onShared: (name: string, shared: Shared) => void;
  readonly #entries = new Map<string, Entry>();
  #warnedOfMany = false;

  constructor(
    sharer: Sharer,
    folder: string,
    publish: Publishing,
    console: Teller,
    signal: AbortSignal,
    onShared: (name: string, shared: Shared) => void,
  ) {
    this.#sharer = sharer;
    this.#folder = folder;
    this.#publish = publish;
    this.#console = console;
    this.#signal = signal;
    this.#onShared = onShared;
  }

  /** Looks at the folder until the signal. Throws when the folder itself has gone. */
  async watch(): Promise<void> {
    const signal = this.#signal;
    while (!signal.aborted) {
      const startedAt = performance.now();
      await this.#scan();
      const pause = Math.max(RESCAN_MS, (performance.now() - startedAt) / RESCAN_SHARE);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Tells the links again that are others now, as when the router has let the world in. */
  tellChanged(): void {
    for (const [name, entry] of this.#entries) if (entry.told !== '' && entry.shared?.link !== entry.told) this.#tell(name, entry);
  }

  #tell(name: string, entry: Entry): void {
    if (entry.shared === null) return;
    entry.told = entry.shared.link;
    this.#onShared(name, entry.shared);
  }

  async #scan(): Promise<void> {
    const names = this.#names();
    for (const [name, entry] of this.#entries) if (!names.has(name)) this.#forget(name, entry);
    for (const name of names) {
      if (this.#signal.aborted) return;
      await this.#look(name);
    }
  }

  #names(): Set<string> {
    let all: string[];
    try {
      all = readdirSync(this.#folder).filter((name) => !name.startsWith('.'));
    } catch (error) {
      throw failureFrom(error, `The share folder ${this.#folder} cannot be read.`);
    }
    if (all.length > ENTRIES_MAX && !this.#warnedOfMany) {
      this.#warnedOfMany = true;
      this.#console.warn(`${this.#folder} has ${all.length} entries; only the first ${ENTRIES_MAX} are shared. Put some into folders.`);
    }
    return new Set(all.sort().slice(0, ENTRIES_MAX));
  }

  /** Shares an entry that is new or has changed, once it has stopped changing: what is being copied in comes whole. */
  async #look(name: string): Promise<void> {
    const path = join(this.#folder, name);
    const entry = this.#entries.get(name) ?? { seen: '', published: '', shared: null, told: '' };
    this.#entries.set(name, entry);
    const { signature, newestMs } = this.#looksOf(path);
    const settled = entry.seen === signature || Date.now() - newestMs > RESCAN_MS || this.#isWelcome(name);
    entry.seen = signature;
    if (!settled || entry.published === signature) return;
    this.#forgetShared(entry);
    entry.published = signature;
    try {
      const publication = await this.#publish(path);
      if (publication === null) return;
      entry.shared = this.#sharer.add(publication);
      await entry.shared.transfer.complete;
      entry.shared.transfer.failed.catch((failure: unknown) => this.#onFailed(name, entry, failure));
      this.#tell(name, entry);
    } catch (error) {
      this.#onFailed(name, entry, error);
    }
  }

  /** What cannot be looked at has a signature too: it is reported when it is published, once. */
  #looksOf(path: string): { signature: string; newestMs: number } {
    try {
      // A thousand files are looked at in ten milliseconds this way.
      const stat = statSync(path);
      const { size, mtimeMs, mode, ino } = stat;
      if (stat.isFile()) return { signature: `${size} ${mtimeMs} ${mode} ${ino}`, newestMs: mtimeMs };
      return scanContent([path], null);
    } catch (error) {
      return { signature: failureFrom(error, '').why, newestMs: 0 };
    }
  }

  /** Written by us a moment ago, and whole. */
  #isWelcome(name: string): boolean {
    return name === 'welcome.txt' && this.#entries.size === 1;
  }

  /** One entry that cannot be shared is no reason to end the others; it is tried again when it changes. */
  #onFailed(name: string, entry: Entry, error: unknown): void {
    this.#forgetShared(entry);
    const failure = failureFrom(error, `${name} could not be shared.`);
    if (failure.kind === 'interrupted') return;
    const console = this.#console;
    console.warn(`${failure.message} ${failure.why}`);
    console.event('warning', { name, kind: failure.kind, message: failure.message, why: failure.why });
  }

  #forget(name: string, entry: Entry): void {
    this.#forgetShared(entry);
    this.#entries.delete(name);
    this.#console.say(`${name} is no longer shared: it has gone.`);
    this.#console.event('gone', { name });
  }

  #forgetShared(entry: Entry): void {
    if (entry.shared !== null) this.#sharer.remove(entry.shared);
    entry.shared = null;
  }
}
