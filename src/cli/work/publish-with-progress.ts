/** Scanning and hashing what is to be published, with the progress shown; owns nothing. */

import { join } from 'node:path';
import { HashMemory } from '../../node/hash-memory.ts';
import { formatBytes, plural } from '../../node/quantity.ts';
import { type Publication, type PublishOptions, publish } from '../../node/publication.ts';
import type { Call } from '../cli.ts';

/** The hashes that commands of this user remember for each other. */
export function hashMemory({ settings }: Call): HashMemory {
  return new HashMemory(join(settings.folders.cache, 'hashed'));
}

/** Null when the interruption came first. */
export async function publishWithProgress(
  call: Call,
  paths: readonly string[],
  options: Pick<PublishOptions, 'name' | 'version' | 'pieceBytes' | 'private' | 'memory'>,
): Promise<Publication | null> {
  const { console, interruption } = call;
  let toldAt = performance.now();
  const work = publish(paths, {
    ...options,
    signal: interruption.signal,
    onProgress: (hashedBytes, totalBytes) => {
      console.progress.show(`hashing ${formatBytes(hashedBytes)} of ${formatBytes(totalBytes)}`, hashedBytes / totalBytes);
      if (performance.now() - toldAt < 1_000) return;
      toldAt = performance.now();
      console.event('hashing', { hashedBytes, totalBytes });
    },
  });
  try {
    if (!(await interruption.before(work))) return null;
    const publication = await work;
    if (publication.skipped.length > 0) {
      console.warn(
        `${plural(publication.skipped.length, 'entry').replace('entrys', 'entries')} left out: ${publication.skipped.slice(0, 3).join('; ')}`,
      );
    }
    return publication;
  } finally {
    console.progress.clear();
  }
}
