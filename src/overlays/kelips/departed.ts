/**
 * Heartbeats of those who were forgotten. Others forget them later and tell of them until then: without this, two would bring the dead back to each
 * other for ever. Owns them, for as long as anybody can still tell of them.
 */

import type { Contact } from '../../core/contact.ts';
import { mapKeyOf } from '../../core/id160.ts';

interface Last {
  readonly heartbeat: number;
  readonly atMs: number;
}

export class Departed {
  private readonly last = new Map<string, Last>();
  private readonly keepMs: number;

  constructor(keepMs: number) {
    this.keepMs = keepMs;
  }

  add(contact: Contact, heartbeat: number, nowMs: number): void {
    const key = mapKeyOf(contact);
    // Behind all others again, so that the map stays in the order of time.
    this.last.delete(key);
    this.last.set(key, { heartbeat, atMs: nowMs });
  }

  /** Whether this is the word of somebody who still lived after it was forgotten, or was never known; then it is remembered no more. */
  isNews(contact: Contact, heartbeat: number): boolean {
    const known = this.last.get(mapKeyOf(contact));
    if (known === undefined) return true;
    if (heartbeat <= known.heartbeat) return false;
    this.last.delete(mapKeyOf(contact));
    return true;
  }

  expire(nowMs: number): void {
    for (const [key, { atMs }] of this.last) {
      if (nowMs - atMs < this.keepMs) return;
      this.last.delete(key);
    }
  }
}
