/** The leaf set (Middleware 2001, section 2.2): the numerically nearest nodes on each side of a node. Owns them. */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { inHalfOpen, inOpen } from '../../core/ring.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import type { Known } from '../../core/known.ts';
import { type Ends, NO_END } from './leaf-ends.ts';

export class LeafSet {
  private readonly self: Contact;
  private readonly half: number;
  /** Nearest first. In a network smaller than the set a node may be on both sides. */
  smaller: readonly Known[] = [];
  larger: readonly Known[] = [];

  constructor(self: Contact, size: number) {
    this.self = self;
    this.half = size / 2;
  }

  /** With many at once, nearest first, when there are none yet. */
  fill(smaller: readonly Known[], larger: readonly Known[]): void {
    this.smaller = smaller;
    this.larger = larger;
  }

  get(id: Id160): Known | null {
    return inSide(this.larger, id) ?? inSide(this.smaller, id);
  }

  /** Whether it would be taken: always between two leaves, behind the last of a side that has room only where `ends` allows it. */
  wants(id: Id160, ends: Ends = NO_END): boolean {
    return this.fits(this.larger, id, true, ends.larger) || this.fits(this.smaller, id, false, ends.smaller);
  }

  /** True when it is one now, or is on both sides now. */
  add(known: Known, ends: Ends = NO_END): boolean {
    const isLarger = this.fits(this.larger, known.contact, true, ends.larger);
    const isSmaller = this.fits(this.smaller, known.contact, false, ends.smaller);
    if (isLarger) this.larger = this.with(this.larger, known, true);
    if (isSmaller) this.smaller = this.with(this.smaller, known, false);
    return isLarger || isSmaller;
  }

  remove(id: Id160): boolean {
    if (this.get(id) === null) return false;
    this.smaller = this.smaller.filter(({ contact }) => !equalIds(contact, id));
    this.larger = this.larger.filter(({ contact }) => !equalIds(contact, id));
    return true;
  }

  /** Each leaf once, larger first. */
  all(): Known[] {
    return this.larger.concat(this.smaller.filter((known) => !this.larger.includes(known)));
  }

  get count(): number {
    return this.all().length;
  }

  /** The last of each side that has room: they know who is behind them. */
  get lastOfShort(): Known[] {
    return [this.larger, this.smaller].flatMap((side) => (side.length < this.half ? side.slice(-1) : []));
  }

  /**
   * Nobody is there whom we do not know: we are alone, or the sides reach round the ring and meet. A side that is merely not full says nothing:
   * leaves may have died, and who took itself for one of few would claim all keys.
   */
  get knowsAll(): boolean {
    const last = this.larger.at(-1) ?? null;
    return last === null ? this.smaller.length === 0 : this.smaller.includes(last);
  }

  /** Whether the numerically nearest to the key is among us: it lies between the farthest leaves. */
  covers(key: Id160): boolean {
    if (this.knowsAll || equalIds(key, this.self)) return true;
    const from = this.smaller.at(-1)?.contact ?? this.self;
    return equalIds(key, from) || inHalfOpen(key, from, this.larger.at(-1)?.contact ?? this.self);
  }

  /** The numerically nearest to the key of the leaves and the node itself. Nobody is told of twice. */
  nearest(key: Id160, count: number): Contact[] {
    const nearest = [this.self];
    for (const { contact } of this.larger) insert(nearest, contact, key, count);
    for (const { contact } of this.smaller) insert(nearest, contact, key, count);
    return nearest;
  }

  /**
   * Who holds a key that `count` nodes hold: the nearest of all nodes, not only of those known here. Fewer when a node behind the last leaf might be nearer:
   * then the owner knows more.
   */
  holders(key: Id160, count: number): Contact[] {
    const nearest = this.nearest(key, count);
    if (this.knowsAll) return nearest;
    const ends = [this.larger.at(-1)?.contact ?? this.self, this.smaller.at(-1)?.contact ?? this.self];
    const unsure = nearest.findIndex((contact) => ends.some((end) => compareNearness(contact, end, key) > 0));
    return unsure < 0 ? nearest : nearest.slice(0, unsure);
  }

  private fits(side: readonly Known[], id: Id160, clockwise: boolean, mayBeLast: boolean): boolean {
    if (equalIds(id, this.self)) return false;
    const place = this.placeIn(side, id, clockwise);
    const there = side[place];
    return there === undefined ? mayBeLast && place < this.half : !equalIds(there.contact, id);
  }

  private with(side: readonly Known[], known: Known, clockwise: boolean): readonly Known[] {
    const place = this.placeIn(side, known.contact, clockwise);
    return [...side.slice(0, place), known, ...side.slice(place)].slice(0, this.half);
  }

  /** How many on that side are nearer. */
  private placeIn(side: readonly Known[], id: Id160, clockwise: boolean): number {
    let place = 0;
    while (place < side.length) {
      const { contact } = side[place] as Known;
      if (equalIds(id, contact) || (clockwise ? inOpen(id, this.self, contact) : inOpen(id, contact, this.self))) break;
      place++;
    }
    return place;
  }
}

function inSide(side: readonly Known[], id: Id160): Known | null {
  for (const known of side) if (equalIds(known.contact, id)) return known;
  return null;
}

/** Into what is sorted by nearness, of which `count` are kept. Two contacts of one point are the same node. */
function insert(nearest: Contact[], contact: Contact, key: Id160, count: number): void {
  let place = nearest.length;
  while (place > 0) {
    const order = compareNearness(contact, nearest[place - 1] as Contact, key);
    if (order === 0) return;
    if (order > 0) break;
    place--;
  }
  if (place >= count) return;
  nearest.splice(place, 0, contact);
  if (nearest.length > count) nearest.pop();
}
