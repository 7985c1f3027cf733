/** A listener of a node: what has happened since, what happens, and between that the numbers that change. Owns where it is. */

import type { EventLog } from './event-log.ts';
import type { EventOptions } from './node-operations.ts';
import type { NodeEvent, NodeTotals, TransferView } from './node-view.ts';

/** Looking at all transfers more often than this would show nothing more. */
const PROGRESS_MS_MIN = 200;

export interface Numbers {
  totals(): NodeTotals;
  views(): readonly TransferView[];
}

/** Ends with the signal. The caller holds nothing of it: who reads slowly misses events and is told so. */
export async function* listen(log: EventLog, numbers: Numbers, options: EventOptions, signal: AbortSignal): AsyncGenerator<NodeEvent> {
  const progressMs = options.progressMs === undefined || options.progressMs <= 0 ? 0 : Math.max(PROGRESS_MS_MIN, options.progressMs);
  const told = new Map<string, string>();
  let seen = options.after ?? log.sequence;
  let dueAtMs = performance.now();
  while (!signal.aborted) {
    for (const event of log.after(seen)) {
      seen = event.sequence;
      yield event;
    }
    if (progressMs > 0 && performance.now() >= dueAtMs) {
      dueAtMs = performance.now() + progressMs;
      const { transfers, gone } = changed(numbers.views(), told);
      for (const infoHash of gone) told.delete(infoHash);
      yield { type: 'progress', sequence: log.sequence, atMs: Date.now(), totals: numbers.totals(), transfers };
    }
    if (log.sequence === seen) await log.next(progressMs === 0 ? 0 : Math.max(1, dueAtMs - performance.now()), signal);
  }
}

function changed(views: readonly TransferView[], told: Map<string, string>): { transfers: TransferView[]; gone: string[] } {
  const present = new Set(views.map(({ infoHash }) => infoHash));
  const transfers = views.filter((view) => {
    const text = JSON.stringify(view);
    if (told.get(view.infoHash) === text) return false;
    told.set(view.infoHash, text);
    return true;
  });
  return { transfers, gone: [...told.keys()].filter((infoHash) => !present.has(infoHash)) };
}
