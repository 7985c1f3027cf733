/** A listener of a node: what has happened since, what happens, and between that the numbers that change. Owns where it is. */

import type { EventLog } from './event-log.ts';
import type { EventOptions } from './node-operations.ts';
import type { NodeEvent, NodeTotals, TransferView } from './node-view.ts';
import type { FetchView } from './search/fetch-view.ts';

/** Looking at all transfers more often than this would show nothing more. */
const PROGRESS_MS_MIN = 200;

export interface Numbers {
  totals(): NodeTotals;
  views(): readonly TransferView[];
  fetches(): readonly FetchView[];
}

/** Ends with the signal. The caller holds nothing of it: who reads slowly misses events and is told so. */
export async function* listen(log: EventLog, numbers: Numbers, options: EventOptions, signal: AbortSignal): AsyncGenerator<NodeEvent> {
  const progressMs = options.progressMs === undefined || options.progressMs <= 0 ? 0 : Math.max(PROGRESS_MS_MIN, options.progressMs);
  const transfers = new Told<TransferView>(({ infoHash }) => infoHash);
  const fetches = new Told<FetchView>(({ id }) => String(id));
  let seen = options.after ?? log.sequence;
  let dueAtMs = performance.now();
  while (!signal.aborted) {
    for (const event of log.after(seen)) {
      seen = event.sequence;
      yield event;
    }
    if (progressMs > 0 && performance.now() >= dueAtMs) {
      dueAtMs = performance.now() + progressMs;
      const news = { transfers: transfers.changed(numbers.views()), fetches: fetches.changed(numbers.fetches()) };
      yield { type: 'progress', sequence: log.sequence, atMs: Date.now(), totals: numbers.totals(), ...news };
    }
    if (log.sequence === seen) await log.next(progressMs === 0 ? 0 : Math.max(1, dueAtMs - performance.now()), signal);
  }
}

/** What a listener was told of each, so that it hears only of what has changed. */
class Told<View> {
  readonly #keyOf: (view: View) => string;
  readonly #texts = new Map<string, string>();

  constructor(keyOf: (view: View) => string) {
    this.#keyOf = keyOf;
  }

  changed(views: readonly View[]): readonly View[] {
    const present = new Set(views.map(this.#keyOf));
    for (const key of this.#texts.keys()) if (!present.has(key)) this.#texts.delete(key);
    return views.filter((view) => {
      const text = JSON.stringify(view);
      const key = this.#keyOf(view);
      if (this.#texts.get(key) === text) return false;
      this.#texts.set(key, text);
      return true;
    });
  }
}
