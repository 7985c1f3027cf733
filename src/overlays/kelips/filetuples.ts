/**
 * Who holds which key of the own group, as far as gossip has told. Owns the tuples, which live as long as their holder's heartbeat grows, and behind
 * that are remembered for a while, so that those who forget them later do not bring them back.
 */

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
  lives: boolean;
}

export class Filetuples {
  /** Those that live and those that do not. */
  private readonly byKey = new Map<string, Tuple[]>();
  private tuples: Tuple[] = [];
  private dead: Tuple[] = [];
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
      if (heartbeat > known.heartbeat) this.renew(known, heartbeat, nowMs);
      return;
    }
    if (this.size + this.dead.length >= TUPLES_MAX || (homes !== undefined && homes.length >= this.homesMax)) return;
    const tuple = { key, home, heartbeat, heardAtMs: nowMs, told: 0, lives: true };
    this.tuples.push(tuple);
    if (homes === undefined) this.byKey.set(place, [tuple]);
    else homes.push(tuple);
  }

  homesOf(key: Id160): Contact[] {
    return (this.byKey.get(mapKeyOf(key)) ?? []).filter(({ lives }) => lives).map(({ home }) => home);
  }

  all(): readonly Tuple[] {
    return this.tuples;
  }

  /** What was not heard of for so long lives no more; after three times as long nobody can tell of it. */
  expire(nowMs: number, timeoutMs: number): void {
    const isOld = ({ heardAtMs }: Tuple): boolean => nowMs - heardAtMs >= timeoutMs;
    if (this.tuples.some(isOld)) {
      for (const tuple of this.tuples) {
        if (!isOld(tuple)) continue;
        tuple.lives = false;
        this.dead.push(tuple);
      }
      this.tuples = this.tuples.filter(({ lives }) => lives);
    }
    const isPast = ({ heardAtMs }: Tuple): boolean => nowMs - heardAtMs >= 3 * timeoutMs;
    if (!this.dead.some(isPast)) return;
    for (const tuple of this.dead) if (isPast(tuple)) this.remove(tuple);
    this.dead = this.dead.filter((tuple) => !isPast(tuple));
  }

  private renew(tuple: Tuple, heartbeat: number, nowMs: number): void {
    tuple.heartbeat = heartbeat;
    tuple.heardAtMs = nowMs;
    tuple.told = 0;
    if (tuple.lives) return;
    tuple.lives = true;
    this.dead = this.dead.filter((other) => other !== tuple);
    this.tuples.push(tuple);
  }

  private remove(tuple: Tuple): void {
    const place = mapKeyOf(tuple.key);
    const left = (this.byKey.get(place) ?? []).filter((other) => other !== tuple);
    if (left.length === 0) this.byKey.delete(place);
    else this.byKey.set(place, left);
  }
}
