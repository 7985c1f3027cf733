/**
 * Pastry's messages, declared. Requests carry a transaction and the place they are for, which is 0; whoever answers repeats the transaction.
 * Who is there, and keys, are those of all overlays.
 */

import { contact } from '../../core/contact.ts';
import { list, u32, u8 } from '../../core/fields.ts';
import { id160 } from '../../core/id160.ts';
import { family, type MessageOf, message } from '../../core/message.ts';
import { WHO_MESSAGES } from '../../core/who.ts';
import { VALUE_MESSAGES } from '../values/index.ts';

/** A leaf set may be so large, and a row or a neighbourhood set. */
export const LEAVES_MAX = 32;
/** Contacts nearer to the target in one answer: the best, and who to ask when it is dead; and how many when those are dead as well. */
export const CLOSER_COUNT = 3;
export const CLOSER_MAX = 32;

/** Where a message with that key goes next: up to `width` nodes; and who holds the key if you know, `want` of them. */
export const find = message('find', 3, { transaction: u32, unit: u8, want: u8, width: u8, target: id160 });
/** `owners` are none unless the key is within the leaf set; the nearest to it first, and only those than whom nobody else can be nearer. */
export const found = message('found', 4, { transaction: u32, closer: list(contact, CLOSER_MAX), owners: list(contact, LEAVES_MAX) });
/** Who asks may be a leaf itself. */
export const getLeaves = message('getLeaves', 5, { transaction: u32, unit: u8, sender: contact });
/** Nearest first, each side by itself: who follows a side may be learned from it, and not from both in one. */
export const leaves = message('leaves', 7, {
  transaction: u32,
  smaller: list(contact, LEAVES_MAX / 2),
  larger: list(contact, LEAVES_MAX / 2),
});
export const getRow = message('getRow', 8, { transaction: u32, unit: u8, row: u8 });
export const row = message('row', 9, { transaction: u32, contacts: list(contact, LEAVES_MAX) });
export const getNear = message('getNear', 10, { transaction: u32, unit: u8 });
export const near = message('near', 11, { transaction: u32, contacts: list(contact, LEAVES_MAX) });
/** I have joined, and know you. */
export const hello = message('hello', 12, { unit: u8, sender: contact });
export const leaving = message('leaving', 13, { unit: u8, sender: contact });

export const pastryCodec = family(
  'pastry',
  ...WHO_MESSAGES,
  ...VALUE_MESSAGES,
  find,
  found,
  getLeaves,
  leaves,
  getRow,
  row,
  getNear,
  near,
  hello,
  leaving,
);

export type PastryMessage = MessageOf<typeof pastryCodec>;
