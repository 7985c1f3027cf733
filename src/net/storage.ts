/** What the stores of one host share: disk threads, memory for content on its way in and out, open files. Owned by the socket host. */

import type { StoreHandler, StoreSpec } from '../core/host.ts';
import { DiskThreads } from './disk-threads.ts';
import type { EventLoop } from './event-loop.ts';
import { FileHandles } from './file-handles.ts';
import { FileStore } from './file-store.ts';
import { PieceBuffers } from './piece-buffers.ts';
import { ReadCache } from './read-cache.ts';

export class Storage {
  readonly loop: EventLoop;
  readonly stateFolder: string | null;
  readonly tap: (event: number, a: number, b: number, c: number) => void;
  readonly threads = new DiskThreads();
  readonly buffers = new PieceBuffers();
  readonly cache: ReadCache;
  readonly handles = new FileHandles();
  private readonly stores = new Set<FileStore>();
  private nextStore = 1;
  private onEmpty: (() => void) | null = null;

  constructor(loop: EventLoop, stateFolder: string | null, tap: (event: number, a: number, b: number, c: number) => void) {
    this.loop = loop;
    this.cache = new ReadCache(loop);
    this.stateFolder = stateFolder;
    this.tap = tap;
  }

  open(spec: StoreSpec, handler: StoreHandler): FileStore {
    const store = new FileStore(this, this.nextStore++, spec, handler);
    this.stores.add(store);
    return store;
  }

  onStoreClosed(store: FileStore): void {
    this.stores.delete(store);
    if (this.stores.size > 0) return;
    this.buffers.dropIdle();
    this.onEmpty?.();
  }

  /** Closes the stores that are open, waits until all have written what they have, then ends the threads. */
  async close(): Promise<void> {
    for (const store of this.stores) store.close();
    if (this.stores.size > 0) {
      await new Promise<void>((resolve) => {
        this.onEmpty = resolve;
      });
    }
    await this.threads.close();
  }
}
