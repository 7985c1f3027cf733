/** Reads files for the library on all cores but for what others need: a thread each, started when there is work. Owns its threads and the queue. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { MediaKind, MediaTags } from '../../wire/shared-file.ts';
import type { Digests } from './file-digests.ts';

export interface DigestRequest {
  readonly id: number;
  readonly path: string;
  readonly bytes: number;
  readonly kind: MediaKind;
}

export interface DigestReply {
  readonly id: number;
  /** Null, with the failure, when the file could not be read as it was found. */
  readonly digests: Digests | null;
  readonly tags: MediaTags | null;
  readonly failure: string | null;
}

interface Job {
  readonly request: Omit<DigestRequest, 'id'>;
  readonly done: (reply: DigestReply) => void;
}

/** More threads than this wait for the disk. */
const THREADS_MAX = 8;
/** Compiled packages have `.js` files beside each other, checkouts `.ts`. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? './digest-thread.ts' : './digest-thread.js', import.meta.url);

export class DigestPool {
  readonly #threads = new Set<Worker>();
  readonly #resting: Worker[] = [];
  readonly #waiting: Job[] = [];
  readonly #running = new Map<number, { job: Job; thread: Worker }>();
  readonly #threadsMax: number;
  #nextId = 1;

  constructor(threadsMax = Math.min(THREADS_MAX, availableParallelism())) {
    this.#threadsMax = threadsMax;
  }

  /** Resolves with what the thread answers; a file that cannot be read is an answer. */
  digest(request: Omit<DigestRequest, 'id'>): Promise<DigestReply> {
    return new Promise((done) => {
      this.#waiting.push({ request, done });
      this.#start();
    });
  }

  /** Ends the threads; what was not done is answered with a failure. */
  async close(): Promise<void> {
    const left = [...this.#waiting.splice(0), ...[...this.#running.values()].map(({ job }) => job)];
    this.#running.clear();
    for (const { done } of left) done({ id: 0, digests: null, tags: null, failure: 'the library is closing' });
    await this.rest();
  }

  /** Ends the threads when nothing is to be done: each holds twenty megabytes. */
  async rest(): Promise<void> {
    if (this.#running.size > 0 || this.#waiting.length > 0) return;
    const threads = [...this.#threads];
    this.#threads.clear();
    this.#resting.length = 0;
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #start(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#resting.pop() ?? (this.#threads.size < this.#threadsMax ? this.#open() : null);
      if (thread === null) return;
      const job = this.#waiting.shift() as Job;
      const id = this.#nextId++;
      this.#running.set(id, { job, thread });
      thread.postMessage({ ...job.request, id } satisfies DigestRequest);
    }
  }

  #open(): Worker {
    const thread = new Worker(THREAD_URL, { stdin: false });
    this.#threads.add(thread);
    thread.on('message', (reply: DigestReply) => this.#onReply(thread, reply));
    // What a file can cause comes back as a failure. Anything else is a bug, and must not pass unseen.
    thread.on('error', (error) => {
      throw error;
    });
    return thread;
  }

  #onReply(thread: Worker, reply: DigestReply): void {
    const running = this.#running.get(reply.id);
    if (running === undefined) return;
    this.#running.delete(reply.id);
    this.#resting.push(thread);
    this.#start();
    running.job.done(reply);
  }
}
