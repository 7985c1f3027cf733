/**
 * A watched world in a thread of its own, as those who show it see it: questions with promises, and frames for whoever listens. Owns the thread,
 * which lives until it is closed.
 */

import { Worker } from 'node:worker_threads';
import type { Step } from '../overlay-model.ts';
import type { Frame, NodeView, Places, SearchTrailView } from './live-frame.ts';
import type { Deed, LivePlan } from './live-plan.ts';
import type { FromThread, ThreadQuestion, ThreadValue } from './live-thread.ts';

/** Compiled packages have `.js` files beside each other, checkouts `.ts`. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? './live-thread.ts' : './live-thread.js', import.meta.url);
const HEAP_MIB_MAX = 2048;
export const SPEED_MIN = 0.001;
export const SPEED_MAX = 1000;

/** What was asked of a world cannot be: the message is for people. */
export class LiveRefusal extends Error {
  override readonly name = 'LiveRefusal';
}

interface Asked {
  readonly resolve: (value: ThreadValue) => void;
  readonly reject: (error: Error) => void;
}

export class LiveSession {
  /** Null before the first. */
  frame: Frame | null = null;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #listeners = new Set<(frame: Frame) => void>();
  #count = 0;
  #ended: Error | null = null;

  /** Begins where the plan begins, or as far on as said. Rejects with a LiveRefusal when there is no such world. */
  static async open(plan: LivePlan, atMs = 0): Promise<LiveSession> {
    const session = new LiveSession();
    try {
      await session.#ask({ do: 'begin', plan, atMs });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor() {
    this.#worker = new Worker(THREAD_URL, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX }, stdin: false });
    this.#worker.on('message', (message: FromThread) =>
      'answer' in message ? this.#onAnswer(message.answer) : this.#onFrame(message.frame),
    );
    this.#worker.on('error', (error: Error) => this.#end(new LiveRefusal(`The world has ended: ${error.message}`)));
    this.#worker.on('exit', () => this.#end(new LiveRefusal('The world has ended.')));
  }

  get running(): boolean {
    return this.#ended === null;
  }

  /** Frames from now on, until the function that comes back is called. */
  listen(listener: (frame: Frame) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Virtual milliseconds for each real one. */
  async play(speed: number): Promise<void> {
    const fits = speed >= SPEED_MIN && speed <= SPEED_MAX;
    if (!fits) throw new LiveRefusal(`A speed of ${SPEED_MIN} to ${SPEED_MAX} expected, got ${speed}.`);
    await this.#ask({ do: 'play', speed });
  }

  async pause(): Promise<void> {
    await this.#ask({ do: 'pause' });
  }

  /** To the next moment in which something happens. */
  async step(): Promise<void> {
    await this.#ask({ do: 'step' });
  }

  async seek(atMs: number): Promise<void> {
    await this.#ask({ do: 'seek', atMs });
  }

  async perform(deed: Deed): Promise<void> {
    await this.#ask({ do: 'perform', deed });
  }

  async places(): Promise<Places> {
    return (await this.#ask({ do: 'look' })) as Places;
  }

  async lookAt(node: number): Promise<readonly NodeView[]> {
    return (await this.#ask({ do: 'lookAt', node })) as readonly NodeView[];
  }

  /** The way of a search, by its number in the frames. */
  async trail(search: number): Promise<SearchTrailView> {
    return (await this.#ask({ do: 'trail', search })) as SearchTrailView;
  }

  /** Until all that is under way of a search has arrived, and paused there. */
  async stepSearch(search: number): Promise<void> {
    await this.#ask({ do: 'stepSearch', search });
  }

  async walk(from: number, key: string): Promise<readonly Step[]> {
    return (await this.#ask({ do: 'walk', from, key })) as readonly Step[];
  }

  async plan(): Promise<LivePlan> {
    return ((await this.#ask({ do: 'plan', soFar: false })) as { plan: LivePlan }).plan;
  }

  /** A second world that is like this one up to now. */
  async fork(): Promise<LiveSession> {
    const { plan, nowMs } = (await this.#ask({ do: 'plan', soFar: true })) as { plan: LivePlan; nowMs: number };
    return LiveSession.open(plan, nowMs);
  }

  async close(): Promise<void> {
    this.#end(new LiveRefusal('The world was closed.'));
    await this.#worker.terminate();
  }

  /** What comes back is what the question is answered with: the thread and this file are two ends of one thing. */
  #ask(question: ThreadQuestion): Promise<ThreadValue> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const number = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#worker.postMessage({ number, question });
    });
  }

  #onAnswer({ number, value, error }: Extract<FromThread, { answer: object }>['answer']): void {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    if (error === null) asked?.resolve(value);
    else asked?.reject(new LiveRefusal(error));
  }

  #onFrame(frame: Frame): void {
    this.frame = frame;
    for (const listener of this.#listeners) listener(frame);
    const next: ThreadQuestion = { do: 'next' };
    this.#worker.postMessage({ number: 0, question: next });
  }

  #end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
