/**
 * The way of one lookup through a ring, hop by hop, from what each node on it has in its tables at this moment: what a learner steps
 * through. No message is sent and nothing changes. Owns no state.
 */

import type { Contact, VirtualNode } from '../../overlays/chord/index.ts';
import { CLOSER_MAX, SUCCESSORS_MAX } from '../../overlays/chord/messages.ts';
import { equalIds, type RingId } from '../../overlays/chord/ring-id.ts';
import { ID_BITS } from '../../core/id.ts';
import type { Step } from '../overlay-model.ts';

/** What the walk needs to know of the network. */
export interface WalkedRing {
  /** The point that a contact names, or null when it is dead or no member. */
  memberAt(contact: Contact): VirtualNode | null;
  numberOf(contact: Contact): number;
  /** Whether the first node whose list reaches past the key ends the lookup; else only the key's predecessor does. */
  readonly endAtList: boolean;
}

/** A lookup that goes astray ends; on a ring of any size that is right it needs half of log2 N. */
const STEPS_MAX = 1024;
const OTHERS_MAX = 5;
const NAME_DIGITS = 8;
const RING = 1n << BigInt(ID_BITS);

export function walk(ring: WalkedRing, start: VirtualNode, target: RingId): Step[] {
  const steps: Step[] = [];
  for (let node: VirtualNode | null = start; node !== null && steps.length < STEPS_MAX; ) {
    const { contact, why, isOwner } = nextOf(ring, node, target);
    steps.push(stepAt(ring, node, target, why, contact));
    if (contact === null) break;
    const next = ring.memberAt(contact);
    if (next === null || !isOwner) {
      node = next;
      continue;
    }
    const last = stepAt(ring, next, target, 'It owns the key: no member lies between the key and it.', null);
    steps.push({ ...last, distance: distanceText(distance(target, next.self), 'behind the key') });
    break;
  }
  return steps;
}

interface Next {
  readonly contact: Contact | null;
  readonly why: string;
  /** The lookup ends with that contact. */
  readonly isOwner: boolean;
}

function nextOf(ring: WalkedRing, node: VirtualNode, target: RingId): Next {
  const { closer, successors } = node.route(target, SUCCESSORS_MAX, CLOSER_MAX);
  if (successors.length > 0 && (closer.length === 0 || ring.endAtList)) {
    const { contact, passed } = firstLiving(ring, node, successors);
    if (contact === null) return { contact, why: `${passed}Nobody is left in its list who could own the key.`, isOwner: false };
    const where = closer.length === 0 ? 'The key lies between it and' : 'Its list reaches past the key: behind that comes first';
    return { contact, why: `${passed}${where} ${nameOf(node, contact)}, which owns it.`, isOwner: true };
  }
  const { contact, passed } = firstLiving(ring, node, closer);
  if (contact === null) return { contact, why: `${passed}Nobody that it knows before the key lives: the lookup fails.`, isOwner: false };
  return { contact, why: `${passed}Nearest before the key, of all that it knows, is ${nameOf(node, contact)}.`, isOwner: false };
}

/** Contacts in the order in which they are asked, and what is to be said of the dead ones before the first that lives. */
function firstLiving(ring: WalkedRing, node: VirtualNode, contacts: readonly Contact[]): { contact: Contact | null; passed: string } {
  const alive = contacts.findIndex((contact) => ring.memberAt(contact) !== null);
  const dead = alive < 0 ? contacts : contacts.slice(0, alive);
  const passed = dead.map((contact) => `${capital(nameOf(node, contact))} is dead and costs a timeout. `).join('');
  return { contact: contacts[alive] ?? null, passed };
}

function stepAt(ring: WalkedRing, node: VirtualNode, target: RingId, why: string, chosen: Contact | null): Step {
  const others = knownTo(node)
    .filter((contact) => chosen === null || !equalIds(contact, chosen))
    .map((contact) => ({ contact, left: distance(contact, target) }))
    .sort((a, b) => (a.left < b.left ? -1 : 1))
    .slice(0, OTHERS_MAX)
    .map(({ contact, left }) => {
      const what = ring.memberAt(contact) === null ? `${whatIs(node, contact)}, dead` : whatIs(node, contact);
      return { id: contact.hex, what, distance: distanceText(left) };
    });
  return { node: ring.numberOf(node.self), id: node.self.hex, distance: distanceText(distance(node.self, target)), why, others };
}

/** Every contact that can be a next hop, once. */
function knownTo(node: VirtualNode): Contact[] {
  const known = [...node.successors];
  for (const finger of node.fingers.distinct()) if (known.every((contact) => !equalIds(contact, finger))) known.push(finger);
  return known.filter((contact) => !equalIds(contact, node.self));
}

/** `finger 2^157`, `successor 3 of 8`, or both. */
function whatIs(node: VirtualNode, contact: Contact): string {
  const roles: string[] = [];
  const place = node.successors.findIndex((successor) => equalIds(successor, contact));
  if (place >= 0) roles.push(node.successors.length === 1 ? 'its successor' : `successor ${place + 1} of ${node.successors.length}`);
  // The highest: a contact that is several fingers is the farthest of them.
  for (let exponent = ID_BITS - 1; exponent >= ID_BITS - node.fingers.size; exponent--) {
    const finger = node.fingers.get(exponent);
    if (finger === null || !equalIds(finger, contact)) continue;
    roles.push(`finger 2^${exponent}`);
    break;
  }
  return roles.join(' and ');
}

function nameOf(node: VirtualNode, contact: Contact): string {
  return `${whatIs(node, contact)} (${contact.hex.slice(0, NAME_DIGITS)}…)`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Clockwise, from a to b. */
function distance(a: RingId, b: RingId): bigint {
  return (BigInt(`0x${b.hex}`) - BigInt(`0x${a.hex}`) + RING) % RING;
}

/** For people: nothing is decided by it, so that the platform's logarithm will do. */
function distanceText(left: bigint, where = 'clockwise'): string {
  return left === 0n ? 'none' : `2^${Math.log2(Number(left)).toFixed(1)} ${where}`;
}
