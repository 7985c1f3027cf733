/**
 * Kelips's messages, declared. Requests carry a transaction and the place they are for, which is 0; whoever answers repeats the transaction. Who is
 * there, and keys, are those of all overlays.
 */

import { contact } from '../../core/contact.ts';
import { bool, list, u16, u32, u8 } from '../../core/fields.ts';
import { id160 } from '../../core/id160.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';
import { WHO_MESSAGES } from '../../core/who.ts';
import { VALUE_MESSAGES } from '../values/index.ts';

/** One gossip message tells at most so much, whatever the rations. */
export const ENTRIES_MAX = 32;
export const TUPLES_MAX = 16;
/** Nodes in one answer. */
export const NAMED_MAX = 32;
/** A walk that was not to end would end then. */
export const WALK_HOPS_MAX = 128;

/** A node and the last heartbeat of it that the sender has heard of. */
const entry = record({ contact, heartbeat: u32 });
/** A key and who holds it (the paper's filetuple). Its heartbeats come from the holder. */
const tuple = record({ key: id160, home: contact, heartbeat: u32 });

/** A round's news. `sender` is alive, with that heartbeat. `groups`: how many there are, for it as for all. */
export const gossip = message('gossip', 3, {
  unit: u8,
  groups: u16,
  sender: contact,
  heartbeat: u32,
  entries: list(entry, ENTRIES_MAX),
  tuples: list(tuple, TUPLES_MAX),
});
/** Who holds a key of your group; or, of another group, who in that group may be asked. */
export const find = message('find', 4, { transaction: u32, unit: u8, want: u8, target: id160 });
/** `isOwn`: the key is of the group of the one who answers, and these are its holders; else members of the key's group. */
export const found = message('found', 5, { transaction: u32, isOwn: u8, contacts: list(contact, NAMED_MAX) });
/** What a newcomer begins with: whom you know, of its group first. */
export const getViews = message('getViews', 7, { transaction: u32, unit: u8, sender: contact });
export const views = message('views', 8, { transaction: u32, groups: u16, entries: list(entry, ENTRIES_MAX) });
export const leaving = message('leaving', 9, { unit: u8, sender: contact });
/** A file's name on its walk through its group, with so many steps still to go; `seeks`: it ends where a filetuple is, otherwise it makes a home. */
export const walk = message('walk', 10, { unit: u8, question: u32, seeks: bool, key: id160, steps: u8, hops: u8, origin: contact });
/** What has come of it, to its origin. */
export const walked = message('walked', 11, { question: u32, hops: u8, homes: list(contact, NAMED_MAX) });

export const kelipsCodec = family(
  'kelips',
  ...WHO_MESSAGES,
  ...VALUE_MESSAGES,
  gossip,
  find,
  found,
  getViews,
  views,
  leaving,
  walk,
  walked,
);

export type KelipsMessage = MessageOf<typeof kelipsCodec>;
export type GossipEntry = MessageOf<typeof gossip>['entries'][number];
export type GossipTuple = MessageOf<typeof gossip>['tuples'][number];
