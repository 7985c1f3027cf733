/**
 * The files that downloads of this user have turned out to be bad, so that they are neither found nor fetched again. Owns one file in the state folder: a
 * line each, which may be taken out by hand, read again when it has changed, since several commands add to it.
 */

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { BAD_REASONS, type BadHash, type BadReason } from '../overlays/fasttrack/index.ts';
import type { BadFiles } from '../transfer/files/index.ts';
import { hasStrongHash } from '../transfer/files/index.ts';
import { safeText } from '../wire/safe-text.ts';
import { type FileHashes, HASH_KINDS, type HashKind } from '../wire/shared-file.ts';

/** The oldest go first. */
const ENTRIES_MAX = 10_000;
const FILE_BYTES_MAX = 4 << 20;
const NAME_CHARS_MAX = 100;
const LINE = /^([a-z0-9]+) ([0-9a-f]{32,64}) (\w+)/;
/** Hashes of a part of a file, which those who made it fitting have given to another one. */
const WEAK_KINDS: readonly HashKind[] = ['uu', 'head'];

export class BadFileList implements BadFiles {
  readonly file: string;
  #lines: readonly string[] = [];
  #entries = new Map<string, BadHash>();
  #stamp = '';
  #version = 0;

  constructor(stateFolder: string) {
    this.file = join(stateFolder, 'bad-files.txt');
  }

  /** As the file has it now. */
  get entries(): readonly BadHash[] {
    this.#refresh();
    return [...this.#entries.values()];
  }

  /** Goes up whenever the file has changed; 0 as long as there is none. */
  get version(): number {
    this.#refresh();
    return this.#version;
  }

  /** What a hash of the whole vouches for is what was asked for, whatever its weak hashes have in common with. */
  isBad(hashes: FileHashes): boolean {
    this.#refresh();
    const counting = hasStrongHash(hashes) ? HASH_KINDS.filter((kind) => !WEAK_KINDS.includes(kind)) : HASH_KINDS;
    return counting.some((kind) => {
      const hash = hashes[kind];
      return hash !== null && this.#entries.has(keyOf(kind, hash));
    });
  }

  /** That one holder lies says nothing against the file: the download does without him. */
  report(): void {}

  /** Puts a file that was looked at on the list. A disk that is full costs the memory of it, not the download. */
  condemn(hashes: FileHashes, reason: BadReason, name: string): void {
    this.#refresh();
    const fresh = HASH_KINDS.flatMap((kind) => {
      const hash = hashes[kind];
      return hash === null || this.#entries.has(keyOf(kind, hash))
        ? []
        : [`${kind} ${hexOf(hash)} ${reason} ${safeText(name, NAME_CHARS_MAX)}`];
    });
    if (fresh.length === 0) return;
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      const written = `${this.file}.${process.pid}.new`;
      // It tells what somebody has fetched.
      writeFileSync(written, `${[...this.#lines, ...fresh].slice(-ENTRIES_MAX).join('\n')}\n`, { mode: 0o600 });
      renameSync(written, this.file);
    } catch {
      // The next one that is found may fit.
    }
  }

  #refresh(): void {
    const stat = statSync(this.file, { throwIfNoEntry: false });
    const stamp = stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#version++;
    this.#lines = stat === undefined || stat.size > FILE_BYTES_MAX ? [] : linesOf(this.file);
    this.#entries = new Map();
    for (const line of this.#lines) {
      const entry = entryOf(line);
      if (entry !== null) this.#entries.set(keyOf(entry.kind, entry.hash), entry);
    }
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-ENTRIES_MAX);
  } catch {
    return [];
  }
}

/** Null for a line that somebody has written by hand, and not like this. */
function entryOf(line: string): BadHash | null {
  const [, kindText, hex = '', reasonText] = LINE.exec(line) ?? [];
  const kind = HASH_KINDS.find((known) => known === kindText);
  const reason = BAD_REASONS.find((known) => known === reasonText);
  const hash = bytesOfHex(hex);
  return kind === undefined || reason === undefined || hash === null ? null : { kind, hash, reason };
}

function keyOf(kind: HashKind, hash: Uint8Array): string {
  return `${kind} ${hexOf(hash)}`;
}
