/**
 * Files of a node's transfers that are played while they load, one StreamedFile for all who read the same. Owns those that were read last.
 */

import { playableType } from '../../wire/media-type.ts';
import { Failure } from '../failure.ts';
import type { HeldTransfer } from '../transfers/held-transfer.ts';
import { StreamedFile } from './streamed-file.ts';

/** A person plays one thing, and looks into a few. */
const FILES_MAX = 16;

export class NodeStreams {
  readonly #find: (infoHash: string) => HeldTransfer;
  readonly #files = new Map<string, StreamedFile>();

  /** `find` throws a Failure for what there is not. */
  constructor(find: (infoHash: string) => HeldTransfer) {
    this.#find = find;
  }

  /** A file by its index. Throws a Failure when it cannot be played: programs and documents of strangers are none of what is served. */
  open(infoHash: string, index: number): StreamedFile {
    const { transfer, record } = this.#find(infoHash);
    const file = transfer?.metainfo?.files[index];
    if (transfer === null || file === undefined) {
      const why = transfer === null ? 'It waits for its turn, or has failed.' : 'There is no such file, or its name is not known yet.';
      throw new Failure('not-found', `File ${index + 1} of ${record.name} cannot be played.`, why, 'See: kith info --files');
    }
    const name = file.path.at(-1) ?? '';
    if (playableType(name) === null) throw new Failure('denied', `${name} is nothing to be played.`, 'It is no film and no sound.', '');
    const key = `${infoHash}-${index}`;
    const before = this.#files.get(key);
    // A transfer that was paused and resumed has a new torrent.
    if (before !== undefined && before.has()) return before;
    const opened = new StreamedFile(transfer.torrent, index, [name], performance.now());
    void opened.look();
    this.#files.delete(key);
    this.#files.set(key, opened);
    const [oldest] = this.#files.keys();
    if (this.#files.size > FILES_MAX && oldest !== undefined) this.#files.delete(oldest);
    return opened;
  }
}
