/** The leaf set (Middleware 2001, section 2.2): the numerically nearest nodes on each side of a node. Owns them. */

import { equalIds, type Id160 } from '../../core/id160.ts';
import { inHalfOpen, inOpen } from '../../core/ring.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import type { Known } from '../../core/known.ts';
import type { Contact } from '../../core/contact.ts';

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
    const isThis = ({ contact }: Known): boolean => equalIds(contact, id);
    return this.smaller.find(isThis) ?? this.larger.find(isThis) ?? null;
  }

  /** Whether it would be taken. */
  wants(id: Id160): boolean {
    if (equalIds(id, this.self) || this.get(id) !== null) return false;
    return this.placeIn(this.larger, id, true) < this.half || this.placeIn(this.smaller, id, false) < this.half;
  }

  /** True when it is one now. */
  add(known: Known): boolean {
    if (!this.wants(known.contact)) return false;
    this.larger = this.with(this.larger, known, true);
    this.smaller = this.with(this.smaller, known, false);
    return true;
  }

  remove(id: Id160): boolean {
    const before = this.smaller.length + this.larger.length;
    this.smaller = this.smaller.filter(({ contact }) => !equalIds(contact, id));
    this.larger = this.larger.filter(({ contact }) => !equalIds(contact, id));
    return this.smaller.length + this.larger.length < before;
  }

  /** Each leaf once, larger first. */
  all(): Known[] {
    return this.larger.concat(this.smaller.filter((known) => !this.larger.includes(known)));
  }

  /** A side that is not full has nobody behind its last but what the other side has. */
  get knowsAll(): boolean {
    return this.larger.length < this.half || this.smaller.length < this.half || this.overlaps;
  }

  /** Whether the numerically nearest to the key is among us: it lies between the farthest leaves. */
  covers(key: Id160): boolean {
    if (this.knowsAll) return true;
    const from = (this.smaller.at(-1) as Known).contact;
    return equalIds(key, from) || inHalfOpen(key, from, (this.larger.at(-1) as Known).contact);
  }

  /** The numerically nearest to the key of the leaves and the node itself. */
  nearest(key: Id160, count: number): Contact[] {
    const contacts = this.all().map(({ contact }) => contact);
    contacts.push(this.self);
    return contacts.sort((a, b) => compareNearness(a, b, key)).slice(0, count);
  }

  /** Whether the sides reach round the ring and meet. */
  private get overlaps(): boolean {
    const last = this.larger.at(-1)?.contact;
    return last !== undefined && this.smaller.some(({ contact }) => equalIds(contact, last));
  }

  private with(side: readonly Known[], known: Known, clockwise: boolean): readonly Known[] {
    const place = this.placeIn(side, known.contact, clockwise);
    return place >= this.half ? side : [...side.slice(0, place), known, ...side.slice(place)].slice(0, this.half);
  }

  /** How many on that side are nearer. */
  private placeIn(side: readonly Known[], id: Id160, clockwise: boolean): number {
    let place = 0;
    while (place < side.length) {
      const { contact } = side[place] as Known;
      if (clockwise ? inOpen(id, this.self, contact) : inOpen(id, contact, this.self)) break;
      place++;
    }
    return place;
  }
}
