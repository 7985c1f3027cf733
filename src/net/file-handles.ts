/** A bounded number of open files, least recently used closed first; each side of the disk thread owns one. */

import { closeSync } from 'node:fs';

/** Files open at once on each side. A torrent may have a hundred thousand. */
export const FILE_HANDLES_MAX = 128;

export interface FileHandle {
  readonly fd: number;
  readonly key: number;
  /** Reads under way: the file stays open until they are over. */
  users: number;
  /** Dropped while in use; closed by the last user. */
  dropped: boolean;
}

/** Room for this many files a store in a key. */
const FILES_MAX = 2 ** 24;

export class FileHandles {
  private readonly max: number;
  /** In order of use. */
  private readonly handles = new Map<number, FileHandle>();

  constructor(max = FILE_HANDLES_MAX) {
    this.max = max;
  }

  get size(): number {
    return this.handles.size;
  }

  get(store: number, file: number): FileHandle | null {
    const key = store * FILES_MAX + file;
    const handle = this.handles.get(key);
    if (handle === undefined) return null;
    this.handles.delete(key);
    this.handles.set(key, handle);
    return handle;
  }

  /** Keeps an open file, and closes the one that was used least recently when there are too many. */
  add(store: number, file: number, fd: number): FileHandle {
    const handle: FileHandle = { fd, key: store * FILES_MAX + file, users: 0, dropped: false };
    this.handles.set(handle.key, handle);
    if (this.handles.size > this.max) {
      for (const oldest of this.handles.values()) {
        this.drop(oldest);
        break;
      }
    }
    return handle;
  }

  release(handle: FileHandle): void {
    handle.users--;
    if (handle.dropped && handle.users === 0) closeSync(handle.fd);
  }

  drop(handle: FileHandle): void {
    if (handle.dropped) return;
    this.handles.delete(handle.key);
    handle.dropped = true;
    if (handle.users === 0) closeSync(handle.fd);
  }

  dropStore(store: number): void {
    for (const handle of [...this.handles.values()]) {
      if (Math.floor(handle.key / FILES_MAX) === store) this.drop(handle);
    }
  }
}
