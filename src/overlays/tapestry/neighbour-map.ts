/**
 * The neighbour map (JSAC 2004, section III-A): entry (l, d) has up to c links to nodes that share l digits with us and have d next, the nearest
 * first. Nobody with our own next digit is in a level, but in one below. Owns the links.
 */

import { digitOf, sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Contact } from '../../core/contact.ts';
import type { Known } from '../../core/known.ts';

const NONE: readonly Known[] = [];

export class NeighbourMap {
  private readonly self: Contact;
  readonly digitBits: number;
  /** c. */
  readonly linksMax: number;
  private readonly levels: (readonly Known[])[][] = [];

  constructor(self: Contact, digitBits: number, linksMax: number) {
    this.self = self;
    this.digitBits = digitBits;
    this.linksMax = linksMax;
  }

  /** Below the last level that has a link there is nobody but us. */
  get levelCount(): number {
    return this.levels.length;
  }

  get base(): number {
    return 1 << this.digitBits;
  }

  entry(level: number, digit: number): readonly Known[] {
    return this.levels[level]?.[digit] ?? NONE;
  }

  /** Where a node with that point belongs; not ours. */
  entryOf(id: Id160): readonly Known[] {
    const level = sharedDigits(this.self, id, this.digitBits);
    return level >= this.levels.length ? NONE : this.entry(level, digitOf(id, level, this.digitBits));
  }

  get(id: Id160): Known | null {
    return this.entryOf(id).find(({ contact }) => equalIds(contact, id)) ?? null;
  }

  /** Whether there is room for it. */
  hasRoomFor(id: Id160): boolean {
    return !equalIds(id, this.self) && this.entryOf(id).length < this.linksMax;
  }

  /** Who has no place now: null, nobody; the node itself, since all that are there are nearer; or the one that had to make room. */
  add(known: Known, byProximity: boolean): Known | null {
    const { contact } = known;
    if (equalIds(contact, this.self)) return known;
    const before = this.entryOf(contact);
    // So it is with nearly every answer to a beacon: 100,000 nodes would leave millions of old entries a minute to the collector.
    if (byProximity && isInPlace(known, before)) return null;
    const level = sharedDigits(this.self, contact, this.digitBits);
    const others = before.filter((other) => other !== known);
    const place = byProximity ? others.findIndex((other) => other.rttMs > known.rttMs) : -1;
    if (place < 0 && others.length >= this.linksMax) return known;
    const entry = place < 0 ? [...others, known] : [...others.slice(0, place), known, ...others.slice(place)];
    const evicted = entry.length > this.linksMax ? (entry.pop() as Known) : null;
    this.set(level, digitOf(contact, level, this.digitBits), entry);
    return evicted;
  }

  remove(id: Id160): boolean {
    const entry = this.entryOf(id);
    const left = entry.filter(({ contact }) => !equalIds(contact, id));
    if (left.length === entry.length) return false;
    const level = sharedDigits(this.self, id, this.digitBits);
    this.set(level, digitOf(id, level, this.digitBits), left);
    while (this.levels.at(-1)?.every(({ length }) => length === 0) === true) this.levels.pop();
    return true;
  }

  /** One entry at once, in order. */
  set(level: number, digit: number, entry: readonly Known[]): void {
    while (this.levels.length <= level) this.levels.push(new Array<readonly Known[]>(this.base).fill(NONE));
    (this.levels[level] as (readonly Known[])[])[digit] = entry;
  }

  /** The links of a level: the primary ones of all digits, then the first backups, and so on. */
  level(level: number): Known[] {
    const entries = this.levels[level] ?? [];
    const all: Known[] = [];
    for (let rank = 0; rank < this.linksMax; rank++) {
      for (const entry of entries) if (rank < entry.length) all.push(entry[rank] as Known);
    }
    return all;
  }

  /** All who share so many digits with us, as far as there are links to them. */
  from(level: number): Known[] {
    return this.levels.slice(level).flat(2);
  }

  /** Whether any link to a node that shares so many digits is good. */
  hasFrom(level: number, isGood: (known: Known) => boolean): boolean {
    for (let at = level; at < this.levels.length; at++) {
      for (const entry of this.levels[at] as (readonly Known[])[]) if (entry.some(isGood)) return true;
    }
    return false;
  }

  all(): Known[] {
    return this.levels.flat(2);
  }

  /** The watch list of an insertion: level by level down to that one, bit by bit, which entries have room. */
  holes(deepest: number): number[] {
    return Array.from({ length: deepest + 1 }, (_, level) => {
      let bits = 0;
      for (let digit = 0; digit < this.base; digit++) if (this.entry(level, digit).length < this.linksMax) bits |= 1 << digit;
      return bits >>> 0;
    });
  }
}

/** Whether it is there already, and those before it are nearer, those behind it farther. */
function isInPlace(known: Known, entry: readonly Known[]): boolean {
  const at = entry.indexOf(known);
  return at >= 0 && entry.every((other, rank) => (rank < at ? other.rttMs <= known.rttMs : rank === at || other.rttMs > known.rttMs));
}
