/** A film or a sound that lies complete on the disk, read by players in the order in which they ask. Owns the files that are open. */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import type { ServedFile } from '../../transfer/http/index.ts';
import { playableType } from '../../wire/media-type.ts';
import { Failure, failureFrom } from '../failure.ts';

export class DiskFile implements ServedFile {
  readonly path: readonly string[];
  readonly length: number;
  readonly etag: string;
  readonly mediaType: string;
  readonly #place: string;

  /** Rejects with a Failure when it has gone, or is nothing to be played: programs and documents of strangers are none of what is served. */
  static async at(place: string): Promise<DiskFile> {
    const name = basename(place);
    const mediaType = playableType(name);
    if (mediaType === null) throw new Failure('denied', `${name} is nothing to be played.`, 'It is no film and no sound.', '');
    const { size, mtimeMs } = await stat(place).catch((error: unknown) => {
      throw failureFrom(error, `${name} cannot be played.`);
    });
    return new DiskFile(place, mediaType, size, mtimeMs);
  }

  private constructor(place: string, mediaType: string, length: number, changedAtMs: number) {
    this.#place = place;
    this.path = [basename(place)];
    this.length = length;
    this.etag = `"${length}-${Math.round(changedAtMs)}"`;
    this.mediaType = mediaType;
  }

  has(): boolean {
    return true;
  }

  open(begin: number, end: number, operation: ReadingOperation): Reading {
    return new DiskReading(open(this.#place), begin, end, operation);
  }
}

class DiskReading implements Reading {
  readonly #file: Promise<FileHandle>;
  readonly #end: number;
  readonly #operation: ReadingOperation;
  #at: number;
  #closed = false;
  /** One read after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(file: Promise<FileHandle>, begin: number, end: number, operation: ReadingOperation) {
    this.#file = file;
    this.#at = begin;
    this.#end = end;
    this.#operation = operation;
    // Whoever reads hears of it.
    file.catch(() => undefined);
  }

  read(bytesMax: number): number {
    const bytes = Math.min(bytesMax, this.#end - this.#at);
    if (bytes <= 0 || this.#closed) return 0;
    const from = this.#at;
    this.#at += bytes;
    this.#turn = this.#turn.then(() => this.#answer(from, bytes));
    return bytes;
  }

  async #answer(from: number, bytes: number): Promise<void> {
    const read = await this.#file.then((file) => file.read(Buffer.allocUnsafe(bytes), 0, bytes, from)).catch(() => null);
    if (this.#closed) return;
    // A file that has become shorter is another one.
    this.#operation.onReading(read !== null && read.bytesRead === bytes ? read.buffer : null);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#turn
      .then(() => this.#file)
      .then((file) => file.close())
      .catch(() => undefined);
  }
}
