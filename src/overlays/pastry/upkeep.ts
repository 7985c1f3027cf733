/**
 * What a member does all the time (Rhea et al. 2004: periodically, not when something fails, since that feeds on itself): leaf sets are exchanged,
 * rows compared with those of others, the neighbourhood asked for its own, keys looked after. Owns the count of rounds.
 */

import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import { inOpen } from '../../core/ring.ts';
import type { Known } from '../../core/known.ts';
import type { Pastry } from './pastry.ts';
import { AskLeaves, AskNear, AskRow, type LeavesHandler, type NamedLeaf, type NamesHandler } from './questions.ts';

/** Of those that another's row names, whom we do not know, so many are measured each time: they come up again, and most are farther. */
const MEASURED_MAX = 2;

export class Upkeep implements LeavesHandler, NamesHandler {
  private readonly node: Pastry;
  private rounds = 0;

  constructor(node: Pastry) {
    this.node = node;
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

  /** A place in the table is empty: others of its row, or of the next, may know somebody for it (section 2.4). */
  repair(lost: Contact): void {
    const { node } = this;
    if (!node.isMember) return;
    const row = node.table.rowOf(lost);
    const others = node.table.row(row);
    const asked = this.any(others.length > 0 ? others : node.table.row(row + 1));
    // Only who has an empty place to itself is asked whether it is there: repairing is no search for nearer ones.
    if (asked !== null) new AskRow(node, asked.contact, row, { onNames: (contacts) => node.suggest(contacts, false) }).ask();
  }

  onLeaves(named: readonly NamedLeaf[]): void {
    for (const { contact, ends } of named) this.node.suggest([contact], false, ends);
  }

  /** What the tables of others name may be for an empty place, or nearer than what we have. */
  onNames(contacts: readonly Contact[]): void {
    const { node } = this;
    node.suggest(contacts, false);
    const strangers = contacts.filter((contact) => node.knownOf(contact) === null);
    node.suggest(node.host.random.shuffle(strangers).slice(0, MEASURED_MAX), true);
  }

  /**
   * The nearest on either side, whose loss would be felt first; any one, so that news gets about; and the last on a side that has room, which knows
   * who follows (section 2.4). Five questions at the most, however many have failed.
   */
  private exchangeLeaves(): void {
    const { node } = this;
    const { leaves } = node;
    const asked = new Set([leaves.larger[0], leaves.smaller[0], this.any(leaves.all()), ...(leaves.knowsAll ? [] : leaves.lastOfShort)]);
    // All of a side have died at once: whoever is next of all that are left leads back, nearer with each round.
    if (leaves.larger.length === 0) asked.add(this.next(true));
    if (leaves.smaller.length === 0) asked.add(this.next(false));
    for (const known of asked) if (known) new AskLeaves(node, known.contact, this).ask();
  }

  /** One entry of each row is asked for its own: in turn, so that none that is dead stays longer than it takes to go through a row. */
  private compareTables(): void {
    const { node } = this;
    const turn = this.rounds / node.options.tableRounds;
    for (let row = 0; row < node.table.rowCount; row++) {
      const entries = node.table.row(row);
      const entry = entries[turn % entries.length];
      if (entry !== undefined) new AskRow(node, entry.contact, row, this).ask();
    }
    const neighbour = this.any(node.near.all);
    if (neighbour !== null) new AskNear(node, neighbour.contact, this).ask();
  }

  /** Somebody who fell silent is asked whether it is back: that brings networks together which a partition has split. */
  private mend(): void {
    const { lost } = this.node;
    const contact = lost.shift();
    if (contact === undefined) return;
    lost.push(contact);
    new AskLeaves(this.node, contact, this).ask();
  }

  /** Of all that it knows, the first on the way round the ring. */
  private next(clockwise: boolean): Known | null {
    const { self } = this.node;
    const isBefore = (a: Id160, b: Id160): boolean => (clockwise ? inOpen(a, self, b) : inOpen(a, b, self));
    let next: Known | null = null;
    for (const known of this.node.allKnown()) if (next === null || isBefore(known.contact, next.contact)) next = known;
    return next;
  }

  private any(known: readonly Known[]): Known | null {
    return known.length === 0 ? null : (known[this.node.host.random.below(known.length)] as Known);
  }
}
