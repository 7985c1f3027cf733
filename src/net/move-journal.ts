/**
 * What is written down about content on its way to another folder, so that a crash at any moment loses nothing: beside the resume record
 * stands from where to where, and how far it has come. The place counts as changed only when all is there. Owns no state.
 */

import { lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StoreFile } from '../core/host.ts';

/** The stamps of a hundred thousand files have less. */
const JOURNAL_BYTES_MAX = 16 << 20;

export interface MoveJournal {
  readonly from: string;
  readonly to: string;
  /**
   * begun: the old place counts, whatever lies at the new one. arrived: the new one does, copies at the old one are to go. settled: they
   * are gone; it stays written for those who still look at the old place.
   */
  readonly phase: 'begun' | 'arrived' | 'settled';
  /** Of the old files when they were copied: size and mtime, two numbers a file; what has changed since is not removed. */
  readonly stamps: readonly number[];
}

export function journalPath(recordPath: string): string {
  return `${recordPath}.move`;
}

/** Null when there is none, or none that could be followed. */
export function readJournal(path: string): MoveJournal | null {
  try {
    if (statSync(path).size > JOURNAL_BYTES_MAX) return null;
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isJournal(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function isJournal(value: unknown): value is MoveJournal {
  if (typeof value !== 'object' || value === null) return false;
  const { from, to, phase, stamps } = value as Partial<Record<keyof MoveJournal, unknown>>;
  const known = phase === 'begun' || phase === 'arrived' || phase === 'settled';
  return (
    typeof from === 'string' &&
    typeof to === 'string' &&
    known &&
    Array.isArray(stamps) &&
    stamps.every((stamp) => typeof stamp === 'number')
  );
}

/** In one step: a crash leaves the old one or the new one. */
export function writeJournal(path: string, journal: MoveJournal): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.new`;
  writeFileSync(next, JSON.stringify(journal));
  renameSync(next, path);
}

/**
 * Called before content is opened at `location`: takes back a move from there that did not end, ends one that only had to clear away,
 * and answers where the content is.
 */
export function settleMove(path: string, location: string, files: readonly StoreFile[]): string {
  const journal = readJournal(path);
  if (journal === null || (journal.from !== location && journal.to !== location)) return location;
  if (journal.phase === 'begun') {
    // Who opens the new place while the old one counts has begun anew there: from now on nothing is taken back from it.
    if (journal.from === location) takeBack(journal, files);
    rmSync(path, { force: true });
    return location;
  }
  if (journal.phase === 'arrived') {
    clearOld(journal, files);
    writeJournal(path, { ...journal, phase: 'settled', stamps: [] });
  }
  if (journal.to === location || files.some(({ path: words, pad }) => !pad && isThere(join(journal.to, ...words)))) return journal.to;
  // What was moved is gone from there too: the old place is as good as any.
  rmSync(path, { force: true });
  return location;
}

/** Everything is at the old place again: renamed files go back, copies are removed. */
export function takeBack({ from, to }: MoveJournal, files: readonly StoreFile[]): void {
  for (const { path, pad } of files) {
    const [before, after] = [join(from, ...path), join(to, ...path)];
    if (pad || !isThere(after)) continue;
    if (isThere(before)) unlinkSync(after);
    else {
      mkdirSync(dirname(before), { recursive: true });
      renameSync(after, before);
    }
  }
  removeEmptyFolders(to, files);
}

/** Removes what was copied, as far as it is what it was then, and folders that are empty after that. */
export function clearOld({ from, to, stamps }: MoveJournal, files: readonly StoreFile[]): void {
  for (const [index, { path, pad }] of files.entries()) {
    const place = join(from, ...path);
    const found = pad ? undefined : lstatSync(place, { throwIfNoEntry: false });
    if (found === undefined || found.size !== stamps[index * 2] || found.mtimeMs !== stamps[index * 2 + 1]) continue;
    if (isThere(join(to, ...path))) unlinkSync(place);
  }
  removeEmptyFolders(from, files);
}

/** Folders of the content below `location`, never that itself; deepest first. */
export function removeEmptyFolders(location: string, files: readonly StoreFile[]): void {
  const folders = new Set<string>();
  for (const { path } of files) for (let depth = path.length - 1; depth > 0; depth--) folders.add(join(location, ...path.slice(0, depth)));
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    try {
      rmdirSync(folder);
    } catch {
      // Not empty, or not there: somebody else's, or nobody's.
    }
  }
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
