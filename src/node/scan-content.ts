/** What one or several paths would be as one torrent: names for others, places on this disk, and a signature of it all; owns no state. */

import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import type { StoreFile } from '../core/host.ts';
import { type ScannedFolder, scanFolder } from '../net/scan-folder.ts';
import { Failure, failureFrom } from './failure.ts';

export interface Content {
  readonly name: string;
  /** The files as the torrent names them; their paths begin with `name`. */
  readonly named: readonly StoreFile[];
  /** The same files as they lie below `location`. */
  readonly onDisk: readonly StoreFile[];
  readonly location: string;
  readonly totalBytes: number;
  /** Size and mtime in milliseconds of each file, as a resume record has them. */
  readonly stamps: Float64Array;
  /** Changes when a name, a size or a time does. */
  readonly signature: string;
  /** When a file was last written. */
  readonly newestMs: number;
  /** What was left out, each with its reason. */
  readonly skipped: readonly string[];
}

/** What several paths are called together. */
const DEFAULT_NAME = 'kith-share';

interface Part {
  readonly name: string;
  readonly scanned: ScannedFolder;
}

/** Throws a Failure: not-found, denied. `name` replaces what would be chosen. */
export function scanContent(paths: readonly string[], name: string | null): Content {
  const parts = partsOf(paths);
  const [only] = parts.length === 1 ? parts : [];
  const contentName = name ?? only?.name ?? DEFAULT_NAME;
  const location = commonFolder(parts.map(({ scanned }) => scanned.location));
  const named: StoreFile[] = [];
  const onDisk: StoreFile[] = [];
  for (const part of parts) {
    const prefix = only === undefined ? [contentName, part.name] : [contentName];
    const below = relative(location, part.scanned.location);
    const place = below === '' ? [] : below.split(sep);
    for (const file of part.scanned.files) {
      const symlink = file.symlink === null ? null : [...prefix, ...file.symlink.slice(1)];
      named.push({ ...file, path: [...prefix, ...file.path.slice(1)], symlink });
      onDisk.push({ ...file, path: [...place, ...file.path] });
    }
  }
  const stamps = stampsOf(location, onDisk);
  return {
    name: contentName,
    named,
    onDisk,
    location,
    totalBytes: named.reduce((sum, { length }) => sum + length, 0),
    stamps,
    signature: signatureOf(location, named, onDisk, stamps),
    newestMs: stamps.reduce((newest, value, index) => (index % 2 === 1 ? Math.max(newest, value) : newest), 0),
    skipped: parts.flatMap(({ scanned }) => scanned.skipped.map(({ path, why }) => `${path} ${why}`)),
  };
}

/** Each path once, under a name that no other has. */
function partsOf(paths: readonly string[]): Part[] {
  const places = new Set<string>();
  const names = new Set<string>();
  const parts: Part[] = [];
  for (const path of paths) {
    try {
      const place = realpathSync(path);
      if (places.has(place)) continue;
      places.add(place);
      const wanted = basename(resolve(path));
      if (wanted === '') throw new Failure('usage', 'The root folder cannot be shared as a whole.', '', 'Name folders in it.');
      let name = wanted;
      for (let count = 2; names.has(name); count++) name = `${wanted} (${count})`;
      names.add(name);
      parts.push({ name, scanned: scanFolder(place) });
    } catch (error) {
      throw failureFrom(error, `${path} cannot be read.`);
    }
  }
  return parts;
}

function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...rest] = folders;
  let common = first.split(sep);
  for (const folder of rest) {
    const components = folder.split(sep);
    const differs = common.findIndex((component, index) => component !== components[index]);
    if (differs >= 0) common = common.slice(0, differs);
  }
  return common.join(sep) || sep;
}

/** Size and mtime of each file as they are now; -1 for one that is not there. */
export function stampsOf(location: string, files: readonly StoreFile[]): Float64Array {
  const stamps = new Float64Array(files.length * 2).fill(-1);
  for (const [index, { path, pad }] of files.entries()) {
    if (pad) continue;
    const found = statSync(join(location, ...path), { throwIfNoEntry: false });
    if (found === undefined) continue;
    stamps[index * 2] = found.size;
    stamps[index * 2 + 1] = found.mtimeMs;
  }
  return stamps;
}

function signatureOf(location: string, named: readonly StoreFile[], onDisk: readonly StoreFile[], stamps: Float64Array): string {
  const digest = createHash('sha1').update(location);
  for (const [index, { path, executable, symlink }] of named.entries()) {
    const line = [path, (onDisk[index] as StoreFile).path, executable, symlink, stamps[index * 2], stamps[index * 2 + 1]];
    digest.update(`\n${JSON.stringify(line)}`);
  }
  return digest.digest('hex');
}
