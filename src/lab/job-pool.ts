/**
 * Runs spread over threads. Owns the threads, which end with the pool.
 *
 * A run sees nothing but its spec and its seed: the same comes out with any number of threads, in whatever order runs end.
 */

import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { JobQueue } from './job-queue.ts';
import type { LabWorkerData, RunReply, RunRequest } from './lab-worker.ts';
import { type Job, sameRuns } from './plan.ts';
import { eventsOf } from './run-weight.ts';
import type { RunOutcome } from './scenario.ts';

/** What runs at the same time may take of the memory here. */
const MEMORY_PART = 0.75;
const MIB = 1 << 20;

/** Compiled packages have `.js` files beside each other, checkouts `.ts`. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './lab-worker.ts' : './lab-worker.js', import.meta.url);

export interface JobPoolOptions {
  /** Threads at most. */
  readonly threads: number;
  /** URL of the experiment's file when its own scenario carries the runs out; null: kith's. */
  readonly module: string | null;
  /** Called once for each job, in the order in which runs end. What it throws ends the pool. */
  readonly onRun: (job: Job, outcome: RunOutcome, tookMs: number) => void;
  /** Ends the threads at once; runs under way are lost. */
  readonly signal: AbortSignal;
}

export interface PoolProgress {
  readonly done: number;
  readonly total: number;
  /** Null before the first run is done. */
  readonly leftMs: number | null;
}

/** A run that threw, or took its thread along: which one, and what it said. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly job: Job;
  readonly outOfMemory: boolean;
  /** Where it was thrown, for who repairs it. */
  readonly trail: string;

  constructor(job: Job, message: string, trail: string, outOfMemory: boolean) {
    super(message);
    this.job = job;
    this.trail = trail;
    this.outOfMemory = outOfMemory;
  }
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
  startedAtMs: number;
}

export class JobPool {
  readonly #options: JobPoolOptions;
  /** Jobs by the first of those that ask for the same run. */
  readonly #same: ReadonlyMap<Job, readonly Job[]>;
  readonly #total: number;
  readonly #workTotal: number;
  readonly #queue: JobQueue;
  readonly #threads: Thread[] = [];
  readonly #memoryBytes = MEMORY_PART * memoryHere();
  readonly #over = Promise.withResolvers<boolean>();
  #done = 0;
  #workDone = 0;
  #busyMs = 0;

  constructor(jobs: readonly Job[], options: JobPoolOptions) {
    this.#options = options;
    this.#same = sameRuns(jobs);
    const runs = [...this.#same.keys()];
    this.#total = jobs.length;
    this.#queue = new JobQueue(runs, this.#memoryBytes);
    this.#workTotal = runs.reduce((sum, { spec }) => sum + eventsOf(spec), 0);
  }

  get progress(): PoolProgress {
    return { done: this.#done, total: this.#total, leftMs: this.#leftMs() };
  }

  /** True when all runs are done, false when the signal came first. Throws the RunFailed of the first run that fails. To be called once. */
  async run(): Promise<boolean> {
    const { signal, threads } = this.#options;
    if (signal.aborted) return false;
    if (this.#total === 0) return true;
    const onAbort = (): void => this.#over.resolve(false);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (let count = Math.min(threads, this.#same.size); count > 0; count--) this.#threads.push(this.#startThread());
      this.#feed();
      return await this.#over.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await Promise.all(this.#threads.map(({ worker }) => worker.removeAllListeners().terminate()));
    }
  }

  #startThread(): Thread {
    const workerData: LabWorkerData = { module: this.#options.module };
    // The bound on all runs together is kept by giving out work; the one of a thread only has to let a single giant through.
    const resourceLimits = { maxOldGenerationSizeMb: Math.floor(this.#memoryBytes / MIB) };
    const worker = new Worker(WORKER_URL, { workerData, resourceLimits, stdin: false, stdout: true });
    // Stdout is for results: what an experiment prints is talk.
    worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
    const thread: Thread = { worker, job: null, startedAtMs: 0 };
    worker.on('message', (reply: RunReply) => this.#onReply(thread, reply));
    worker.on('error', (error: Error & { code?: string }) => this.#onLost(thread, error));
    worker.on('exit', (code) => this.#onLost(thread, new Error(`its thread ended with code ${code}`)));
    return thread;
  }

  /** Gives work to whoever has none, as far as it fits. */
  #feed(): void {
    for (const thread of this.#threads) {
      if (thread.job !== null) continue;
      const job = this.#queue.take();
      if (job === null) return;
      thread.job = job;
      thread.startedAtMs = performance.now();
      const request: RunRequest = { spec: job.spec, seed: job.seed };
      thread.worker.postMessage(request);
    }
  }

  #onReply(thread: Thread, { outcome, tookMs, error }: RunReply): void {
    const job = thread.job as Job;
    if (error !== null) return this.#over.reject(new RunFailed(job, error.message, error.stack, false));
    thread.job = null;
    this.#queue.giveBack(job);
    this.#workDone += eventsOf(job.spec);
    this.#busyMs += tookMs;
    try {
      for (const each of this.#same.get(job) ?? []) {
        this.#done++;
        this.#options.onRun(each, outcome, tookMs);
      }
    } catch (thrown) {
      return this.#over.reject(thrown);
    }
    if (this.#done === this.#total) this.#over.resolve(true);
    else this.#feed();
  }

  /** An idle thread is lost when its file cannot be imported: then what it would have run first has failed. */
  #onLost({ job }: Thread, error: Error & { code?: string }): void {
    const lost = job ?? this.#queue.first;
    if (lost === null) return;
    const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#over.reject(new RunFailed(lost, error.message, error.stack ?? error.message, outOfMemory));
  }

  /** The work that is left takes as long as the same amount has taken so far; what is under way is partly done. */
  #leftMs(): number | null {
    if (this.#done === 0) return null;
    const now = performance.now();
    const running = this.#threads.filter(({ job }) => job !== null);
    const underWayMs = running.reduce((sum, { startedAtMs }) => sum + now - startedAtMs, 0);
    const leftMs = (this.#workTotal - this.#workDone) * (this.#busyMs / this.#workDone) - underWayMs;
    return Math.max(0, leftMs / Math.max(1, running.length));
  }
}

/** Of the machine, or of the container that this runs in. */
function memoryHere(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}
