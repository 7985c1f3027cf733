/**
 * Streams on which all has been said: ended, so that the other side sees that somebody was there (who is reset at once may never hear of it), and reset
 * if it has not closed them a tick later. Owns them until then; bounded.
 */

import type { Stream } from './host.ts';

/** More than that have no time to part. */
export const PARTING_MAX = 256;

export class PartingStreams {
  private fresh: Stream[] = [];
  private old: Stream[] = [];

  end(stream: Stream): void {
    stream.end();
    this.fresh.push(stream);
    if (this.fresh.length > PARTING_MAX) this.fresh.shift()?.reset();
  }

  /** Now and then. */
  tick(): void {
    for (const stream of this.old) stream.reset();
    this.old = this.fresh;
    this.fresh = [];
  }

  stop(): void {
    this.tick();
    this.tick();
  }
}
