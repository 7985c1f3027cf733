/**
 * The second stage of joining (Middleware 2001, section 2.5): a new member asks all that it knows for what they know, once, measures each that was
 * named once, and takes those that are nearer. Owns whom it was told of.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import { NO_END } from './leaf-ends.ts';
import type { Pastry } from './pastry.ts';
import { AskNear, AskRow, type NamesHandler, Probe, type ProbeHandler } from './questions.ts';

/** Measured at the same time: hundreds are named, and a newcomer is no reason for a burst. */
const AT_ONCE_MAX = 32;

export class SecondStage implements NamesHandler, ProbeHandler {
  private readonly node: Pastry;
  private readonly named = new Map<string, Contact>();
  private left = 0;
  private waiting: Contact[] = [];

  constructor(node: Pastry) {
    this.node = node;
  }

  start(): void {
    const { node } = this;
    const questions: (AskNear | AskRow)[] = [];
    for (const { contact } of node.near.all) {
      questions.push(new AskNear(node, contact, this));
      // Who is near to those that are near is near to us: their first rows are worth most. Rows behind what we share would not fit.
      for (let row = 0; row <= node.table.rowOf(contact); row++) questions.push(new AskRow(node, contact, row, this));
    }
    for (let row = 0; row < node.table.rowCount; row++) {
      for (const { contact } of node.table.row(row)) questions.push(new AskRow(node, contact, row, this));
    }
    this.left = questions.length;
    for (const question of questions) question.ask();
  }

  onNames(contacts: readonly Contact[]): void {
    const { node } = this;
    for (const contact of contacts) this.named.set(mapKeyOf(contact), contact);
    this.left--;
    if (this.left > 0) return;
    this.waiting = [...this.named.values()].filter(
      (contact) => !equalIds(contact, node.self) && node.knownOf(contact) === null && node.isRightful(contact),
    );
    for (let count = 0; count < AT_ONCE_MAX; count++) this.probeNext();
  }

  /** Whoever has got a place is told: we are as near to it as it is to us. */
  onProbed(contact: Contact): void {
    const { node } = this;
    if (node.isMember && node.knownOf(contact) !== null) node.greet(contact);
    this.probeNext();
  }

  private probeNext(): void {
    const contact = this.waiting.pop();
    if (contact !== undefined && this.node.isMember) new Probe(this.node, contact, NO_END, this).ask();
  }
}
