/** The routing table (Middleware 2001, section 2.2): row l has nodes that share l digits with us, one for each next digit. Owns it. */

import { digitOf, sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Contact } from '../../core/contact.ts';
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

  /** The one that shares a digit more with the key than we do. */
  towards(key: Id160): Known | null {
    const row = sharedDigits(this.self, key, this.digitBits);
    return this.rows.length <= row ? null : this.at(row, digitOf(key, row, this.digitBits));
  }

  /** Who is at the node's place in the table; null: nobody. */
  rivalOf(id: Id160): Known | null {
    return this.towards(id);
  }

  get(id: Id160): Known | null {
    const rival = this.rivalOf(id);
    return rival !== null && equalIds(rival.contact, id) ? rival : null;
  }

  /** Puts it at its place, whoever was there. */
  put(known: Known): void {
    const { contact } = known;
    if (equalIds(contact, this.self)) return;
    const row = sharedDigits(this.self, contact, this.digitBits);
    while (this.rows.length <= row) this.rows.push(new Array<Known | null>(1 << this.digitBits).fill(null));
    (this.rows[row] as (Known | null)[])[digitOf(contact, row, this.digitBits)] = known;
  }

  remove(id: Id160): boolean {
    if (this.get(id) === null) return false;
    const row = sharedDigits(this.self, id, this.digitBits);
    (this.rows[row] as (Known | null)[])[digitOf(id, row, this.digitBits)] = null;
    return true;
  }

  row(row: number): Known[] {
    return (this.rows[row] ?? []).filter((known) => known !== null);
  }

  all(): Known[] {
    return this.rows.flat().filter((known) => known !== null);
  }
}
