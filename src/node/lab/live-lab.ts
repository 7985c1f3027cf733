/** The simulated worlds that a node shows: few at a time, by number, each until nobody has looked at it for a while. Owns them. */

import type { Frame } from '../../lab/live/live-frame.ts';
import type { LivePlan } from '../../lab/live/live-plan.ts';
import { LiveRefusal, LiveSession } from '../../lab/live/live-session.ts';
import { Failure } from '../failure.ts';

/** Each has a thread and up to gigabytes of its own. */
const WORLDS_MAX = 4;
const UNSEEN_MS_MAX = 15 * 60_000;
const LOOK_MS = 60_000;

export interface LiveWorldView {
  readonly id: number;
  /** Whose fork it is, and from which moment on. */
  readonly forkOf: number | null;
  readonly forkedAtMs: number | null;
  readonly plan: LivePlan;
  readonly nowMs: number;
}

interface Entry {
  readonly id: number;
  readonly session: LiveSession;
  readonly forkOf: number | null;
  readonly forkedAtMs: number | null;
  seenAtMs: number;
  watchers: number;
}

export class LiveLab {
  readonly #worlds = new Map<number, Entry>();
  /** Being made. */
  #coming = 0;
  #count = 0;
  #closed = false;
  #watch: NodeJS.Timeout | null = null;

  /** Rejects with a Failure when the plan makes no sense, or when there are enough. */
  async open(plan: LivePlan, atMs: number): Promise<LiveWorldView> {
    return this.#add(() => LiveSession.open(plan, atMs), null);
  }

  /** A second world that is like that one up to now. */
  async fork(id: number): Promise<LiveWorldView> {
    const { session } = this.#entry(id);
    return this.#add(() => session.fork(), id);
  }

  list(): Promise<LiveWorldView[]> {
    return Promise.all([...this.#worlds.keys()].map((id) => this.view(id)));
  }

  async view(id: number): Promise<LiveWorldView> {
    const { session, forkOf, forkedAtMs } = this.#entry(id);
    const plan = await ask(session.plan());
    return { id, forkOf, forkedAtMs, plan, nowMs: session.frame?.nowMs ?? 0 };
  }

  /** What is asked of one of them; what it refuses becomes a Failure. */
  ask<T>(id: number, question: (session: LiveSession) => Promise<T>): Promise<T> {
    return ask(question(this.#entry(id).session));
  }

  /** Frames from now on, the last one first, until the signal. */
  watch(id: number, onFrame: (frame: Frame) => void, signal: AbortSignal): void {
    const entry = this.#entry(id);
    const stop = entry.session.listen(onFrame);
    entry.watchers++;
    signal.addEventListener(
      'abort',
      () => {
        stop();
        entry.watchers--;
        entry.seenAtMs = performance.now();
      },
      { once: true },
    );
    if (entry.session.frame !== null) onFrame(entry.session.frame);
  }

  async end(id: number): Promise<void> {
    const { session } = this.#entry(id);
    this.#worlds.delete(id);
    await session.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#watch !== null) clearInterval(this.#watch);
    await Promise.all([...this.#worlds.keys()].map((id) => this.end(id)));
  }

  async #add(make: () => Promise<LiveSession>, forkOf: number | null): Promise<LiveWorldView> {
    if (this.#worlds.size + this.#coming >= WORLDS_MAX) {
      throw new Failure('denied', 'There are enough worlds.', `${WORLDS_MAX} run at the same time.`, 'End one of them.');
    }
    this.#coming++;
    try {
      const session = await ask(make());
      if (this.#closed) await session.close();
      const id = ++this.#count;
      const forkedAtMs = forkOf === null ? null : (this.#worlds.get(forkOf)?.session.frame?.nowMs ?? null);
      this.#worlds.set(id, { id, session, forkOf, forkedAtMs, seenAtMs: performance.now(), watchers: 0 });
      this.#watch ??= setInterval(() => this.#endUnseen(), LOOK_MS).unref();
      return await this.view(id);
    } finally {
      this.#coming--;
    }
  }

  #entry(id: number): Entry {
    const entry = this.#worlds.get(id);
    if (entry === undefined) {
      const known = [...this.#worlds.keys()].join(', ');
      throw new Failure('not-found', `There is no world ${id}.`, known === '' ? 'There is none at all.' : `There are ${known}.`, '');
    }
    entry.seenAtMs = performance.now();
    return entry;
  }

  #endUnseen(): void {
    const oldest = performance.now() - UNSEEN_MS_MAX;
    for (const { id, session, watchers, seenAtMs } of this.#worlds.values()) {
      if (session.running && (watchers > 0 || seenAtMs > oldest)) continue;
      void this.end(id);
    }
  }
}

async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LiveRefusal) throw new Failure('usage', 'The world cannot do that.', sentence(error.message), '');
    throw error;
  }
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}
