/** Who holds which key of the own group, as far as gossip has told. Owns the tuples, which live as long as their holder's heartbeat grows. */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';

/** Tuples that are kept, whoever spreads them: 32 MB. */
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
  /** The same, to draw from. */
  private tuples: Tuple[] = [];
  private readonly homesMax: number;

  /** Of one key so many holders are kept. */
  constructor(homesMax: number) {
    this.homesMax = homesMax;
  }

  get size(): number {
    return this.tuples.length;
  }

  hear(key: Id160, home: Contact, heartbeat: number, nowMs: number): void {
    const place = mapKeyOf(key);
    const homes = this.byKey.get(place);
    const known = homes?.find((tuple) => equalIds(tuple.home, home));
    if (known !== undefined) {
      if (heartbeat <= known.heartbeat) return;
      known.heartbeat = heartbeat;
      known.heardAtMs = nowMs;
      known.told = 0;
      return;
    }
    if (this.size >= TUPLES_MAX || (homes !== undefined && homes.length >= this.homesMax)) return;
    const tuple = { key, home, heartbeat, heardAtMs: nowMs, told: 0 };
    this.tuples.push(tuple);
    if (homes === undefined) this.byKey.set(place, [tuple]);
    else homes.push(tuple);
  }

  homesOf(key: Id160): Contact[] {
    return (this.byKey.get(mapKeyOf(key)) ?? []).map(({ home }) => home);
  }

  all(): readonly Tuple[] {
    return this.tuples;
  }

  /** Forgets what was not heard of since. */
  expire(sinceMs: number): void {
    const isOld = ({ heardAtMs }: Tuple): boolean => heardAtMs <= sinceMs;
    if (!this.tuples.some(isOld)) return;
    for (const tuple of this.tuples.filter(isOld)) {
      const place = mapKeyOf(tuple.key);
      const left = (this.byKey.get(place) ?? []).filter((other) => other !== tuple);
      if (left.length === 0) this.byKey.delete(place);
      else this.byKey.set(place, left);
    }
    this.tuples = this.tuples.filter((tuple) => !isOld(tuple));
  }
}
