/** Gives a file that is complete its name, and takes no other file's. Owns no state. */

import { existsSync, linkSync, renameSync, unlinkSync } from 'node:fs';
import { extname, join } from 'node:path';

const NUMBERS_MAX = 10_000;

/** The path that it has then: that name, or one with a number where somebody else has it. Throws the system's error. */
export function giveName(part: string, folder: string, name: string): string {
  for (let number = 0; number < NUMBERS_MAX; number++) {
    const path = join(folder, number === 0 ? name : numbered(name, number));
    if (take(part, path)) return path;
  }
  throw new Error(`expected a free name like ${name} among ${NUMBERS_MAX}, found none`);
}

/** A link is made only where nothing is; where there are no links, a moment lies between looking and renaming. */
function take(part: string, path: string): boolean {
  try {
    linkSync(part, path);
    unlinkSync(part);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT' || existsSync(path)) throw error;
    renameSync(part, path);
    return true;
  }
}

function numbered(name: string, number: number): string {
  const ending = extname(name);
  return `${name.slice(0, name.length - ending.length)}.${number}${ending}`;
}
