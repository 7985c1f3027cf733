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
  /** They have not answered a lookup, and are asked whether they live: others go first. */
  readonly suspects: readonly Contact[];
  /** Of so many nodes that hold a key any will do: the nearest by round-trip time goes first (section 3.4). 0: only its owner will. */
  readonly alike: number;
}

interface Candidate {
  readonly contact: Contact;
  readonly shared: number;
}

const NONE: readonly Contact[] = [];

export function route(router: Router, target: Id160, want: number, width: number): Route {
  const { self, leaves, table, suspects } = router;
  if (leaves.covers(target)) {
    const closer = router.alike > 0 ? nearHolders(router, target) : leaves.nearest(target, width);
    return { closer: equalIds(closer[0] as Contact, self) ? NONE : closer, owners: leaves.holders(target, want) };
  }
  const best = table.towards(target)?.contact ?? null;
  const closer = width === 1 && best !== null ? [best] : candidates(router, target, best);
  if (suspects.length > 0) closer.sort((a, b) => Number(suspects.includes(a)) - Number(suspects.includes(b)));
  return { closer: closer.slice(0, width), owners: NONE };
}

function nearHolders({ leaves, alike }: Router, target: Id160): readonly Contact[] {
  const ms = (contact: Contact): number => leaves.get(contact)?.rttMs ?? 0;
  return leaves.holders(target, alike).sort((a, b) => ms(a) - ms(b));
}

/** The best; then the rare case, which is also who to ask when the best is dead: whoever shares no fewer digits than we do, and is nearer. */
function candidates({ self, leaves, table, near }: Router, target: Id160, best: Contact | null): Contact[] {
  const own = table.rowOf(target);
  const others: Candidate[] = [];
  const consider = ({ contact }: Known): void => {
    const shared = sharedDigits(contact, target, table.digitBits);
    if (shared < own || contact === best || others.some((other) => other.contact === contact)) return;
    if (shared > own || compareNearness(contact, self, target) < 0) others.push({ contact, shared });
  };
  for (const known of leaves.smaller) consider(known);
  for (const known of leaves.larger) consider(known);
  for (const known of near) consider(known);
  // Rows before this one share fewer digits with the key.
  for (let row = own; row < table.rowCount; row++) for (const known of table.row(row)) consider(known);
  others.sort((a, b) => b.shared - a.shared || compareNearness(a.contact, b.contact, target));
  const closer = others.map(({ contact }) => contact);
  if (best !== null) closer.unshift(best);
  return closer;
}
