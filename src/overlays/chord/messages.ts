/**
 * Chord's messages, declared. Requests carry a transaction and the virtual node they are for; whoever answers repeats the transaction.
 * `getState`, `state`, `busy` and `notify` are the membership protocol (Zave 2017, section 4), `find` and `forward` lookups; who is there, and keys, are those of all overlays.
 */

import { contact } from '../../core/contact.ts';
import { list, optional, u8, u32 } from '../../core/fields.ts';
import { family, type MessageOf, message } from '../../core/message.ts';
import { WHO_MESSAGES } from '../../core/who.ts';
import { VALUE_MESSAGES } from '../values/index.ts';
import { ringId } from './ring-id.ts';

/** A successor list may be so long, and an answer name so many owners. */
export const SUCCESSORS_MAX = 32;
/** Contacts nearer to the target in one answer: the best, and who to ask when it is dead; and how many when those are dead as well. */
export const CLOSER_COUNT = 3;
export const CLOSER_MAX = 32;

export const getState = message('getState', 3, { transaction: u32, unit: u8 });
export const state = message('state', 4, { transaction: u32, predecessor: optional(contact), successors: list(contact, SUCCESSORS_MAX) });
/** Alive, but about to change its own state: ask again. */
export const busy = message('busy', 5, { transaction: u32 });
export const notify = message('notify', 7, { unit: u8, sender: contact });
/** The list of your successor, or of one who has come between, has changed: ask for it. Only a hint: nothing is taken from it. */
export const news = message('news', 20, { unit: u8, sender: contact });
export const leaving = message('leaving', 8, { unit: u8, sender: contact });
/** Who is nearer to the target, up to `width` of them, and who owns it as far as you know; `want` owners. */
export const find = message('find', 9, { transaction: u32, unit: u8, want: u8, width: u8, target: ringId });
/** `closer` precede the target, nearest first, and are none when the answering node is its predecessor; `successors` begin with the owner. */
export const found = message('found', 10, {
  transaction: u32,
  closer: list(contact, CLOSER_MAX),
  successors: list(contact, SUCCESSORS_MAX),
});
/** A lookup that is passed on. `lookup` is the number that the origin knows it by. */
export const forward = message('forward', 11, {
  transaction: u32,
  unit: u8,
  want: u8,
  hops: u8,
  lookup: u32,
  target: ringId,
  origin: contact,
});
/** Taken: the one who forwards may forget it. */
export const forwarded = message('forwarded', 12, { transaction: u32 });
/** The end of a lookup that was passed on, from the predecessor straight to the origin. */
export const arrived = message('arrived', 13, { lookup: u32, hops: u8, predecessor: contact, successors: list(contact, SUCCESSORS_MAX) });

export const chordCodec = family(
  'chord',
  ...WHO_MESSAGES,
  ...VALUE_MESSAGES,
  getState,
  state,
  busy,
  notify,
  leaving,
  find,
  found,
  forward,
  forwarded,
  arrived,
  news,
);

export type ChordMessage = MessageOf<typeof chordCodec>;
