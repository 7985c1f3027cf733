/** One question to the piece picker: who is to be asked, for how many blocks, and what kind of peer it is. Owned by the call that makes it. */

import type { Bitset } from '../../core/bitset.ts';
import type { BlockRequest } from './block.ts';
import type { Haste } from './haste.ts';

export interface PickAsk {
  readonly slot: number;
  readonly have: Bitset;
  readonly out: BlockRequest[];
  /** `out` may grow to this. */
  readonly limit: number;
  readonly now: number;
  /** The peer's window holds a whole piece; it holds only a small part of one. */
  readonly fast: boolean;
  readonly slow: boolean;
  readonly haste: Haste;
}
