/**
 * Protects what lies where a download wants to write: files of the same name that are something else are never overwritten unasked.
 * Owns the claim, a small file in the state folder that says "this download began here", so that a resumed one is not taken for a stranger.
 */

import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../../core/hex.ts';
import { journalPath, readJournal } from '../../net/move-journal.ts';
import { recordPath } from '../../net/resume-record.ts';
import { SafeFolder, UnsafePathError } from '../../net/safe-path.ts';
import { storeFailureOf } from '../../net/store-failure.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { Failure } from '../failure.ts';
import { storeFailure } from './transfer.ts';

/** As much of a file is looked at to tell content from the zeros of a file that was only made. */
const LOOK_BYTES = 64 * 1024;

export class ExistingFiles {
  readonly #folder: string;
  readonly #place: SafeFolder;
  readonly #claim: string;
  /** Files that were there before, are not ours by a claim, and hold something. */
  #found: string[] = [];

  constructor(stateFolder: string, folder: string, infoHash: Uint8Array) {
    this.#folder = folder;
    this.#place = new SafeFolder(folder);
    const place = createHash('sha1').update(folder).digest('hex').slice(0, 16);
    this.#claim = join(stateFolder, 'begun', `${hexOf(infoHash)}-${place}`);
  }

  /** A move of this content from here was cut short: copies at the new place are no content of its own, and go when it is opened here. */
  static wasLeaving(stateFolder: string, folder: string, infoHash: Uint8Array): boolean {
    const journal = readJournal(journalPath(recordPath(stateFolder, hexOf(infoHash))));
    return journal?.phase === 'begun' && journal.from === folder;
  }

  /** Before anything is opened. Answers what speaks against it: a file that is longer than the one wanted can be no part of it. */
  look(metainfo: Metainfo, overwrite: boolean): Failure | null {
    if (isThere(this.#claim)) return null;
    for (const file of metainfo.files) {
      if (file.pad || file.symlink !== null || file.length === 0) continue;
      const path = join(this.#folder, ...file.path);
      const found = statOf(path);
      if (found === null || (found.isFile() && found.size === 0)) continue;
      if (!found.isFile()) return notAFile(path, found.isDirectory() ? 'It is a folder.' : 'It is no regular file.');
      const { size } = found;
      const astray = this.#astray(file.path);
      if (astray !== null) return astray;
      if (size > file.length) {
        if (!overwrite) return inTheWay(path, `It has ${size} bytes, the wanted one has ${file.length}.`);
        rmSync(path);
      } else if (holdsSomething(path)) this.#found.push(path);
    }
    return null;
  }

  /** What is there was reached through a link out of the folder: neither compared with nor cleared away. */
  #astray(path: readonly string[]): Failure | null {
    try {
      this.#place.locate(path, false);
      return null;
    } catch (error) {
      return error instanceof UnsafePathError ? storeFailure(storeFailureOf(error, error.path)) : null;
    }
  }

  /** When not one piece of what is there has the right hash. */
  strangers(): Failure | null {
    const [first] = this.#found;
    return first === undefined ? null : inTheWay(first, 'Not one piece of it matches the wanted content.');
  }

  /** From now on this download writes here. Best effort: without it only a resume in the first second may ask back. */
  claim(): void {
    try {
      mkdirSync(join(this.#claim, '..'), { recursive: true });
      writeFileSync(this.#claim, '');
    } catch {
      return;
    }
  }

  done(): void {
    rmSync(this.#claim, { force: true });
  }

  /** A wanted file that was removed or cut while the others were fetched, or null. */
  gone(metainfo: Metainfo, wanted: readonly number[]): Failure | null {
    for (const index of wanted) {
      const file = metainfo.files[index];
      if (file === undefined || file.pad || file.symlink !== null || file.length === 0) continue;
      const path = join(this.#folder, ...file.path);
      if (statOf(path)?.size === file.length) continue;
      return new Failure(
        'not-found',
        `${path} has gone.`,
        'It was removed while it was fetched.',
        'To fetch it again, run the same command.',
      );
    }
    return null;
  }
}

function inTheWay(path: string, why: string): Failure {
  return new Failure(
    'failed',
    `${path} is there already and is something else.`,
    why,
    'Save elsewhere with -o FOLDER, or replace it with --overwrite.',
  );
}

/** Nothing that --overwrite would clear away. */
function notAFile(path: string, why: string): Failure {
  return new Failure('failed', `${path} is there already and is something else.`, why, 'Save elsewhere with -o FOLDER.');
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Null for what is not there, or cannot be looked at: the store refuses that by itself. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function holdsSomething(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return true;
  }
  try {
    const head = new Uint8Array(LOOK_BYTES);
    const length = readSync(file, head);
    return head.subarray(0, length).some((byte) => byte !== 0);
  } finally {
    closeSync(file);
  }
}
