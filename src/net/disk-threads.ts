/**
 * The worker threads of a host for file work: started when there is work, and numbers beyond the first ended when it is done.
 *
 * Why a thread and not Node's own pool (1 GiB through one core of two, 1 MiB pieces, copy + SHA-1 + write, CPU seconds and the
 * main thread's share of them): worker with shared buffers 0.92, 0.12; crypto.subtle and fs.write 1.22, 0.60; hash on the main
 * thread and fs.write 0.90, 0.65, but up to 4.8 when its writes meet at the lock of one file. At 256 KiB: 1.2, 0.2; 1.35, 0.65; 1.5, 0.9.
 */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { StoreFailure } from '../core/host.ts';
import type { DiskJobName, DiskJobs, DiskReply, DiskRequest, DiskStoreSpec } from './disk-jobs.ts';

/** More threads than this wait for the disk, not for a core. */
const THREADS_MAX = 8;
/** A disk thread holds no content but one buffer; the small young generation keeps its share of memory low. */
const YOUNG_GENERATION_MB = 4;

/** A thread that has had nothing to do for so long is ended: it holds twenty megabytes, and starts again in a twentieth of a second. */
const IDLE_MS = 5_000;

export type DiskDone<N extends DiskJobName> = (result: DiskJobs[N]['result'] | null, failure: StoreFailure | null) => void;

/** Compiled packages have `.js` files beside each other, checkouts `.ts`. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? './disk-thread.ts' : './disk-thread.js', import.meta.url);

export class DiskThread {
  private readonly worker: Worker;
  private readonly pending = new Map<number, DiskDone<DiskJobName>>();
  private readonly attached = new Set<number>();
  private nextId = 1;
  private readonly onIdle: () => void;
  private idleTimer: NodeJS.Timeout | null = null;

  /** `onIdle` is called when nothing was asked of the thread for a while. */
  constructor(onIdle: () => void) {
    this.onIdle = onIdle;
    this.worker = new Worker(THREAD_URL, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB }, stdin: false });
    this.worker.on('message', (reply: DiskReply) => this.onReply(reply));
    // What a disk can cause comes back as a failure. Anything else is a bug, and must not pass unseen.
    this.worker.on('error', (error) => {
      throw error;
    });
    this.rest();
  }

  get idle(): boolean {
    return this.pending.size === 0;
  }

  /** Adds a job; `done` is called in a later event. Jobs of one thread are done in order. */
  submit<N extends DiskJobName>(spec: DiskStoreSpec, name: N, args: DiskJobs[N]['args'], done: DiskDone<N>): void {
    if (!this.attached.has(spec.store)) {
      this.attached.add(spec.store);
      this.post(spec.store, 'attach', spec, () => {});
    }
    this.post(spec.store, name, args, done);
  }

  /** Closes the files of a store, which may come back; `done` is called in a later event when its jobs are over. */
  detach(spec: DiskStoreSpec, done: () => void = () => {}): void {
    const attached = this.attached.delete(spec.store);
    if (!attached && this.pending.size === 0) return void setImmediate(done);
    this.post(spec.store, 'detach', null, done);
  }

  async end(): Promise<void> {
    this.keepBusy();
    await this.worker.terminate();
  }

  private post<N extends DiskJobName>(store: number, name: N, args: DiskJobs[N]['args'], done: DiskDone<N>): void {
    const request: DiskRequest<N> = { id: this.nextId++, store, name, args };
    // The process stays for as long as somebody waits.
    if (this.pending.size === 0) this.worker.ref();
    this.keepBusy();
    this.pending.set(request.id, done as DiskDone<DiskJobName>);
    this.worker.postMessage(request);
  }

  private onReply(reply: DiskReply): void {
    const done = this.pending.get(reply.id) as DiskDone<DiskJobName>;
    this.pending.delete(reply.id);
    if (this.pending.size === 0) this.rest();
    done(reply.result as never, reply.failure);
  }

  private rest(): void {
    this.worker.unref();
    this.keepBusy();
    this.idleTimer = setTimeout(this.onIdle, IDLE_MS).unref();
  }

  private keepBusy(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
  }
}

export class DiskThreads {
  private first: DiskThread | null = null;
  private extra: DiskThread[] = [];
  private extraUsers = 0;

  /** The thread for everything that has to happen in order. */
  get main(): DiskThread {
    this.warm();
    return this.first as DiskThread;
  }

  /** Starts the thread ahead of its first job: a download that is about to begin need not wait for it. */
  warm(): void {
    this.first ??= new DiskThread(() => this.endIdle());
  }

  /** True when no job waits in the thread for everything that has to happen in order. */
  get idle(): boolean {
    return this.first?.idle !== false;
  }

  /** Closes the files of a store. A thread that has ended has closed them. */
  detach(spec: DiskStoreSpec, done: () => void = () => {}): void {
    if (this.first === null) setImmediate(done);
    else this.first.detach(spec, done);
  }

  private endIdle(): void {
    if (this.extraUsers > 0) return;
    void this.first?.end();
    this.first = null;
  }

  /** As many threads as there are cores, for hashing a lot; give them back with `releaseAll`. */
  acquireAll(): readonly DiskThread[] {
    const count = Math.min(THREADS_MAX, availableParallelism());
    while (this.extra.length < count - 1) this.extra.push(new DiskThread(() => {}));
    this.extraUsers++;
    return [this.main, ...this.extra];
  }

  /** Idle threads cost ten megabytes each: all but the first are ended with the last user. */
  releaseAll(): void {
    this.extraUsers--;
    if (this.extraUsers > 0) return;
    for (const thread of this.extra) void thread.end();
    this.extra = [];
  }

  async close(): Promise<void> {
    await Promise.all([this.first?.end(), ...this.extra.map((thread) => thread.end())]);
    this.first = null;
    this.extra = [];
  }
}
