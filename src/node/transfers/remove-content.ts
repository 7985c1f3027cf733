/** Removes the files of a torrent from disk, and the folders that are empty then; owns no state. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreFile } from '../../core/host.ts';
import { removeEmptyFolders } from '../../net/move-journal.ts';
import { SafeFolder, UnsafePathError } from '../../net/safe-path.ts';
import { failureFrom } from '../failure.ts';

/** What was reached through a link out of the folder stays, and so does what others put there. Throws a Failure. */
export function removeContent(files: readonly StoreFile[], location: string): void {
  const place = new SafeFolder(location);
  for (const { path, pad } of files) {
    if (pad) continue;
    try {
      rmSync(path.length === 1 ? join(location, path[0] as string) : place.locate(path, false), { force: true });
    } catch (error) {
      const gone = (error as { code?: string }).code === 'ENOENT' || error instanceof UnsafePathError;
      if (!gone) throw failureFrom(error, `${join(location, ...path)} cannot be removed.`);
    }
  }
  removeEmptyFolders(location, files);
}
