/**
 * Chord's messages, declared. Requests carry a transaction and the virtual node they are for; whoever answers repeats the transaction.
 * `getState`, `state`, `busy` and `notify` are the membership protocol (Zave 2017, section 4), `find` and `forward` lookups, the rest keys.
 */

import { bool, bytes, list, optional, u8, u32 } from '../../core/fields.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';
import { contact } from './contact.ts';
import { ringId } from './ring-id.ts';

/** A successor list may be so long, and an answer name so many owners. */
export const SUCCESSORS_MAX = 32;
/** Contacts nearer to the target in one answer: the best, and who to ask when it is dead; and how many when those are dead as well. */
export const CLOSER_COUNT = 3;
export const CLOSER_MAX = 32;
/** What one key may hold: with its head it fits into a packet that no link cuts up. */
export const VALUE_BYTES_MAX = 1024;
/** Versions compared in one message. */
export const OFFER_MAX = 32;

/** What is stored under a key. A removed key stays for a while as one without value, so that no old copy brings it back. */
const item = record({ key: ringId, version: u32, writer: u32, removed: bool, value: bytes(VALUE_BYTES_MAX) });
const header = record({ key: ringId, version: u32, writer: u32 });

export const ping = message('ping', 1, { transaction: u32, unit: u8 });
/** Says who it is, to those who know only the address; and whether it is in the ring. */
export const pong = message('pong', 2, { transaction: u32, member: bool, self: contact });
export const getState = message('getState', 3, { transaction: u32, unit: u8 });
export const state = message('state', 4, { transaction: u32, predecessor: optional(contact), successors: list(contact, SUCCESSORS_MAX) });
/** Alive, but about to change its own state: ask again. */
export const busy = message('busy', 5, { transaction: u32 });
/** Alive, but no member of the ring. */
export const gone = message('gone', 6, { transaction: u32 });
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
export const fetch = message('fetch', 14, { transaction: u32, unit: u8, key: ringId });
export const fetched = message('fetched', 15, { transaction: u32, item: optional(item) });
export const store = message('store', 16, { transaction: u32, unit: u8, item });
/** Not accepted: there is no room. An item that is older than what is there counts as accepted. */
export const stored = message('stored', 17, { transaction: u32, accepted: bool });
export const offer = message('offer', 18, { transaction: u32, unit: u8, headers: list(header, OFFER_MAX) });
/** Bit i: the i-th of the offer is missing here or older. */
export const wanted = message('wanted', 19, { transaction: u32, bits: u32 });

export const chordCodec = family(
  'chord',
  ping,
  pong,
  getState,
  state,
  busy,
  gone,
  notify,
  leaving,
  find,
  found,
  forward,
  forwarded,
  arrived,
  fetch,
  fetched,
  store,
  stored,
  offer,
  wanted,
  news,
);

/** Throws RangeError when it is longer than VALUE_BYTES_MAX. */
export function checkValue(value: Uint8Array): void {
  if (value.length > VALUE_BYTES_MAX) throw new RangeError(`a value has at most ${VALUE_BYTES_MAX} bytes, got ${value.length}`);
}

export type ChordMessage = MessageOf<typeof chordCodec>;
export type Item = MessageOf<typeof store>['item'];
export type Header = MessageOf<typeof offer>['headers'][number];
