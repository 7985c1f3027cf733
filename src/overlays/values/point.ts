/** What one place of a node says of itself to those who look at it: commands, pages, the laboratory. Owns no state. */

import type { Contact } from '../../core/contact.ts';

export interface Point {
  readonly self: Contact;
  /** A word of the overlay: joining, member. */
  readonly state: string;
  /** Keys that it holds. */
  readonly keys: number;
  /** Parts of the space that it owns, where that is more than an id says. */
  readonly boxes: readonly Box[];
  readonly neighbours: readonly PointNeighbour[];
}

/** A box of the space whose sides have length 1. */
export interface Box {
  /** As the overlay writes it. */
  readonly text: string;
  /** One a dimension, from 0 on. */
  readonly lows: readonly number[];
  readonly sizes: readonly number[];
}

export interface PointNeighbour {
  readonly contact: Contact;
  /** What it is to this node, in the words of the overlay. */
  readonly role: string;
}
