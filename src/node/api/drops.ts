/**
 * Files that a page sends to be shared: named and measured before the first byte, written part by part into a folder of their own below the
 * drop folder, and shared when all are there. A part that was cut off is sent again. Owns what is coming, and removes what does not.
 */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MalformedMessage } from '../../core/codec.ts';
import { askRoom } from '../../net/disk-room.ts';
import { SafePaths, safeName } from '../../wire/safe-path.ts';
import { Failure, failureFrom } from '../failure.ts';
import { makeFolder } from '../make-folder.ts';
import { formatBytes } from '../quantity.ts';

/** All of one is in memory. */
export const DROP_PART_BYTES_MAX = 8 << 20;
/** More files than this are better shared by the command line. */
export const DROP_FILES_MAX = 10_000;
const DROPS_MAX = 16;
/** A page that was closed sends nothing any more. */
const DROP_IDLE_MS = 30 * 60_000;
const ID_BYTES = 8;
/** What is not whole yet; no drop has such a name. */
const COMING = '.coming';

export interface DroppedFile {
  /** With slashes, as the page knows it. */
  readonly path: string;
  readonly bytes: number;
}

interface ComingFile {
  readonly path: readonly string[];
  readonly bytes: number;
  haveBytes: number;
  busy: boolean;
}

interface Drop {
  readonly files: readonly ComingFile[];
  readonly totalBytes: number;
  usedAtMs: number;
}

export class Drops {
  readonly #folder: string;
  readonly #reserveBytes: number;
  readonly #now: () => number;
  readonly #open = new Map<string, Drop>();
  #swept = false;

  /** `reserveBytes` are to stay free on the disk. */
  constructor(folder: string, reserveBytes: number, now: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
    this.#now = now;
  }

  /** Makes room for those files; rejects with a Failure when there is none, or they have no paths that a disk could have. */
  async begin(wanted: readonly DroppedFile[]): Promise<string> {
    this.#sweep();
    if (this.#open.size >= DROPS_MAX) {
      throw new Failure('interrupted', 'Too many drops are coming already.', `There are ${DROPS_MAX}.`, 'Wait for one of them.');
    }
    const files = safePaths(wanted).map(([path, bytes]) => ({ path, bytes, haveBytes: 0, busy: false }));
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const promised = [...this.#open.values()].reduce((sum, drop) => sum + drop.totalBytes - haveBytesOf(drop), 0);
    const free = (await this.#freeBytes()) - this.#reserveBytes - promised;
    if (totalBytes > free) {
      const why = `They have ${formatBytes(totalBytes)}; ${formatBytes(Math.max(0, free))} are to be had in ${this.#folder}.`;
      throw new Failure('no-space', 'The disk has no room for these files.', why, 'Free some space, or share them by path: kith share');
    }
    const id = randomBytes(ID_BYTES).toString('hex');
    makeFolder(join(this.#folder, COMING, id), `The drop folder ${this.#folder} cannot be used.`);
    this.#open.set(id, { files, totalBytes, usedAtMs: this.#now() });
    return id;
  }

  /** Writes the next part of a file, counted from 0; resolves to how much of it is there. */
  async write(id: string, number: number, offset: number, part: Uint8Array): Promise<number> {
    const drop = this.#need(id);
    const file = drop.files[number];
    if (file === undefined) throw new Failure('not-found', `The drop has no file ${number}.`, `It has ${drop.files.length}.`, '');
    if (offset + part.length > file.bytes) {
      throw new Failure('usage', 'That is more than the file was to have.', `It was to have ${file.bytes} bytes.`, 'Begin a new drop.');
    }
    if (file.busy || offset !== file.haveBytes) {
      throw new Failure('incomplete', 'Another part is wanted.', `${file.haveBytes} bytes are there.`, 'Send what comes behind them.');
    }
    file.busy = true;
    try {
      await append(join(this.#folder, COMING, id, ...file.path), offset, part);
      file.haveBytes += part.length;
    } catch (error) {
      throw failureFrom(error, `${file.path.join('/')} cannot be written.`);
    } finally {
      file.busy = false;
      drop.usedAtMs = this.#now();
    }
    return file.haveBytes;
  }

  /** All is there: resolves to the paths of what was dropped, files and folders. From here on it is not ours to remove. */
  async finish(id: string): Promise<readonly string[]> {
    const drop = this.#need(id);
    const short = drop.files.find(({ haveBytes, bytes }) => haveBytes < bytes);
    if (short !== undefined) {
      const why = `${short.haveBytes} of ${short.bytes} bytes of ${short.path.join('/')} are there.`;
      throw new Failure('incomplete', 'The drop is not complete.', why, 'Send the rest.');
    }
    const [from, to] = [join(this.#folder, COMING, id), join(this.#folder, id)];
    for (const { path, bytes } of drop.files) if (bytes === 0) await append(join(from, ...path), 0, new Uint8Array());
    await rename(from, to);
    this.#open.delete(id);
    return [...new Set(drop.files.map(({ path }) => join(to, path[0] as string)))]; // Safe paths have a name at least.
  }

  /** What came of it goes. */
  cancel(id: string): void {
    this.#need(id);
    this.#drop(id);
  }

  #need(id: string): Drop {
    const drop = this.#open.get(id);
    if (drop !== undefined) return drop;
    throw new Failure('not-found', 'There is no such drop.', 'It was shared, or nothing came for half an hour.', 'Begin a new one.');
  }

  #drop(id: string): void {
    this.#open.delete(id);
    rmSync(join(this.#folder, COMING, id), { recursive: true, force: true });
  }

  /** What pages have left; the first time also what a run before has. */
  #sweep(): void {
    if (!this.#swept) rmSync(join(this.#folder, COMING), { recursive: true, force: true });
    this.#swept = true;
    for (const [id, { usedAtMs }] of this.#open) if (this.#now() - usedAtMs >= DROP_IDLE_MS) this.#drop(id);
  }

  #freeBytes(): Promise<number> {
    return new Promise((resolve) => {
      askRoom(this.#folder, [], 0, ({ freeBytes }) => resolve(freeBytes));
    });
  }
}

/** A place of its own for each, whatever a page has called it. Throws a Failure. */
function safePaths(files: readonly DroppedFile[]): [path: readonly string[], bytes: number][] {
  const places = new SafePaths();
  const encoder = new TextEncoder();
  try {
    return files.map(({ path, bytes }) => [places.file(path.split('/').map((name) => safeName(encoder.encode(name)))), bytes]);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new Failure('usage', 'Those files cannot be saved.', `${error.message}.`, 'Share them by path: kith share');
  }
}

/** At its place, not at the end: a part that was written in half by a write that failed is written over. */
async function append(path: string, offset: number, part: Uint8Array): Promise<void> {
  if (offset === 0) await mkdir(dirname(path), { recursive: true });
  const file = await open(path, offset === 0 ? 'w' : 'r+', 0o600);
  try {
    for (let at = 0; at < part.length; ) at += (await file.write(part, at, part.length - at, offset + at)).bytesWritten;
  } finally {
    await file.close();
  }
}

function haveBytesOf({ files }: Drop): number {
  return files.reduce((sum, { haveBytes }) => sum + haveBytes, 0);
}
