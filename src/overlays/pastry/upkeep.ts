/**
 * What a member does all the time (Rhea et al. 2004: periodically, not when something fails, since that feeds on itself): leaf sets are exchanged,
 * rows compared with those of others, the neighbourhood asked for its own, keys looked after. Owns the count of rounds.
 */

import type { Contact } from '../../core/contact.ts';
import { sharedDigits } from '../../core/digits.ts';
import type { Known } from '../../core/known.ts';
import type { Pastry } from './pastry.ts';
import { AskLeaves, AskNear, AskRow, type NamesHandler } from './questions.ts';

export class Upkeep {
  private readonly node: Pastry;
  private rounds = 0;
  /** What the leaf set of another names, and what the tables of another do: the latter may be nearer than what we have. */
  private readonly leafNames: NamesHandler;
  private readonly tableNames: NamesHandler;

  constructor(node: Pastry) {
    this.node = node;
    this.leafNames = { onNames: (contacts) => node.suggest(contacts, false) };
    this.tableNames = { onNames: (contacts) => node.suggest(contacts, true) };
  }

  round(): void {
    const { node } = this;
    const { options } = node;
    this.rounds++;
    this.exchangeLeaves();
    if (this.rounds % options.tableRounds === 0) this.compareTables();
    node.keys.round(this.rounds % options.repairRounds === 0);
    if (this.rounds % options.mendRounds === 0) this.mend();
  }

  /** Section 2.5: asks all that it knows for what they know, once. */
  secondStage(): void {
    const { node } = this;
    for (let row = 0; row < node.table.rowCount; row++) {
      for (const { contact } of node.table.row(row)) new AskRow(node, contact, row, this.tableNames).ask();
    }
    for (const { contact } of node.near) new AskNear(node, contact, this.tableNames).ask();
  }

  /** A place in the table is empty: others of its row, or of the next, may know somebody for it (section 2.4). */
  repair(lost: Contact): void {
    const { node } = this;
    if (!node.isMember) return;
    const row = sharedDigits(node.self, lost, node.options.digitBits);
    const others = node.table.row(row);
    const asked = this.any(others.length > 0 ? others : node.table.row(row + 1));
    if (asked !== null) new AskRow(node, asked.contact, row, this.leafNames).ask();
  }

  /** The nearest on either side, whose loss would be felt first, and any one. */
  private exchangeLeaves(): void {
    const { leaves } = this.node;
    const asked = new Set([leaves.larger[0], leaves.smaller[0], this.any(leaves.all())]);
    for (const known of asked) if (known) new AskLeaves(this.node, known.contact, this.leafNames).ask();
  }

  private compareTables(): void {
    const { node } = this;
    const row = node.table.rowCount === 0 ? 0 : node.host.random.below(node.table.rowCount);
    const entry = this.any(node.table.row(row));
    if (entry !== null) new AskRow(node, entry.contact, row, this.tableNames).ask();
    const neighbour = this.any(node.near);
    if (neighbour !== null) new AskNear(node, neighbour.contact, this.tableNames).ask();
  }

  /** Somebody who fell silent is asked whether it is back: that brings networks together which a partition has split. */
  private mend(): void {
    const { lost } = this.node;
    const contact = lost.shift();
    if (contact === undefined) return;
    lost.push(contact);
    new AskLeaves(this.node, contact, this.leafNames).ask();
  }

  private any(known: readonly Known[]): Known | null {
    return known.length === 0 ? null : (known[this.node.host.random.below(known.length)] as Known);
  }
}
