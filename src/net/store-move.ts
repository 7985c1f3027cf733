/** One move of a store's files to another folder, from the side of the store: asks the disk thread for one step after the other. */

import type { MoveOperation, StoreFailure } from '../core/host.ts';
import type { DiskDone } from './disk-threads.ts';
import type { DiskJobName, DiskJobs } from './disk-jobs.ts';

/** What a move needs of its store. */
export interface MovingStore {
  readonly isOpen: boolean;
  submit<N extends Exclude<DiskJobName, 'attach' | 'detach'>>(name: N, args: DiskJobs[N]['args'], done: DiskDone<N>): void;
  /** The disk thread works at the new place. */
  switchTo(location: string): void;
  /** The move is over, for better or worse. */
  onMoveOver(operation: MoveOperation, failure: StoreFailure | null): void;
}

export class StoreMove {
  private readonly store: MovingStore;
  private readonly location: string;
  private readonly operation: MoveOperation;

  constructor(store: MovingStore, location: string, operation: MoveOperation) {
    this.store = store;
    this.location = location;
    this.operation = operation;
  }

  begin(recordPath: string | null, begun: () => void): void {
    this.store.submit('moveBegin', { location: this.location, recordPath }, (renamed, failure) => {
      if (renamed === true) this.arrive(false);
      begun();
      if (failure !== null) this.store.onMoveOver(this.operation, failure);
      else if (renamed === false) this.step();
    });
  }

  private step(): void {
    // The thread takes back by itself what is not over when the store is closed.
    if (!this.store.isOpen) return;
    this.store.submit('moveStep', null, (more, failure) => {
      if (failure !== null) this.giveUp(failure);
      else if (more === true) this.step();
      else this.end();
    });
  }

  private end(): void {
    if (!this.store.isOpen) return;
    this.store.submit('moveEnd', null, (_result, failure) => {
      if (failure !== null) this.giveUp(failure);
      else this.arrive(true);
    });
  }

  private arrive(copied: boolean): void {
    this.store.switchTo(this.location);
    this.store.onMoveOver(this.operation, null);
    // What cannot be removed is tried again when the content is opened the next time.
    if (copied) this.store.submit('moveClear', null, () => {});
  }

  private giveUp(failure: StoreFailure): void {
    this.store.submit('moveAbort', null, () => this.store.onMoveOver(this.operation, failure));
  }
}
