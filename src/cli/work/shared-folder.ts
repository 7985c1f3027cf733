/** The entries of one folder, each shared under its own link; looked at again every few seconds. Owns which entry is shared as what. */

import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { failureFrom } from '../../node/failure.ts';
import type { HashMemory } from '../../node/hash-memory.ts';
import { makeFolder } from '../../node/make-folder.ts';
import { scanContent } from '../../node/scan-content.ts';
import type { Call } from '../cli.ts';
import { hashMemory, publishWithProgress } from './publish-with-progress.ts';
import type { Shared, SharingNode } from './sharing-node.ts';

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

export class SharedFolder {
  readonly #call: Call;
  readonly #node: SharingNode;
  readonly #folder: string;
  readonly #onShared: (name: string, shared: Shared) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #memory: HashMemory;
  #warnedOfMany = false;

  constructor(call: Call, node: SharingNode, folder: string, onShared: (name: string, shared: Shared) => void) {
    this.#call = call;
    this.#node = node;
    this.#folder = folder;
    this.#onShared = onShared;
    this.#memory = hashMemory(call);
  }

  /** Looks at the folder until the interruption. Throws when the folder itself has gone. */
  async watch(): Promise<void> {
    const { signal } = this.#call.interruption;
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
      if (this.#call.interruption.happened) return;
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
      this.#call.console.warn(
        `${this.#folder} has ${all.length} entries; only the first ${ENTRIES_MAX} are shared. Put some into folders.`,
      );
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
      const options = { name: null, version: 1 as const, pieceBytes: null, private: false, memory: this.#memory };
      const publication = await publishWithProgress(this.#call, [path], options);
      if (publication === null) return;
      entry.shared = this.#node.add(publication);
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
    const { console } = this.#call;
    console.warn(`${failure.message} ${failure.why}`);
    console.event('warning', { name, kind: failure.kind, message: failure.message, why: failure.why });
  }

  #forget(name: string, entry: Entry): void {
    this.#forgetShared(entry);
    this.#entries.delete(name);
    this.#call.console.say(`${name} is no longer shared: it has gone.`);
    this.#call.console.event('gone', { name });
  }

  #forgetShared(entry: Entry): void {
    if (entry.shared !== null) this.#node.remove(entry.shared);
    entry.shared = null;
  }
}
