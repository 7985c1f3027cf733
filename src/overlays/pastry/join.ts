/**
 * Joining (Middleware 2001, section 2.4): the newcomer goes the way of a message to its own point, takes a row from each node on it, the leaf
 * set from the last and the neighbourhood set from the first, measures all whom it was told of, and says hello. Then the second stage of section
 * 2.5. Owns how far it got.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import { Entrance, type Hop, type OwnersFound, type OwnersHandler } from '../values/index.ts';
import type { Question } from './asker.ts';
import { Find } from './find.ts';
import { NO_END } from './leaf-ends.ts';
import type { Pastry } from './pastry.ts';
import {
  AskLeaves,
  AskNear,
  AskRow,
  type LeavesHandler,
  type NamedLeaf,
  type NamesHandler,
  Probe,
  type ProbeHandler,
} from './questions.ts';

/** Rows that are asked of one node on the way: a hop rarely passes over more. */
const ROWS_MAX = 4;

export class Join extends Entrance<Pastry> implements OwnersHandler {
  private path: Hop[] = [];
  private gathering: Gathering | null = null;

  override start(): void {
    this.gathering = null;
    super.start();
  }

  onFind({ owners }: OwnersFound): void {
    const { node, entry } = this;
    const last = owners[0];
    if (this.isOver) return;
    if (last === undefined || entry === null || equalIds(last, node.self)) {
      this.again();
      return;
    }
    const way = this.path.filter(({ outcome }) => outcome === 'answered').map(({ contact }) => contact);
    this.gathering = new Gathering(this, node, entry, way);
    this.gathering.start(last);
  }

  /** All whom it was told of have been asked. */
  gathered(gathering: Gathering): void {
    if (this.isOver || gathering !== this.gathering) return;
    if (this.node.knowsNobody) this.again();
    else this.node.enter();
  }

  protected enterBy(entry: Contact): void {
    this.path = [];
    new Find(this.node, this.node.self, { want: 1, confirm: true }, this, this.path).startFrom(entry);
  }
}

/**
 * First the leaf set of the last node, since only those who follow each other without a gap are leaves; then the tables of those on the way; and of all
 * that were named, whether they are there.
 */
class Gathering implements LeavesHandler, NamesHandler, ProbeHandler {
  private readonly join: Join;
  private readonly node: Pastry;
  private readonly way: readonly Contact[];
  private readonly entry: Contact;
  private readonly names = new Map<string, Contact>();
  private readonly probed = new Set<string>();
  private left = 0;
  private stage: 'leaves' | 'tables' | 'names' = 'leaves';

  constructor(join: Join, node: Pastry, entry: Contact, way: readonly Contact[]) {
    this.join = join;
    this.node = node;
    this.entry = entry;
    this.way = way;
  }

  start(last: Contact): void {
    new AskLeaves(this.node, last, this).ask();
  }

  onLeaves(named: readonly NamedLeaf[]): void {
    this.probe(named.filter(({ contact }) => this.isOther(contact)));
  }

  onNames(contacts: readonly Contact[]): void {
    for (const contact of contacts) this.note(contact);
    this.settle();
  }

  onProbed(): void {
    this.settle();
  }

  private settle(): void {
    this.left--;
    if (this.left === 0) this.next();
  }

  private next(): void {
    if (this.stage === 'leaves') this.askWay();
    else if (this.stage === 'tables') {
      this.stage = 'names';
      this.probe([...this.names.values()].map((contact) => ({ contact, ends: NO_END })));
    } else this.join.gathered(this);
  }

  private askWay(): void {
    const { node } = this;
    this.stage = 'tables';
    const questions: Question[] = [new AskNear(node, this.entry, this)];
    let row = 0;
    for (const contact of this.way) {
      this.note(contact);
      const shared = node.table.rowOf(contact);
      if (node.options.wholeTables) row = 0;
      for (const stop = Math.min(shared, row + ROWS_MAX - 1); row <= stop; row++) questions.push(new AskRow(node, contact, row, this));
    }
    this.left = questions.length;
    for (const question of questions) question.ask();
  }

  private probe(named: readonly NamedLeaf[]): void {
    const { node, probed } = this;
    const fresh = new Map(named.filter(({ contact }) => !probed.has(mapKeyOf(contact))).map((leaf) => [mapKeyOf(leaf.contact), leaf]));
    this.left = fresh.size;
    if (fresh.size === 0) this.next();
    for (const [key, { contact, ends }] of fresh) {
      probed.add(key);
      new Probe(node, contact, ends, this).ask();
    }
  }

  private note(contact: Contact): void {
    if (this.isOther(contact)) this.names.set(mapKeyOf(contact), contact);
  }

  private isOther(contact: Contact): boolean {
    return !equalIds(contact, this.node.self) && this.node.isRightful(contact);
  }
}
