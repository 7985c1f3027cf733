/** Hashes many pieces of one store on all cores, in ranges handed out as threads become free: for checks and for creation. */

import type { StoreFailure } from '../core/host.ts';
import type { DiskStoreSpec } from './disk-jobs.ts';
import type { DiskThread, DiskThreads } from './disk-threads.ts';

/** Content in one job: small enough for progress and for an even end, large enough that messages cost nothing. */
const RANGE_BYTES = 8 << 20;
/** Below this one thread is done before another has started. */
const MANY_THREADS_BYTES_MIN = 32 << 20;

export interface HasherHandler {
  /** Digests of `count` pieces from `first` on; zeros for what could not be read. Ranges come in any order. */
  onHashes(first: number, count: number, hashes: Uint8Array): void;
  /** The last call. */
  onHashed(failure: StoreFailure | null): void;
}

export class ContentHasher {
  private readonly threads: DiskThreads;
  private readonly spec: DiskStoreSpec;
  private readonly handler: HasherHandler;
  private readonly strict: boolean;
  /** What is still to be done, last one first. */
  private readonly ranges: { readonly first: number; readonly count: number }[];
  private readonly workers: readonly DiskThread[];
  private readonly many: boolean;
  private active = 0;
  private failure: StoreFailure | null = null;
  private cancelled = false;

  /** Starts at once; `pieces` is not empty. `strict`: a file that is missing or short is a failure instead of zeros. */
  constructor(threads: DiskThreads, spec: DiskStoreSpec, pieces: Iterable<number>, strict: boolean, handler: HasherHandler) {
    this.threads = threads;
    this.spec = spec;
    this.handler = handler;
    this.strict = strict;
    this.ranges = rangesOf(pieces, Math.max(1, Math.floor(RANGE_BYTES / spec.pieceBytes))).reverse();
    this.many = this.ranges.length * RANGE_BYTES >= MANY_THREADS_BYTES_MIN;
    this.workers = this.many ? threads.acquireAll() : [threads.main];
    for (const thread of [...this.workers, ...this.workers]) {
      this.active++;
      this.next(thread);
    }
  }

  /** No more is hashed; `onHashed` follows. */
  cancel(): void {
    this.cancelled = true;
  }

  private next(thread: DiskThread): void {
    const range = this.cancelled || this.failure !== null ? undefined : this.ranges.pop();
    if (range === undefined) {
      this.active--;
      if (this.active === 0) this.finish();
      return;
    }
    thread.submit(this.spec, 'hash', { ...range, strict: this.strict }, (hashes, failure) => {
      this.failure ??= failure;
      if (hashes !== null && !this.cancelled) this.handler.onHashes(range.first, range.count, hashes);
      this.next(thread);
    });
  }

  private finish(): void {
    for (const thread of this.workers) if (thread !== this.threads.main) thread.detach(this.spec);
    if (this.many) this.threads.releaseAll();
    this.handler.onHashed(this.failure);
  }
}

/** Neighbouring pieces together, at most `countMax` in a range. */
function rangesOf(pieces: Iterable<number>, countMax: number): { first: number; count: number }[] {
  const ranges: { first: number; count: number }[] = [];
  for (const piece of pieces) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last.first + last.count === piece && last.count < countMax) last.count++;
    else ranges.push({ first: piece, count: 1 });
  }
  return ranges;
}
