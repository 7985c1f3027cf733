/**
 * Content on its way to another folder while it is written and read: renamed where that is possible, else copied a few parts at a time;
 * what is written meanwhile is copied again. Owned by the disk store, which goes on at the old place until `end`.
 */

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { StoreFile } from '../core/host.ts';
import { isThere, type MoveJournal, removeEmptyFolders, takeBack, writeJournal } from './move-journal.ts';
import { SafeFolder, UnsafePathError } from './safe-path.ts';
import { ContentError, MoveError } from './store-failure.ts';

const PART_BYTES = 1 << 20;
/** The unit of `stat`, whatever the file system's own is. */
const STAT_BLOCK_BYTES = 512;
/** In one job: others wait no longer than for a few of their own. */
const STEP_PARTS = 4;
const STEP_FILES_MAX = 64;
/** So few parts are left to the end, during which nothing is written. */
const LAST_PARTS_MAX = 8;
/** Who writes faster than this copies is held up at last: after so many times the content's parts. */
const PASSES_MAX = 2;
/** Parts of one file in a key. */
const PARTS_MAX = 2 ** 24;
const OPEN_FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class ContentMove {
  readonly folder: SafeFolder;
  private readonly files: readonly StoreFile[];
  private readonly from: string;
  /** Null: there is no place to write it down, and a crash may leave copies. */
  private readonly journalPath: string | null;
  /** What is copied next: this file from this part on, later what was written meanwhile. */
  private file = 0;
  private part = 0;
  private copiedParts = 0;
  private totalParts = 0;
  /** file × PARTS_MAX + part, of parts written since they were, or may have been, copied. */
  private readonly dirty = new Set<number>();
  private readonly buffer = new Uint8Array(PART_BYTES);

  constructor(from: string, to: string, files: readonly StoreFile[], journalPath: string | null) {
    this.from = from;
    this.folder = new SafeFolder(to);
    this.files = files;
    this.journalPath = journalPath;
  }

  /** True: all is there already. Throws, with nothing changed, when something lies in the way or the folder cannot be used. */
  begin(): boolean {
    if (isThere(this.from) && isThere(this.folder.path) && realpathSync(this.from) === realpathSync(this.folder.path)) return true;
    for (const { path, pad, symlink } of this.files) {
      if (pad) continue;
      const [source, target] = [join(this.from, ...path), join(this.folder.path, ...path)];
      if (isThere(target)) throw new MoveError('in-the-way', target, `expected nothing at ${target}, but something is there`);
      const found = lstatSync(source, { throwIfNoEntry: false });
      if (symlink === null && found?.isSymbolicLink() === true)
        throw new UnsafePathError(source, 'is a link, and may lead elsewhere from there');
    }
    const targets = this.files.map(({ path, pad }) => (pad ? '' : this.folder.locate(path, true)));
    this.write('begun');
    const renamed = this.renameAll(targets);
    if (!renamed) this.prepareToCopy();
    return renamed;
  }

  private renameAll(targets: readonly string[]): boolean {
    try {
      for (const [index, { path, pad }] of this.files.entries()) {
        const source = join(this.from, ...path);
        if (!pad && isThere(source)) renameSync(source, targets[index] as string);
      }
    } catch (error) {
      this.abort();
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      this.write('begun');
      return false;
    }
    this.removeEmptyFolders();
    this.write('settled');
    return true;
  }

  /** The store writes to the old place. What will be copied anyhow is left out. */
  wrote(file: number, offset: number, length: number): void {
    for (let part = Math.floor(offset / PART_BYTES); part * PART_BYTES < offset + length; part++) {
      if (file < this.file || (file === this.file && part < this.part)) this.dirty.add(file * PARTS_MAX + part);
    }
  }

  private prepareToCopy(): void {
    let bytes = 0;
    for (const { path, length, pad } of this.files) {
      this.totalParts += Math.ceil(length / PART_BYTES);
      const found = pad ? undefined : lstatSync(join(this.from, ...path), { throwIfNoEntry: false });
      // Holes are not copied.
      bytes += Math.min(found?.size ?? 0, (found?.blocks ?? 0) * STAT_BLOCK_BYTES);
    }
    const { bavail, bsize } = statfsSync(this.folder.path);
    if (bytes <= bavail * bsize) return;
    this.abort();
    throw new MoveError('no-space', this.folder.path, `expected room for ${bytes} bytes, found ${bavail * bsize}`);
  }

  private removeEmptyFolders(): void {
    for (const location of [this.from, this.folder.path]) removeEmptyFolders(location, this.files);
  }

  /** Copies a little; false when so little is left that it can end. */
  step(): boolean {
    let parts = STEP_PARTS;
    for (let files = STEP_FILES_MAX; parts > 0 && files > 0 && this.file < this.files.length; files--) parts -= this.stepFile(parts);
    if (this.file < this.files.length) return true;
    for (const key of this.dirty) {
      if (parts-- <= 0) break;
      this.copyDirty(key);
    }
    return this.dirty.size > LAST_PARTS_MAX && this.copiedParts < this.totalParts * PASSES_MAX;
  }

  /** Some parts of the file that is next; how many. */
  private stepFile(partsMax: number): number {
    const { path, length, pad, symlink } = this.files[this.file] as StoreFile;
    const source = join(this.from, ...path);
    const count = Math.ceil(length / PART_BYTES);
    let parts = 0;
    if (!pad && isThere(source)) {
      if (symlink !== null) this.copyLink(path);
      else parts = this.copy(this.file, this.part, Math.min(count, this.part + partsMax), false);
    }
    this.part += partsMax;
    if (this.part >= count || parts === 0) {
      this.file++;
      this.part = 0;
    }
    return parts;
  }

  private copyLink(path: readonly string[]): void {
    const target = this.folder.locate(path, true);
    if (!isThere(target)) symlinkSync(readlinkSync(join(this.from, ...path)), target);
  }

  private copyDirty(key: number): void {
    this.dirty.delete(key);
    const part = key % PARTS_MAX;
    this.copy(Math.floor(key / PARTS_MAX), part, part + 1, true);
  }

  /** `again`: zeros may have to replace something. Else they stay holes. */
  private copy(file: number, first: number, end: number, again: boolean): number {
    const { path } = this.files[file] as StoreFile;
    const source = openSync(join(this.from, ...path), constants.O_RDONLY | OPEN_FLAGS);
    try {
      const { size, mode } = fstatSync(source);
      const target = openSync(this.folder.locate(path, true), constants.O_RDWR | constants.O_CREAT | OPEN_FLAGS, mode & 0o777);
      try {
        if (fstatSync(target).size !== size) ftruncateSync(target, size);
        let part = first;
        // A file without bytes is there when it was made.
        for (; part < end && part * PART_BYTES < size; part++)
          this.copyPart(source, target, part * PART_BYTES, Math.min(PART_BYTES, size - part * PART_BYTES), again);
        if (!again && part * PART_BYTES >= size) fsyncSync(target);
        this.copiedParts += part - first;
        return part - first;
      } finally {
        closeSync(target);
      }
    } finally {
      closeSync(source);
    }
  }

  /** Copies what is left, looks at it all, and writes down that the new place counts. Nothing may be written before the store has switched. */
  end(): MoveJournal {
    while (this.file < this.files.length) this.stepFile(STEP_PARTS);
    const again = new Set([...this.dirty].map((key) => Math.floor(key / PARTS_MAX)));
    for (const key of this.dirty) this.copyDirty(key);
    const stamps: number[] = [];
    for (const [index, { path, pad, symlink }] of this.files.entries()) {
      const source = join(this.from, ...path);
      const before = pad ? undefined : lstatSync(source, { throwIfNoEntry: false });
      stamps.push(before?.size ?? -1, before?.mtimeMs ?? 0);
      if (before === undefined) continue;
      if (symlink !== null) {
        this.copyLink(path);
        continue;
      }
      const target = openSync(this.folder.locate(path, false), constants.O_RDWR | OPEN_FLAGS);
      try {
        const { size } = fstatSync(target);
        if (size !== before.size)
          throw new ContentError('changed', join(this.folder.path, ...path), `it has ${size} bytes instead of ${before.size}`);
        futimesSync(target, before.atime, before.mtime);
        if (again.has(index)) fsyncSync(target);
      } finally {
        closeSync(target);
      }
    }
    this.removeEmptyFolders();
    return this.write('arrived', stamps);
  }

  /** Gives up: all is at the old place, and nothing of ours at the new one. */
  abort(): void {
    takeBack({ from: this.from, to: this.folder.path, phase: 'begun', stamps: [] }, this.files);
    if (this.journalPath !== null) rmSync(this.journalPath, { force: true });
  }

  private write(phase: MoveJournal['phase'], stamps: readonly number[] = []): MoveJournal {
    const journal: MoveJournal = { from: this.from, to: this.folder.path, phase, stamps };
    if (this.journalPath !== null) writeJournal(this.journalPath, journal);
    return journal;
  }

  private copyPart(source: number, target: number, at: number, length: number, again: boolean): void {
    const { buffer } = this;
    let got = 0;
    while (got < length) {
      const count = readSync(source, buffer, got, length - got, at + got);
      if (count === 0) break;
      got += count;
    }
    const bytes = buffer.subarray(0, got);
    if (!again && isZeros(bytes)) return;
    for (let done = 0; done < got; ) done += writeSync(target, bytes, done, got - done, at + done);
  }
}

/** Its first byte is, and each is what the one before it is. */
function isZeros(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0);
}
