/** A file on its way to stdout, in order, as fast as it is taken; owns the reading while it lasts. */

import { Failure } from '../../node/failure.ts';
import type { Body } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import type { ServedFile } from '../../transfer/http/index.ts';

const READ_BYTES_MAX = 64 << 10;
/** Asked for and not written yet. */
const AHEAD_BYTES = 256 << 10;

/** Settles when all has been written. */
export function copyToStdout(file: ServedFile): Promise<void> {
  return new Promise((resolve, reject) => {
    new Copy(file, resolve, reject).pump();
  });
}

class Copy implements ReadingOperation {
  readonly #reading: Reading | null;
  readonly #done: () => void;
  readonly #failed: (failure: Failure) => void;
  #leftBytes: number;
  #aheadBytes = 0;

  constructor(file: ServedFile, done: () => void, failed: (failure: Failure) => void) {
    this.#leftBytes = file.length;
    this.#done = done;
    this.#failed = failed;
    this.#reading = file.open(0, file.length, this);
  }

  pump(): void {
    while (this.#aheadBytes < AHEAD_BYTES) {
      const bytes = this.#reading?.read(READ_BYTES_MAX) ?? 0;
      if (bytes === 0) break;
      this.#aheadBytes += bytes;
    }
    if (this.#leftBytes > 0) return;
    this.#reading?.close();
    this.#done();
  }

  onReading(body: Body | null): void {
    if (body === null)
      return this.#failed(new Failure('failed', 'The content cannot be read any more.', '', 'Run the same command again.'));
    // Bodies of sockets' hosts are byte arrays, which stay as they are where no stream of the host takes them.
    process.stdout.write(body as Uint8Array, () => {
      this.#aheadBytes -= body.length;
      this.#leftBytes -= body.length;
      this.pump();
    });
  }
}
