/** Who holds which key of the own group, as far as gossip has told. Owns the tuples, which live as long as their holder's heartbeat grows. */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';

/** Tuples that are kept, whoever spreads them: 16 MB. */
const TUPLES_MAX = 1 << 18;

export interface Tuple {
  readonly key: Id160;
  readonly home: Contact;
  heartbeat: number;
  heardAtMs: number;
  /** How often it was told on since its heartbeat grew. */
  told: number;
}

export class Filetuples {
  private readonly byKey = new Map<string, Tuple[]>();
  private readonly homesMax: number;
  size = 0;

  /** Of one key so many holders are kept. */
  constructor(homesMax: number) {
    this.homesMax = homesMax;
  }

  hear(key: Id160, home: Contact, heartbeat: number, nowMs: number): void {
    const place = mapKeyOf(key);
    const tuples = this.byKey.get(place);
    const known = tuples?.find((tuple) => equalIds(tuple.home, home));
    if (known !== undefined) {
      if (heartbeat <= known.heartbeat) return;
      known.heartbeat = heartbeat;
      known.heardAtMs = nowMs;
      known.told = 0;
      return;
    }
    if (this.size >= TUPLES_MAX || (tuples !== undefined && tuples.length >= this.homesMax)) return;
    const tuple = { key, home, heartbeat, heardAtMs: nowMs, told: 0 };
    if (tuples === undefined) this.byKey.set(place, [tuple]);
    else tuples.push(tuple);
    this.size++;
  }

  homesOf(key: Id160): Contact[] {
    return (this.byKey.get(mapKeyOf(key)) ?? []).map(({ home }) => home);
  }

  all(): Tuple[] {
    return [...this.byKey.values()].flat();
  }

  /** Forgets what was not heard of since. */
  expire(sinceMs: number): void {
    for (const [place, tuples] of this.byKey) {
      const left = tuples.filter(({ heardAtMs }) => heardAtMs >= sinceMs);
      this.size -= tuples.length - left.length;
      if (left.length === 0) this.byKey.delete(place);
      else if (left.length < tuples.length) this.byKey.set(place, left);
    }
  }
}
