/**
 * CAN's messages, declared. Requests carry a transaction and the reality they are for; whoever answers repeats the transaction. Who is there, and
 * keys, are those of all overlays.
 */

import { contact } from '../../core/contact.ts';
import { bool, list, optional, u32, u8 } from '../../core/fields.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';
import { WHO_MESSAGES } from '../../core/who.ts';
import { VALUE_MESSAGES } from '../values/index.ts';
import { claim } from './claim.ts';
import { point } from './point.ts';
import { zone } from './zone.ts';

/** Zones of one node in one message: it has one, and for a while those that it took over. */
export const CLAIMS_MAX = 32;
/** Neighbours in one message: what fits into a packet with IPv4. */
export const NEAR_MAX = 32;
/** Nodes that share a zone. */
export const PEERS_MAX = 16;
/** Neighbours nearer to a point in one answer: the best, and who to ask when it is dead. */
export const CLOSER_COUNT = 3;
export const HINTS_MAX = 8;

/** Somebody, and where it is as far as is known. */
const named = record({ contact, zones: list(zone, CLAIMS_MAX) });

/** Who is nearer to the point than you: up to `width` nodes, with `wide` also those that are not. `any`: in whichever reality. */
export const find = message('find', 3, { transaction: u32, unit: u8, any: bool, wide: bool, width: u8, target: point });
/** `peers` share the zone that has the point, the one who answers among them; none: it is another's. */
export const found = message('found', 4, { transaction: u32, peers: list(contact, PEERS_MAX), closer: list(named, NEAR_MAX) });
/** I want a part of the zone that has the point. `direct`: of yours, not of a larger one next to it. */
export const split = message('split', 5, { transaction: u32, unit: u8, sender: contact, direct: bool, target: point });
export const granted = message('granted', 7, { transaction: u32, claim, near: list(named, NEAR_MAX) });
/** Ask that one, whose zone is larger. */
export const elsewhere = message('elsewhere', 8, { transaction: u32, next: contact, zone });
/** Not now, or not here. */
export const refused = message('refused', 9, { transaction: u32 });
/** My zones; tell me yours, and your neighbours. Asked periodically, it is the UPDATE of the paper with an answer. */
export const exchange = message('exchange', 10, { transaction: u32, unit: u8, sender: contact, claims: list(claim, CLAIMS_MAX) });
export const state = message('state', 11, { transaction: u32, claims: list(claim, CLAIMS_MAX), near: list(named, NEAR_MAX) });
/** My zones have changed; TAKEOVER is this, to the neighbours of who is dead. */
export const update = message('update', 12, { unit: u8, sender: contact, claims: list(claim, CLAIMS_MAX) });
export const leaving = message('leaving', 13, { unit: u8, sender: contact });
/** This zone of mine is to be yours. */
export const give = message('give', 20, { transaction: u32, unit: u8, sender: contact, claim });
export const taken = message('taken', 21, { transaction: u32, accepted: bool });
/** Could you take that zone, since your own and its sibling may become one? */
export const reassign = message('reassign', 22, { transaction: u32, unit: u8, zone });
/** `next`: ask that one, deeper in the tree. */
export const reassigned = message('reassigned', 23, { transaction: u32, ready: bool, next: optional(contact) });
/** Somebody claims what you claim. */
export const hint = message('hint', 24, { unit: u8, contacts: list(contact, HINTS_MAX) });
/** Our zone is split: who of us has which half. */
export const divide = message('divide', 25, { unit: u8, sender: contact, from: claim, lower: list(contact, PEERS_MAX) });

export const canCodec = family(
  'can',
  ...WHO_MESSAGES,
  ...VALUE_MESSAGES,
  find,
  found,
  split,
  granted,
  elsewhere,
  refused,
  exchange,
  state,
  update,
  leaving,
  give,
  taken,
  reassign,
  reassigned,
  hint,
  divide,
);

export type CanMessage = MessageOf<typeof canCodec>;
export type Named = MessageOf<typeof found>['closer'][number];
