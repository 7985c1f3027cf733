/** What lies in a shared folder: a walk over it that leaves the loop free, and tells what it left out. Owns no state. */

import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilePlace } from './library-index.ts';

/** Deeper folders are left out. */
const DEPTH_MAX = 64;
export const LIBRARY_FILES_MAX = 2_000_000;

export interface Skipped {
  readonly path: string;
  readonly why: string;
}

/**
 * Regular files below `root`, in no order. Hidden files, links and what cannot be read are left out: a link may lead out of what was meant to be
 * shared. Rejects when the folder itself cannot be read.
 */
export async function* findFiles(root: string, skipped: (what: Skipped) => void): AsyncGenerator<FilePlace> {
  const folders: { folder: string; depth: number }[] = [{ folder: '', depth: 0 }];
  let count = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { folder, depth } = next;
    for (const entry of await entriesOf(root, folder, skipped)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && depth < DEPTH_MAX) folders.push({ folder: path, depth: depth + 1 });
      else if (entry.isDirectory()) skipped({ path, why: `lies deeper than ${DEPTH_MAX} folders` });
      if (!entry.isFile()) continue;
      if (count === LIBRARY_FILES_MAX) {
        skipped({ path, why: `comes after ${LIBRARY_FILES_MAX} others` });
        return;
      }
      const found = await stat(join(root, path)).catch(() => null);
      if (found === null) continue;
      count++;
      yield { root, folder, name: entry.name, bytes: found.size, modifiedMs: found.mtimeMs };
    }
  }
}

async function entriesOf(root: string, folder: string, skipped: (what: Skipped) => void): Promise<Dirent[]> {
  try {
    const entries: Dirent[] = [];
    for await (const entry of await opendir(join(root, folder))) entries.push(entry);
    return entries;
  } catch (error) {
    if (folder === '') throw error;
    skipped({ path: folder, why: (error as NodeJS.ErrnoException).code ?? String(error) });
    return [];
  }
}
