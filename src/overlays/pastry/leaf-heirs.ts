/** Who gets the keys of a leaver: of its leaves, the one that is nearest to each, and would not refuse it. Owns who has refused. */

import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Heirs } from '../values/index.ts';
import type { LeafSet } from './leaf-set.ts';
import { LEAVES_MAX } from './messages.ts';

export class LeafHeirs implements Heirs {
  private readonly self: Contact;
  private readonly leaves: LeafSet;
  private readonly refused: Contact[] = [];

  constructor(self: Contact, leaves: LeafSet) {
    this.self = self;
    this.leaves = leaves;
  }

  heirOf(key: Id160): Contact | null {
    const nearest = this.leaves.nearest(key, LEAVES_MAX + 1);
    return nearest.find((contact) => contact !== this.self && !this.refused.includes(contact)) ?? null;
  }

  refuse(heir: Contact): void {
    this.refused.push(heir);
  }
}
