/**
 * What holds of a Chord network at any moment (Zave 2017, section 5), and what holds when all is quiet, as checks over the nodes' states;
 * owns no state. Each says what is wrong, or null.
 */

import { compareIds, equalIds, inOpen, mapKeyOf, type RingId } from './ring-id.ts';

/** What the checks look at: of a VirtualNode, or of a model. */
export interface RingMember {
  readonly self: RingId;
  readonly successors: readonly RingId[];
  readonly predecessor: RingId | null;
}

/**
 * The inductive invariant: every member has a live successor, and r + 1 members are principals, whom nobody skips. It implies that there is
 * one ring, in order, that all others lead into. `members` are those that live; to others a pointer leads to the dead.
 */
export function invariantComplaint(members: readonly RingMember[], successorsMax: number): string | null {
  const live = new Set(members.map((member) => mapKeyOf(member.self)));
  for (const member of members) {
    if (!member.successors.some((successor) => live.has(mapKeyOf(successor)))) {
      return `${nameOf(member.self)} has no live successor among ${member.successors.map(nameOf)}`;
    }
  }
  const principals = principalsOf(members);
  if (principals.length > successorsMax) return null;
  return `${successorsMax + 1} principals expected, got ${principals.map((member) => nameOf(member.self))} of ${members.length} members`;
}

/** Members that no other's list passes over. */
export function principalsOf(members: readonly RingMember[]): RingMember[] {
  return members.filter((member) => members.every((other) => !skips(other, member.self)));
}

/** That every member has its true successors and predecessor: what must be so a while after the last change. */
export function idealComplaint(members: readonly RingMember[], successorsMax: number): string | null {
  const ring = members.toSorted((a, b) => compareIds(a.self, b.self));
  const at = (index: number): RingId => (ring[index % ring.length] as RingMember).self;
  for (const [index, { self, successors, predecessor }] of ring.entries()) {
    const expected = Array.from({ length: Math.max(1, Math.min(successorsMax, ring.length - 1)) }, (_, behind) => at(index + 1 + behind));
    if (successors.length !== expected.length || !expected.every((id, behind) => equalIds(id, successors[behind] as RingId))) {
      return `${nameOf(self)} has the successors ${successors.map(nameOf)}, not ${expected.map(nameOf)}`;
    }
    const before = at(index + ring.length - 1);
    if (ring.length > 1 && (predecessor === null || !equalIds(predecessor, before))) {
      return `${nameOf(self)} has the predecessor ${predecessor === null ? 'nobody' : nameOf(predecessor)}, not ${nameOf(before)}`;
    }
  }
  return null;
}

function skips({ self, successors }: RingMember, id: RingId): boolean {
  let before = self;
  for (const successor of successors) {
    if (inOpen(id, before, successor) && !equalIds(before, successor)) return true;
    before = successor;
  }
  return false;
}

const NAME_DIGITS = 8;

function nameOf(id: RingId): string {
  return id.hex.slice(0, NAME_DIGITS);
}
