/**
 * A piece of BitTorrent v2 has failed: which of its blocks are bad (BEP 52). Peers are asked for the hashes of its blocks, one after the
 * other; the root of the piece tells whether they are the right ones, so that anybody may answer. Owned by the hash exchange.
 */

import { equalBytes } from '../../core/bytes.ts';
import { differingLeaves, merkleRoot } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { type HashRange } from './hash-messages.ts';
import { sameRange } from './layer-download.ts';

/** Peers that are asked before the piece is fetched anew as a whole. */
const ASKED_MAX = 3;
/** Who has not answered by then is not waited for. */
export const TRIAL_TIMEOUT_MS = 4_000;

/** Who wants to know which blocks of a failed piece are bad. */
export interface Blame {
  /** All blocks came from one peer: no need to ask which of them are bad. */
  readonly sole: boolean;
  /** The numbers of the bad blocks, ascending; null when nobody could tell. */
  onVerdict(piece: number, badBlocks: readonly number[] | null): void;
}

export class LeafTrial {
  readonly piece: number;
  readonly range: HashRange;
  readonly blame: Blame;
  private readonly leaves: Uint8Array;
  private readonly root: Uint8Array;
  private readonly asked = new Set<number>();
  private slot = -1;
  private askedAtMs = 0;

  /** `leaves` are those of the blocks that came, `root` that of the piece. */
  constructor(piece: number, range: HashRange, leaves: Uint8Array, root: Uint8Array, blame: Blame) {
    this.piece = piece;
    this.range = range;
    this.leaves = leaves;
    this.root = root;
    this.blame = blame;
  }

  /** Whether one more peer may be asked, and this one has not been. */
  mayAsk(slot: number): boolean {
    return this.asked.size < ASKED_MAX && !this.asked.has(slot);
  }

  ask(slot: number, now: number): void {
    this.asked.add(slot);
    this.slot = slot;
    this.askedAtMs = now;
  }

  isAsked(slot: number, range: HashRange): boolean {
    return this.slot === slot && sameRange(this.range, range);
  }

  isLate(now: number): boolean {
    return now - this.askedAtMs >= TRIAL_TIMEOUT_MS;
  }

  isWaitingFor(slot: number): boolean {
    return this.slot === slot;
  }

  /** The blocks that are bad by these hashes; null when they are not those of the piece. */
  judge(hashes: Uint8Array): readonly number[] | null {
    if (hashes.length !== this.range.count * SHA256_BYTES) return null;
    if (!equalBytes(merkleRoot(hashes, 0, this.range.count), this.root)) return null;
    return differingLeaves(this.leaves, hashes);
  }
}
