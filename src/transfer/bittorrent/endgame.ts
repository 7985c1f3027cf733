/** Endgame (Cohen 2003, §2.4.4): which blocks that others were asked for to ask of one peer more; owns no state. */

import type { Bitset } from '../../core/bitset.ts';
import type { PartialPiece } from './partial-piece.ts';

/** Peers that are asked for one block at the same time, at most. */
export const ENDGAME_COPIES_MAX = 3;
/** A request this young is not doubled: its block is probably on its way, and a seed's upload is what a swarm has least of. */
export const ENDGAME_AGE_MS = 500;
/** The same for what somebody waits for and slow peers hold. */
const LAGGARD_AGE_MS = 200;
/** Copies asked for in one go. */
export const ENDGAME_BLOCKS_MAX = 16;

export interface CopyableBlock {
  readonly partial: PartialPiece;
  readonly block: number;
  /** When it was last asked for. */
  readonly sinceMs: number;
}

/**
 * Up to `count` blocks that the peer may be asked for too, the oldest requests first: who holds those is slow or gone. Where it is
 * known who that is (`laggards`), theirs alone, and sooner.
 */
export function oldestCopyable(
  partials: Iterable<PartialPiece>,
  slot: number,
  have: Bitset,
  count: number,
  now: number,
  laggards: ReadonlySet<number> | null = null,
): CopyableBlock[] {
  const oldest: CopyableBlock[] = [];
  const ageMs = laggards === null ? ENDGAME_AGE_MS : LAGGARD_AGE_MS;
  for (const partial of partials) {
    if (partial.requests === 0 || partial.exclusive || !have.has(partial.piece)) continue;
    for (let block = 0; block < partial.blocks; block++) {
      if (laggards?.has(partial.holder(block)) === false) continue;
      const sinceMs = partial.copyableSince(slot, block, ENDGAME_COPIES_MAX);
      if (sinceMs <= now - ageMs) insert(oldest, { partial, block, sinceMs }, count);
    }
  }
  return oldest;
}

function insert(oldest: CopyableBlock[], copyable: CopyableBlock, count: number): void {
  let at = oldest.length;
  while (at > 0 && (oldest[at - 1] as CopyableBlock).sinceMs > copyable.sinceMs) at--;
  if (at >= count) return;
  oldest.splice(at, 0, copyable);
  if (oldest.length > count) oldest.pop();
}
