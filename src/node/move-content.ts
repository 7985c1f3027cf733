/** Moves the files of a torrent to another folder, so that a move that was cut short can be taken up again; owns no state. */

import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoreFile } from '../core/host.ts';
import { Failure, failureFrom } from './failure.ts';
import { removeEmptyFolders } from './remove-content.ts';

/** Files that are not there are left out. Rejects with a Failure before anything has moved when something is in the way. */
export async function moveContent(files: readonly StoreFile[], from: string, to: string): Promise<void> {
  const moving = files.filter(({ path, pad }) => !pad && existsSync(join(from, ...path)));
  const inTheWay = moving.map(({ path }) => join(to, ...path)).find((path) => existsSync(path));
  if (inTheWay !== undefined) {
    throw new Failure('failed', `${inTheWay} is there already.`, 'Nothing was moved.', 'Move it away, or choose another folder.');
  }
  for (const { path } of moving) await moveFile(join(from, ...path), join(to, ...path));
  removeEmptyFolders(moving, from);
}

async function moveFile(source: string, target: string): Promise<void> {
  try {
    await mkdir(dirname(target), { recursive: true });
    await rename(source, target).catch(async (error: unknown) => {
      if ((error as { code?: string }).code !== 'EXDEV') throw error;
      await copyAcross(source, target);
    });
  } catch (error) {
    throw failureFrom(error, `${source} cannot be moved to ${target}.`);
  }
}

/** To another disk. Under its own name only when it is whole: half a file of the right name would look like one that is in the way. */
async function copyAcross(source: string, target: string): Promise<void> {
  const half = `${target}.moving`;
  await copyFile(source, half);
  // What was checked is known by its time.
  const { atime, mtime } = await stat(source);
  await utimes(half, atime, mtime);
  await rename(half, target);
  await rm(source);
}
