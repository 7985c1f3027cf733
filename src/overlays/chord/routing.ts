/** Where a lookup goes next from one node (SIGCOMM 2001, figure 4: closest_preceding_finger), over fingers and successors alike; pure. */

import type { Contact } from '../../core/contact.ts';
import type { FingerTable } from './finger-table.ts';
import { equalIds, inHalfOpen, inOpen, type RingId } from './ring-id.ts';

export interface Route {
  /** Before the target, nearest first, each after the node itself. None: the node is the target's predecessor. */
  readonly closer: readonly Contact[];
  /** The owner of the target and who follows it, as far as the successor list tells. */
  readonly successors: readonly Contact[];
}

const NONE: readonly Contact[] = [];

/** `successors` is sorted clockwise from `self`; `want` owners and `width` nearer contacts are wanted. */
export function route(node: Router, target: RingId, want: number, width: number): Route {
  const { self, successors, fingers } = node;
  const owner = ownerIndex(self, successors, target);
  const owners = owner < 0 ? NONE : ownersFrom(node, owner, want);
  if (owner === 0) return { closer: NONE, successors: owners };
  const closer: Contact[] = [];
  fingers.preceding(target, closer, width);
  // Only the last successors before the target can be nearer than those.
  const last = owner < 0 ? successors.length - 1 : owner - 1;
  for (let index = last; index >= 0 && index > last - width; index--) sortIn(closer, successors[index] as Contact, target, width);
  return { closer, successors: owners };
}

/** What of a node decides where a lookup goes. */
interface Router {
  readonly self: Contact;
  readonly successors: readonly Contact[];
  /** The list goes all the way round: after its last comes the node itself. */
  readonly knowsWholeRing: boolean;
  readonly fingers: FingerTable;
}

/** In a ring that is smaller than what is wanted all are owners, the node itself and those before the first owner too. */
function ownersFrom({ self, successors, knowsWholeRing }: Router, first: number, want: number): readonly Contact[] {
  const owners = successors.slice(first, first + want);
  if (owners.length === want || !knowsWholeRing) return owners;
  return [...owners, self, ...successors.slice(0, first)].slice(0, want);
}

/** Keeps `closer` sorted, free of doubles and bounded. */
function sortIn(closer: Contact[], contact: Contact, target: RingId, width: number): void {
  let at = closer.length;
  // (contact, target) holds those that are nearer.
  while (at > 0 && !inOpen(closer[at - 1] as Contact, contact, target)) {
    if (equalIds(closer[at - 1] as Contact, contact)) return;
    at--;
  }
  if (at >= width) return;
  closer.splice(at, 0, contact);
  if (closer.length > width) closer.pop();
}

/** The index of the first successor at or after the target; -1 when the list ends before it. */
function ownerIndex(self: Contact, successors: readonly Contact[], target: RingId): number {
  const last = successors[successors.length - 1];
  if (last === undefined || !inHalfOpen(target, self, last)) return -1;
  for (let index = 0; index < successors.length; index++) {
    if (inHalfOpen(target, self, successors[index] as Contact)) return index;
  }
  return -1;
}
