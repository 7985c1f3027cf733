/** What sites say to each other about updates, declared. A call carries a transaction and the round it belongs to; its answer repeats the transaction. */

import { bool, list, u8, u32 } from '../../core/fields.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';
import { update, updateHeader } from './update.ts';

/** In one call. A thousand hot rumours take several rounds. */
export const TOLD_MAX = 32;
/** What is told in one message stays below this, whatever its number: then no link cuts it up. */
export const TOLD_BYTES_MAX = 1_200;

/** `counter`: how cold it is for the one who tells it. */
const told = record({ update, counter: u8 });

/** Here is what is hot with me; and, if `asks`, what is with you? */
export const call = message('call', 1, { transaction: u32, round: u32, asks: bool, told: list(told, TOLD_MAX) });
/** Bit i: you told me something that I knew; `counters` are mine of those, 255: cold or unknown. */
export const answer = message('answer', 2, {
  transaction: u32,
  knew: u32,
  counters: list(u8, TOLD_MAX),
  told: list(told, TOLD_MAX),
});
/** Of what was told in the answer. */
export const feedback = message('feedback', 3, { transaction: u32, knew: u32 });
/** I have taken as many calls as I take in a round. */
export const busy = message('busy', 4, { transaction: u32 });
/** The newest that I have, from the one numbered `skipped` on; `checksum` is over all. */
export const compare = message('compare', 5, {
  transaction: u32,
  checksum: u32,
  skipped: u32,
  headers: list(updateHeader, TOLD_MAX),
});
/** `same`: our checksums agree. Bit i: I lack what you have there; `updates` are what you lack. */
export const compared = message('compared', 6, { transaction: u32, same: bool, wanted: u32, updates: list(update, TOLD_MAX) });
export const give = message('give', 7, { updates: list(update, TOLD_MAX) });

export const rumourCodec = family('rumours', call, answer, feedback, busy, compare, compared, give);

export type RumourMessage = MessageOf<typeof rumourCodec>;
export type Told = MessageOf<typeof call>['told'][number];
