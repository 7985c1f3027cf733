/** A file whose size no link tells: what those who have it say. Owns one search. */

import { Failure } from '../failure.ts';
import type { FileWish } from './file-wish.ts';
import type { SearchNetwork } from './search-network.ts';
import { SearchRoom } from './search-room.ts';
import { WAIT_MS_DEFAULT } from './search-wish.ts';

export type SizedWish = FileWish & { readonly bytes: number };

/** A few are enough to know it by. */
const ROWS_ENOUGH = 3;

/** The size that most holders tell, with those holders. Rejects with a Failure when nobody does. */
export async function sizedWish(wish: FileWish, networks: readonly SearchNetwork[], signal: AbortSignal): Promise<SizedWish> {
  const { bytes } = wish;
  if (bytes !== null) return { ...wish, bytes };
  const request = { words: [], hashes: wish.hashes, limit: 100 };
  const room = new SearchRoom(
    0,
    { text: wish.name, request, browse: null, networks: null, waitMs: WAIT_MS_DEFAULT, enough: ROWS_ENOUGH },
    networks,
  );
  for await (const _ of room.follow(0, signal));
  room.stop('Enough.');
  const [best] = room.groups.ranked();
  if (best !== undefined) return { ...wish, bytes: best.bytes, hits: [...wish.hits, ...best.hits] };
  throw new Failure(
    room.reached ? 'not-found' : 'unreachable',
    `Nobody was found who has ${wish.name}.`,
    'The link does not tell its size, so that it has to be asked for.',
    'Try again later, or use a link with xl=BYTES.',
  );
}
