/** A network as one node knows it, as a picture: its own places and its contacts, placed by their ids, or around it where ids say nothing. Owns no state. */

import { spotOf } from '../../../src/lab/live/layout.ts';
import { type Frame, NodeState, type Places, type Shape } from '../lab/shown.ts';

/** `star`: a node in the middle of those it knows. */
export type NetworkShape = Extract<Shape, 'ring' | 'trie' | 'mesh'> | 'star';

/** By the name of the overlay; contacts of CAN and Kelips do not tell where they lie, nor does anybody in a search network. */
const SHAPES: Readonly<Record<string, NetworkShape>> = { chord: 'ring', pastry: 'ring', mainline: 'trie', tapestry: 'mesh' };

export function shapeOf(overlay: string): NetworkShape {
  return SHAPES[overlay] ?? 'star';
}

interface Known {
  readonly id: string;
  readonly address: string;
}

/** Those that are drawn, by number: own places first. */
export interface Contact extends Known {
  /** What it is to us; empty for own places, and for those that only a lookup has met. */
  readonly roles: readonly string[];
}

/** One of our own places. */
export interface OwnPlace {
  readonly id: string;
  readonly neighbours: readonly (Known & { readonly role: string })[];
}

/** `met`: by a lookup. */
export function contactsOf(address: string, places: readonly OwnPlace[], met: readonly Known[]): readonly Contact[] {
  const contacts = new Map<string, { id: string; address: string; roles: string[] }>();
  const add = (known: Known, role: string | null): void => {
    const contact = contacts.get(keyOf(known)) ?? { id: known.id, address: known.address, roles: [] };
    contacts.set(keyOf(known), contact);
    if (role !== null && !contact.roles.includes(role)) contact.roles.push(role);
  };
  for (const { id } of places) add({ id, address }, null);
  for (const { neighbours } of places) for (const neighbour of neighbours) add(neighbour, neighbour.role);
  for (const known of met) add(known, null);
  return [...contacts.values()];
}

/** Numbers of these among the contacts; those that are not there are left out. */
export function numbersOf(contacts: readonly Contact[], these: readonly Known[]): readonly number[] {
  const numbers = new Map(contacts.map((contact, number) => [keyOf(contact), number]));
  return these.map((known) => numbers.get(keyOf(known)) ?? -1).filter((number) => number >= 0);
}

/** Who does not answer is drawn as one that is still coming. */
export function frameOf(contacts: readonly Contact[]): Pick<Frame, 'states' | 'messages'> {
  const states = contacts.map(({ roles }) => (roles.includes('silent') ? NodeState.joining : NodeState.member));
  return { states: Uint8Array.from(states), messages: new Uint32Array() };
}

export function placesOf(shape: NetworkShape, contacts: readonly Contact[]): Places {
  const spots = new Float32Array(2 * contacts.length);
  for (const [number, { id }] of contacts.entries()) {
    const { x, y } = shape === 'star' ? raySpot(number, contacts.length - 1) : spotOf(shape, { id, boxes: [], group: null }, 1);
    spots.set([x, y], 2 * number);
  }
  // Columns of which there is one have no lines.
  const nothing = { boxes: new Float32Array(), roles: new Uint8Array(), links: new Uint32Array(), linkCount: 0 };
  return { version: 1, shape: shape === 'star' ? 'groups' : shape, groups: 1, spots, ...nothing };
}

/** The first in the middle, all others around it. */
function raySpot(number: number, rays: number): { readonly x: number; readonly y: number } {
  if (number === 0) return { x: 0.5, y: 0.5 };
  const turn = ((number - 1) / rays) * 2 * Math.PI;
  return { x: 0.5 + 0.42 * Math.sin(turn), y: 0.5 - 0.42 * Math.cos(turn) };
}

/** Several nodes may say that they have one id. */
function keyOf({ id, address }: Known): string {
  return `${id} ${address}`;
}
