/** Where a message with a key goes next from one node (Middleware 2001, section 2.3, table 1); pure. */

import type { Contact } from '../../core/contact.ts';
import { sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import type { Route } from './asker.ts';
import type { Known } from '../../core/known.ts';
import type { LeafSet } from './leaf-set.ts';
import type { RoutingTable } from './routing-table.ts';

/** What of a node decides where a lookup goes. */
interface Router {
  readonly self: Contact;
  readonly leaves: LeafSet;
  readonly table: RoutingTable;
  readonly near: readonly Known[];
}

const NONE: readonly Contact[] = [];

export function route({ self, leaves, table, near }: Router, target: Id160, want: number, width: number): Route {
  if (leaves.covers(target)) {
    const owners = leaves.nearest(target, Math.max(want, width));
    return { closer: equalIds(owners[0] as Contact, self) ? NONE : owners.slice(0, width), owners: owners.slice(0, want) };
  }
  const shared = sharedDigits(self, target, table.digitBits);
  const best = table.towards(target)?.contact ?? null;
  if (best !== null && width === 1) return { closer: [best], owners: NONE };
  // The rare case, and who to ask when the best is dead: whoever is no farther by digits, and nearer.
  const others: { contact: Contact; shared: number }[] = [];
  const consider = (contact: Contact): void => {
    const digits = sharedDigits(contact, target, table.digitBits);
    if (digits < shared || contact === best || others.some((other) => equalIds(other.contact, contact))) return;
    if (digits > shared || compareNearness(contact, self, target) < 0) others.push({ contact, shared: digits });
  };
  for (const known of leaves.smaller) consider(known.contact);
  for (const known of leaves.larger) consider(known.contact);
  for (const known of near) consider(known.contact);
  // Rows before this one share fewer digits with the key.
  for (let row = shared; row < table.rowCount; row++) for (const known of table.row(row)) consider(known.contact);
  others.sort((a, b) => b.shared - a.shared || compareNearness(a.contact, b.contact, target));
  const closer = others.map(({ contact }) => contact);
  if (best !== null) closer.unshift(best);
  return { closer: closer.slice(0, width), owners: NONE };
}
