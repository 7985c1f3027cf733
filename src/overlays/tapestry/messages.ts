/**
 * Tapestry's messages, declared. Requests carry a transaction and the place they are for, which is 0; whoever answers repeats the transaction.
 * Who is there, and keys, are those of all overlays.
 */

import { contact } from '../../core/contact.ts';
import { bool, list, u32, u8 } from '../../core/fields.ts';
import { id160 } from '../../core/id160.ts';
import { family, type MessageOf, message } from '../../core/message.ts';
import { WHO_MESSAGES } from '../../core/who.ts';
import { VALUE_MESSAGES } from '../values/index.ts';

/** Links of an entry, at most; a key has no more replicas. */
export const LINKS_MAX = 8;
/** Contacts of one level in an answer: the primary links of all digits, and as many backups as there is room for. */
export const LEVEL_MAX = 64;
/** Roots that a lookup passes over, and dead nodes that it tells of at once. */
export const PASSED_MAX = 8;
export const DEAD_MAX = 8;
/** Servers of an object that one node names, and neighbours that a publisher is told of. */
export const SERVERS_MAX = 8;
export const NEAR_MAX = 16;
/** Newcomers, and contacts for its holes, that a newcomer is told of by one node. */
export const NAMED_MAX = 32;
/** Levels of a watch list. */
const HOLES_MAX = 40;

/**
 * Where a message to that point goes from here, of whose digits `level` are resolved, as though the nodes in `passed` and `dead` did not exist. `objects`:
 * or who serves the object of that name. `near`: so many nodes that are near you are wanted as well.
 */
export const find = message('find', 3, {
  transaction: u32,
  unit: u8,
  level: u8,
  objects: bool,
  near: u8,
  target: id160,
  passed: list(id160, PASSED_MAX),
  dead: list(id160, DEAD_MAX),
});
/** The links of one entry, the nearest first; `level` digits are resolved there. `root`: it is I. Neither: nobody is left. */
export const found = message('found', 4, {
  transaction: u32,
  level: u8,
  root: bool,
  contacts: list(contact, LINKS_MAX),
  servers: list(contact, SERVERS_MAX),
  near: list(contact, NEAR_MAX),
});
/** The links of a level; `back`: and who has links to you, with so many digits in common. */
export const getLevel = message('getLevel', 5, { transaction: u32, unit: u8, level: u8, back: bool });
export const links = message('links', 7, { transaction: u32, contacts: list(contact, LEVEL_MAX) });
/** A beacon, and how newcomers and strangers are looked at: the answer is `pong`. `linked`: I have a link to you. */
export const probe = message('probe', 8, { transaction: u32, unit: u8, sender: contact, linked: bool });
/** I have a link to you from now on, or none any more. */
export const link = message('link', 9, { unit: u8, sender: contact, on: bool });
/** I go. These may take my place in your table. */
export const leaving = message('leaving', 10, { unit: u8, sender: contact, replacements: list(contact, LINKS_MAX) });
/** From a newcomer to its surrogate: tell all who have to know of me. Bit d of hole l: my entry (l, d) has room (the watch list). */
export const insert = message('insert', 11, { transaction: u32, unit: u8, session: u32, newcomer: contact, holes: list(u32, HOLES_MAX) });
/** The acknowledged multicast, to all whose first `level` digits are yours. */
export const spread = message('spread', 12, {
  transaction: u32,
  unit: u8,
  level: u8,
  session: u32,
  newcomer: contact,
  holes: list(u32, HOLES_MAX),
});
/** All below have been reached, so many; not `complete`: but for some that did not answer. */
export const spreadDone = message('spreadDone', 13, { transaction: u32, reached: u32, complete: bool });
/** To a newcomer: the multicast has reached me, and these are for your holes. */
export const greet = message('greet', 20, { transaction: u32, unit: u8, session: u32, sender: contact, named: list(contact, NAMED_MAX) });
export const greeted = message('greeted', 21, { transaction: u32 });
/** An object of that name is at the server, `rttMs` away from you (0xffffffff: unknown), for so long; for 0 ms: no more. */
export const deposit = message('deposit', 22, {
  transaction: u32,
  unit: u8,
  name: id160,
  server: contact,
  rttMs: u32,
  lifeMs: u32,
});
export const deposited = message('deposited', 23, { transaction: u32, taken: bool });
/** Whether you serve an object. */
export const has = message('has', 24, { transaction: u32, unit: u8, name: id160 });
export const serves = message('serves', 25, { transaction: u32, here: bool });

export const tapestryCodec = family(
  'tapestry',
  ...WHO_MESSAGES,
  ...VALUE_MESSAGES,
  find,
  found,
  getLevel,
  links,
  probe,
  link,
  leaving,
  insert,
  spread,
  spreadDone,
  greet,
  greeted,
  deposit,
  deposited,
  has,
  serves,
);

export type TapestryMessage = MessageOf<typeof tapestryCodec>;
