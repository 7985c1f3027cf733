/**
 * Heartbeats of those who were forgotten. Others forget them later and tell of them until then: without this, two would bring the dead back to each
 * other for ever. Owns them, for as long as anybody can still tell of them.
 */

import type { Contact } from '../../core/contact.ts';
import { mapKeyOf } from '../../core/id160.ts';

/** The oldest is remembered no more when there are so many: 10 MB, and only what others say can bring it back. */
const DEPARTED_MAX = 1 << 16;

export interface Last {
  readonly heartbeat: number;
  readonly heardAtMs: number;
  /** When it was forgotten. */
  readonly atMs: number;
}

export class Departed {
  private readonly last = new Map<string, Last>();

  add(contact: Contact, heartbeat: number, heardAtMs: number, nowMs: number): void {
    const key = mapKeyOf(contact);
    // Behind all others again, so that the map stays in the order of time.
    this.last.delete(key);
    this.last.set(key, { heartbeat, heardAtMs, atMs: nowMs });
    if (this.last.size <= DEPARTED_MAX) return;
    for (const oldest of this.last.keys()) {
      this.last.delete(oldest);
      return;
    }
  }

  get size(): number {
    return this.last.size;
  }

  /** It lives, as it seems. */
  remove(contact: Contact): void {
    this.last.delete(mapKeyOf(contact));
  }

  /** What was heard of it last. */
  lastOf(contact: Contact): Last | undefined {
    return this.last.get(mapKeyOf(contact));
  }

  /** Forgets those that departed before that long. */
  expire(nowMs: number, keepMs: number): void {
    for (const [key, { atMs }] of this.last) {
      if (nowMs - atMs < keepMs) return;
      this.last.delete(key);
    }
  }
}
