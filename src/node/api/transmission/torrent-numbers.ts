/**
 * Transfers by the small numbers that Transmission's remotes know them by: given in the order in which they were first seen, never twice in a
 * run. Also what was going on lately, which remotes ask for to save themselves the rest. Owns the numbers.
 */

import type { NodeOperations } from '../../node-operations.ts';
import type { NodeEvent, TransferView } from '../../node-view.ts';

/** What Transmission means by recently. */
const RECENT_MS = 60_000;
/** Removed ones that are remembered for that. */
const REMOVED_MAX = 10_000;

/** Limits in kB/s that a remote has set and switched off, so that it can switch them on again. */
export interface RememberedLimits {
  up: number;
  down: number;
}

export class TorrentNumbers {
  readonly #byHash = new Map<string, number>();
  readonly #changedAtMs = new Map<string, number>();
  readonly #removed: { id: number; atMs: number }[] = [];
  readonly #limits = new Map<string, RememberedLimits>();
  #last = 0;

  /** Listens until the signal. */
  constructor(node: NodeOperations, signal: AbortSignal) {
    void this.#listen(node, signal);
  }

  idOf(infoHash: string): number {
    const known = this.#byHash.get(infoHash);
    if (known !== undefined) return known;
    this.#byHash.set(infoHash, ++this.#last);
    return this.#last;
  }

  limitsOf(infoHash: string): RememberedLimits {
    let limits = this.#limits.get(infoHash);
    if (limits === undefined) this.#limits.set(infoHash, (limits = { up: 100, down: 100 }));
    return limits;
  }

  changedAtMs({ infoHash, addedAtMs }: TransferView): number {
    return this.#changedAtMs.get(infoHash) ?? addedAtMs;
  }

  isRecent(view: TransferView): boolean {
    const moves = view.uploadRate > 0 || view.downloadRate > 0 || view.state === 'checking' || view.state === 'moving';
    return moves || Date.now() - this.changedAtMs(view) < RECENT_MS;
  }

  recentlyRemoved(): number[] {
    const sinceMs = Date.now() - RECENT_MS;
    return this.#removed.filter(({ atMs }) => atMs >= sinceMs).map(({ id }) => id);
  }

  async #listen(node: NodeOperations, signal: AbortSignal): Promise<void> {
    // Only what happens counts: numbers that change are seen when somebody asks.
    for await (const event of node.events({ signal })) this.#onEvent(event);
  }

  #onEvent(event: NodeEvent): void {
    if (event.type === 'removed') {
      const { infoHash } = event;
      this.#removed.push({ id: this.idOf(infoHash), atMs: event.atMs });
      if (this.#removed.length > REMOVED_MAX) this.#removed.shift();
      for (const map of [this.#byHash, this.#changedAtMs, this.#limits]) map.delete(infoHash);
    } else if ('transfer' in event) {
      this.#changedAtMs.set(event.transfer.infoHash, event.atMs);
    }
  }
}
