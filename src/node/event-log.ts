/**
 * What has happened in a node, numbered, for everybody who listens: the latest events are kept once, and each listener reads on from where it
 * is. Who is too slow is told how many were lost, and costs nothing more. Owns the events.
 */

import type { NodeEvent } from './node-view.ts';

/** A listener that is this far behind has missed some. A view takes a kilobyte. */
const EVENTS_KEPT_MAX = 512;

/** An event without its number and time, for each kind of it. */
export type NodeNews = NodeEvent extends infer E ? (E extends NodeEvent ? Omit<E, 'sequence' | 'atMs'> : never) : never;

export class EventLog {
  readonly #kept: NodeEvent[] = [];
  #sequence = 0;
  readonly #waiting = new Set<() => void>();
  readonly #onEvent: (event: NodeEvent) => void;

  constructor(onEvent: (event: NodeEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  /** The number of the latest event; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  tell(news: NodeNews): void {
    this.#sequence++;
    // A spread of a union is checked member by member only with its reason given: `news` is one of them, and gets the two fields.
    const event = { ...news, sequence: this.#sequence, atMs: Date.now() } as NodeEvent;
    this.#kept.push(event);
    if (this.#kept.length > EVENTS_KEPT_MAX) this.#kept.shift();
    this.#onEvent(event);
    for (const wake of this.#waiting) wake();
  }

  /** What came after that event, as far as it is kept; the first of them says how many were lost. */
  after(sequence: number): readonly NodeEvent[] {
    const missed = this.#sequence - sequence;
    // A number from before a restart is larger than any of ours: all that there is is news.
    const wanted = missed < 0 ? this.#kept.length : Math.min(missed, this.#kept.length);
    const events = wanted === 0 ? [] : this.#kept.slice(-wanted);
    const lost = missed < 0 ? 0 : missed - wanted;
    if (lost === 0) return events;
    return [{ type: 'lost', count: lost, sequence: this.#sequence - wanted, atMs: Date.now() }, ...events];
  }

  /** Waits for the next event, not longer than `ms` (0: for ever), nor than until the signal. */
  async next(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    this.#waiting.add(end);
    signal?.addEventListener('abort', end, { once: true });
    const timer = ms > 0 ? setTimeout(end, ms) : null;
    try {
      await promise;
    } finally {
      this.#waiting.delete(end);
      if (timer !== null) clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }
}
