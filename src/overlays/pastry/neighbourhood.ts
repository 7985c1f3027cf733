/** The neighbourhood set (Middleware 2001, section 2.2): the nodes that are nearest by round-trip time, whatever their points. Owns it. */

import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Known } from '../../core/known.ts';

export class Neighbourhood {
  private readonly size: number;
  /** Nearest first, as they were when the last of them was heard. */
  private known: readonly Known[] = [];

  constructor(size: number) {
    this.size = size;
  }

  get all(): readonly Known[] {
    return this.known;
  }

  /** With many at once, nearest first. */
  fill(known: readonly Known[]): void {
    this.known = known.slice(0, this.size);
  }

  get(id: Id160): Known | null {
    for (const known of this.known) if (equalIds(known.contact, id)) return known;
    return null;
  }

  /** Somebody has just been heard: it comes in, or to another place. */
  keep(known: Known): void {
    const last = this.known.at(-1);
    const isFull = this.known.length >= this.size;
    if (isFull && (last === undefined || (last.rttMs <= known.rttMs && !this.known.includes(known)))) return;
    const others = this.known.filter((other) => other !== known);
    const place = others.findIndex((other) => other.rttMs > known.rttMs);
    others.splice(place < 0 ? others.length : place, 0, known);
    this.known = others.slice(0, this.size);
  }

  remove(id: Id160): void {
    if (this.get(id) !== null) this.known = this.known.filter(({ contact }) => !equalIds(contact, id));
  }
}
