/** All updates that a site knows, by key, and in the order of time for comparisons. Owns them, and how long the dead are remembered. */

import { type Id160, mapKeyOf } from '../../core/id160.ts';
import { equalBytes } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import { fingerprintOf, isNews, type Update, type UpdateHeader } from './update.ts';

/** A site takes no more: 64 MB at most. */
const UPDATES_MAX = 1 << 17;

export type Taken = 'new' | 'known' | 'obsolete' | 'full';

interface Kept {
  readonly update: Update;
  /** When it was made, by our clock. */
  readonly bornAtMs: number;
}

export class Updates {
  private readonly byKey = new Map<string, Kept>();
  /** Death certificates that only we remember, and that count in no comparison (section 2.1: dormant). */
  private readonly dormant = new Map<string, Kept>();
  private readonly activeMs: number;
  private readonly dormantMs: number;
  private sum = 0;
  private latest = 0;

  /** All forget a death certificate after `activeMs`, its sites after `dormantMs` more. */
  constructor(activeMs: number, dormantMs: number) {
    this.activeMs = activeMs;
    this.dormantMs = dormantMs;
  }

  get size(): number {
    return this.byKey.size;
  }

  /** Equal where all is equal, and hardly elsewhere. */
  get checksum(): number {
    return this.sum;
  }

  /** The version of whatever is new now. */
  nextVersion(): number {
    return Math.min(this.latest + 1, 0xffff_ffff);
  }

  get(key: Id160): Update | null {
    return this.byKey.get(mapKeyOf(key))?.update ?? null;
  }

  /**
   * Keeps it if it is news. An obsolete one that meets a dormant certificate wakes that: `awakened` is then what has to be spread again, with the
   * activation raised and the version as it was, so that nothing that was written after the removal is undone.
   */
  take(update: Update, nowMs: number): { readonly taken: Taken; readonly awakened: Update | null } {
    const key = mapKeyOf(update.key);
    this.latest = Math.max(this.latest, update.version, update.activation);
    const asleep = this.dormant.get(key);
    if (asleep !== undefined) {
      this.dormant.delete(key);
      if (isNews(asleep.update, update)) {
        const awakened = { ...asleep.update, activation: this.nextVersion(), ageMs: 0 };
        this.put(key, awakened, nowMs);
        return { taken: 'obsolete', awakened };
      }
    }
    const known = this.byKey.get(key);
    if (known !== undefined && !isNews(update, known.update)) {
      return { taken: isNews(known.update, update) ? 'obsolete' : 'known', awakened: null };
    }
    // Others forget it at the same time, and tell of it until then: what is as old as that is not taken up again.
    if (known === undefined && update.removed && update.ageMs >= this.activeMs) return { taken: 'known', awakened: null };
    if (known === undefined && this.byKey.size >= UPDATES_MAX) return { taken: 'full', awakened: null };
    this.put(key, update, nowMs);
    return { taken: 'new', awakened: null };
  }

  /** Newest first, `count` of them behind the first `skipped`. */
  page(skipped: number, count: number): Update[] {
    return this.inOrder().slice(skipped, skipped + count);
  }

  /** What was written at that version or later, and is not among those named. */
  missingIn(headers: readonly UpdateHeader[], fromVersion: number): Update[] {
    const named = new Map(headers.map((header) => [mapKeyOf(header.key), header]));
    return this.inOrder().filter((update) => {
      const header = named.get(mapKeyOf(update.key));
      return header === undefined ? timeOf(update) >= fromVersion : isNews(update, header);
    });
  }

  /** As it is told to others: with its age. */
  told(update: Update, nowMs: number): Update {
    const kept = this.byKey.get(mapKeyOf(update.key));
    if (!update.removed || kept === undefined) return update;
    return { ...update, ageMs: Math.min(Math.floor(nowMs - kept.bornAtMs), 0xffff_ffff) };
  }

  /** Death certificates that are old enough are forgotten; `self`, if it is one of their sites, remembers them. */
  forget(nowMs: number, self: Endpoint | null): void {
    for (const [key, kept] of this.byKey) {
      if (!kept.update.removed || nowMs - kept.bornAtMs < this.activeMs) continue;
      this.byKey.delete(key);
      this.sum = (this.sum ^ fingerprintOf(kept.update)) >>> 0;
      if (self !== null && kept.update.sites.some((site) => equalBytes(site, self))) this.dormant.set(key, kept);
    }
    for (const [key, { bornAtMs }] of this.dormant) if (nowMs - bornAtMs >= this.activeMs + this.dormantMs) this.dormant.delete(key);
  }

  private put(key: string, update: Update, nowMs: number): void {
    const before = this.byKey.get(key);
    if (before !== undefined) this.sum ^= fingerprintOf(before.update);
    this.sum = (this.sum ^ fingerprintOf(update)) >>> 0;
    this.byKey.set(key, { update, bornAtMs: nowMs - update.ageMs });
  }

  private inOrder(): Update[] {
    return Array.from(this.byKey.values(), ({ update }) => update).sort((a, b) => timeOf(b) - timeOf(a));
  }
}

export function timeOf({ version, activation }: UpdateHeader): number {
  return Math.max(version, activation);
}
