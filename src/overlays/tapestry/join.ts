/**
 * Joining (JSAC 2004, section III-D): the newcomer finds its surrogate through whomever it was told of, is inserted, and is a member. The search for
 * near neighbours follows. Owns how far it got.
 */

import type { Contact } from '../../core/contact.ts';
import { Entrance } from '../values/index.ts';
import { Find, type FindHandler } from './find.ts';
import { Insertion, type InsertionHandler } from './insertion.ts';
import type { Tapestry } from './tapestry.ts';

/** A newcomer that most have heard of is a member all the same after so many attempts: those that do not answer may be dead. */
const INSERTIONS_MAX = 3;

export class Join extends Entrance<Tapestry> implements FindHandler, InsertionHandler {
  private insertions = 0;

  onRoot({ root }: Find): void {
    if (this.isOver) return;
    if (root === null) this.again();
    else new Insertion(this.node, root, this).start();
  }

  onInserted(complete: boolean): void {
    if (this.isOver) return;
    const { map } = this.node;
    if (map.levelCount > 0) this.insertions++;
    if (map.levelCount > 0 && (complete || this.insertions >= INSERTIONS_MAX)) this.node.enter();
    else this.again();
  }

  protected enterBy(entry: Contact): void {
    new Find(this.node, this.node.self, this, { passed: [this.node.self] }).startFrom(entry);
  }
}
