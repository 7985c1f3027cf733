/** Makes a folder and those above it, and says what is in the way; owns no state. */

import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure, failureFrom } from './failure.ts';

/**
 * Throws a Failure with `what` and the true reason. Level by level, because a recursive mkdir answers "no such file" where the file
 * system is read-only.
 */
export function makeFolder(path: string, what: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = lookAt(at, what);
    if (found === 'folder') break;
    if (found === 'file') throw new Failure('usage', what, `${at} is a file, not a folder.`, 'Name another folder.');
    missing.push(at);
  }
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw failureFrom(error, what);
    }
  }
}

/** Why nothing can be written to the folder, or null. */
export function whyUnwritable(path: string, what: string): Failure | null {
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    return failureFrom(error, what);
  }
}

function lookAt(path: string, what: string): 'folder' | 'file' | 'nothing' {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? 'nothing' : found.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOTDIR') return 'nothing';
    throw failureFrom(error, what);
  }
}
