/**
 * How far a search of ours has got. It is over when all who carry it out are through, and nothing has come for a while: our own dynamic query knows that of itself, and
 * ultrapeers that search for a leaf are asked for it (BEAR/11, which they answer by BEAR/12). Who cannot tell is through when he has been silent for long. Owns whom it waits for.
 */

import type { Guid } from './guid.ts';
import type { GnutellaServent } from './servent.ts';
import { ENOUGH } from './dynamic-query.ts';
import { VendorKind, vendorMessage } from './vendor-message.ts';

/** Between two looks, at which ultrapeers are asked. */
export const LOOK_MS = 1_000;
/** Hits that are on their way when the last one is through. */
const QUIET_MS = 2_000;
/** Of one who does not tell: without a hit for so long he has none any more. */
const SILENCE_MS = 10_000;
const NO_DATA = new Uint8Array(0);

export class SearchCourse {
  private readonly servent: GnutellaServent;
  private readonly guid: Guid;
  /** Ultrapeers that search for us, by number: whether they have told how far they are. */
  private readonly working = new Map<number, boolean>();
  private lastHitMs: number;
  /** Negative as long as somebody is at work. */
  private throughAtMs = -1;

  constructor(servent: GnutellaServent, guid: Guid) {
    this.servent = servent;
    this.guid = guid;
    this.lastHitMs = servent.host.now();
    if (servent.role !== 'leaf') return;
    for (const { kind, number } of servent.neighbours.values()) if (kind === 'ultrapeer') this.working.set(number, false);
  }

  onHit(): void {
    this.lastHitMs = this.servent.host.now();
  }

  /** BEAR/12 of one who searches for us. */
  onTold(number: number, hits: number): void {
    if (!this.working.has(number)) return;
    if (hits === ENOUGH) this.working.delete(number);
    else this.working.set(number, true);
  }

  /** Asks those who are at work. True: nobody is, and nothing comes any more. */
  look(): boolean {
    const { servent } = this;
    const now = servent.host.now();
    const isSilent = now - this.lastHitMs >= SILENCE_MS;
    for (const [number, tells] of this.working) {
      const neighbour = servent.neighbours.get(number);
      if (neighbour === undefined || (isSilent && !tells)) this.working.delete(number);
      else if (neighbour.understands(VendorKind.hitsQuestion))
        servent.sendVendor(neighbour, vendorMessage(VendorKind.hitsQuestion, 1, NO_DATA), this.guid);
    }
    const isThrough = this.working.size === 0 && !servent.dynamicQueries.isRunning(this.guid);
    if (!isThrough) this.throughAtMs = -1;
    else if (this.throughAtMs < 0) this.throughAtMs = now;
    return isThrough && now - Math.max(this.throughAtMs, this.lastHitMs) >= QUIET_MS;
  }
}
