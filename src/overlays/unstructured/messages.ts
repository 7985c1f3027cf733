/** The messages of searches in an unstructured network: datagrams of a format of our own, since the papers compared here give none. */

import { bool, endpoint, fixed, list, text, u16, u32, u64, u8 } from '../../core/fields.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';

const SHA1_BYTES = 20;
const NAME_BYTES_MAX = 255;
const WORDS_BYTES_MAX = 255;
/** Of one answer. */
export const OTHERS_MAX = 4;
/** Of one message: what a datagram carries without being cut. */
export const FILES_MAX = 4;

const found = record({ name: text(NAME_BYTES_MAX), bytes: u64, sha1: fixed(SHA1_BYTES) });

/** How a query goes on from a node: to all links; to one; by chance over each link; to some. */
export const Mode = { flood: 0, walk: 1, percolate: 2, gossip: 3, implant: 4 } as const;
const MODE_MAX = 4;

/** `search` is drawn by who asks, `round` tells its attempts apart, `walker` its walkers. `ttl`: hops left. */
export const query = message('query', 1, {
  search: u32,
  round: u8,
  mode: bounded(MODE_MAX),
  walker: u8,
  ttl: u16,
  hops: u16,
  origin: endpoint,
  words: text(WORDS_BYTES_MAX),
});
/** Straight to the origin. `holder` is not the sender where that only knows of it. */
export const hit = message('hit', 2, { search: u32, hops: u16, holder: endpoint, files: list(found, FILES_MAX) });
/** A walker asks the origin whether it is still wanted. */
export const check = message('check', 3, { search: u32, walker: u8 });
export const checked = message('checked', 4, { search: u32, walker: u8, wanted: bool });
/** What a node shares, left with those on a random walk. */
export const pointer = message('pointer', 5, { ttl: u16, holder: endpoint, files: list(found, FILES_MAX) });
/** On a random walk: where it ends, the newcomer gets a link. */
export const seek = message('seek', 6, { ttl: u8, newcomer: endpoint });
/** We are linked from now on; answered by `alive`. */
export const link = message('link', 7, {});
export const ping = message('ping', 8, {});
/** With some of those that the sender is linked to: whom to ask when all neighbours have gone. */
export const alive = message('alive', 9, { others: list(endpoint, OTHERS_MAX) });
export const unlink = message('unlink', 10, {});

export const unstructuredCodec = family('unstructured', query, hit, check, checked, pointer, seek, link, ping, alive, unlink);

export type UnstructuredMessage = MessageOf<typeof unstructuredCodec>;
export type Query = MessageOf<typeof query>;
export type FoundFile = MessageOf<typeof hit>['files'][number];

function bounded(max: number): typeof u8 {
  return { ...u8, random: (random) => random.below(max + 1) };
}
