/** How much more fits where content lies, asked without holding anybody up; owns no state. */

import { stat, statfs } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Room, StoreFile } from '../core/host.ts';

/** So many files are looked at for what they occupy ahead of what is verified; with more, few of them are long. */
const FILES_LOOKED_AT_MAX = 64;
/** The unit of `stat`, whatever the file system's own is. */
const STAT_BLOCK_BYTES = 512;

/** What cannot be found out does not limit: the disk will say so by itself. Answers in a later event. */
export function askRoom(location: string, files: readonly StoreFile[], haveBytes: number, answer: (room: Room) => void): void {
  nearestFolder(location, (folder, volume) => {
    statfs(folder, (error, found) => {
      if (error !== null) return answer({ freeBytes: Number.POSITIVE_INFINITY, volume, aheadBytes: 0 });
      const shown = files.filter(({ pad, length }) => !pad && length > 0).slice(0, FILES_LOOKED_AT_MAX);
      occupied(
        shown.map(({ path }) => join(location, ...path)),
        (bytes) => answer({ freeBytes: found.bavail * found.bsize, volume, aheadBytes: Math.max(0, bytes - haveBytes) }),
      );
    });
  });
}

/** The folder itself, or the first above it that is there. */
function nearestFolder(path: string, found: (folder: string, device: number) => void): void {
  stat(path, (error, stats) => {
    const above = dirname(path);
    if (error === null) found(path, stats.dev);
    else if (above === path) found(path, 0);
    else nearestFolder(above, found);
  });
}

function occupied(paths: readonly string[], sum: (bytes: number) => void): void {
  let waiting = paths.length;
  let bytes = 0;
  if (waiting === 0) return sum(0);
  for (const path of paths) {
    stat(path, (error, stats) => {
      if (error === null) bytes += stats.blocks * STAT_BLOCK_BYTES;
      if (--waiting === 0) sum(bytes);
    });
  }
}
