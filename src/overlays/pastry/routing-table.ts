/** The routing table (Middleware 2001, section 2.2): row l has nodes that share l digits with us, one for each next digit. Owns it. */

import type { Contact } from '../../core/contact.ts';
import { digitOf, sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Known } from '../../core/known.ts';

export class RoutingTable {
  private readonly self: Contact;
  readonly digitBits: number;
  private readonly rows: (Known | null)[][] = [];

  constructor(self: Contact, digitBits: number) {
    this.self = self;
    this.digitBits = digitBits;
  }

  get rowCount(): number {
    return this.rows.length;
  }

  at(row: number, digit: number): Known | null {
    return this.rows[row]?.[digit] ?? null;
  }

  /** Who is at the place of a point: a node that shares a digit more with it than we do, or the node itself; null: nobody. */
  towards(point: Id160): Known | null {
    const row = this.rowOf(point);
    return row < this.rows.length ? this.at(row, digitOf(point, row, this.digitBits)) : null;
  }

  get(id: Id160): Known | null {
    const there = this.towards(id);
    return there !== null && equalIds(there.contact, id) ? there : null;
  }

  /** Puts it at its place, whoever was there. */
  put(known: Known): void {
    const { contact } = known;
    if (equalIds(contact, this.self)) return;
    const row = this.rowOf(contact);
    while (this.rows.length <= row) this.rows.push(new Array<Known | null>(1 << this.digitBits).fill(null));
    (this.rows[row] as (Known | null)[])[digitOf(contact, row, this.digitBits)] = known;
  }

  remove(id: Id160): boolean {
    if (this.get(id) === null) return false;
    const row = this.rowOf(id);
    (this.rows[row] as (Known | null)[])[digitOf(id, row, this.digitBits)] = null;
    return true;
  }

  /** The row in which a point has its place. */
  rowOf(point: Id160): number {
    return sharedDigits(this.self, point, this.digitBits);
  }

  row(row: number): Known[] {
    return (this.rows[row] ?? []).filter((known) => known !== null);
  }

  all(): Known[] {
    return this.rows.flat().filter((known) => known !== null);
  }
}
