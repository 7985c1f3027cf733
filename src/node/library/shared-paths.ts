/** Files and folders that a command shares with search networks as long as it runs: read once, and known in memory alone. Owns what is known. */

import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { mediaKindOf } from '../../wire/keywords.ts';
import { urnsOf } from '../../wire/urn.ts';
import { Failure, failureFrom } from '../failure.ts';
import { DigestPool } from './digest-pool.ts';
import { findFiles } from './find-files.ts';
import { type FilePlace, keyOf, LibraryIndex } from './library-index.ts';

/** More is what the library is for, which remembers what it has read. */
export const NAMED_FILES_MAX = 10_000;
/** Being read at once, beyond the threads. */
const READING_MAX = 16;

export class SharedPaths {
  readonly index = new LibraryIndex(':memory:');

  /** Rejects with a Failure when one of the paths cannot be read. `onRead`: files read so far. */
  static async read(paths: readonly string[], onRead: (files: number) => void, signal: AbortSignal): Promise<SharedPaths> {
    const shared = new SharedPaths();
    const pool = new DigestPool();
    try {
      const places = await placesOf(paths);
      let next = 0;
      const reader = async (): Promise<void> => {
        for (let place = places[next++]; place !== undefined && !signal.aborted; place = places[next++]) {
          await shared.#add(place, pool);
          onRead(shared.index.count);
        }
      };
      await Promise.all(Array.from({ length: READING_MAX }, reader));
      return shared;
    } catch (error) {
      shared.close();
      throw error;
    } finally {
      await pool.close();
    }
  }

  /** What other networks call the file, where it is only one. */
  get urns(): readonly string[] {
    const [file, ...more] = this.index.after(0, 2);
    return file === undefined || more.length > 0 ? [] : urnsOf(file.hashes);
  }

  close(): void {
    this.index.close();
  }

  async #add(place: FilePlace, pool: DigestPool): Promise<void> {
    const path = join(place.root, keyOf(place.folder, place.name));
    const kind = mediaKindOf(place.name);
    const { digests, tags, failure } = await pool.digest({ path, bytes: place.bytes, kind });
    if (digests === null || tags === null) throw new Failure('failed', `${path} cannot be shared.`, failure ?? '', '');
    this.index.put(place, { kind, tags, hashes: digests.hashes }, digests);
  }
}

async function placesOf(paths: readonly string[]): Promise<FilePlace[]> {
  const places: FilePlace[] = [];
  for (const given of paths) {
    const path = resolve(given);
    const found = await stat(path).catch((error: unknown) => {
      throw failureFrom(error, `${given} cannot be shared.`);
    });
    if (!found.isDirectory()) {
      places.push({ root: dirname(path), folder: '', name: basename(path), bytes: found.size, modifiedMs: found.mtimeMs });
      continue;
    }
    // The name of the folder counts as a word of what is in it.
    const [root, folder] = [dirname(path), basename(path)];
    for await (const place of findFiles(path, () => undefined)) {
      places.push({ ...place, root, folder: place.folder === '' ? folder : `${folder}/${place.folder}` });
      if (places.length <= NAMED_FILES_MAX) continue;
      throw new Failure(
        'usage',
        `These are more than ${NAMED_FILES_MAX} files.`,
        '',
        'Name the folder in library.folders, and run: kith up',
      );
    }
  }
  return places;
}
