/**
 * Stretches of pieces that one source fetches in one go, in order: the ranges of web seeds (BEP 19). Owned by the picker. Claimed pieces
 * are kept from the peers as long as these have others to ask for; who finds no other takes from the end of a run, so that a slow web
 * seed holds nobody up and a fast peer is never idle for one. That is what BEP 19's gaps are for, without making peers pick worse.
 */

import type { Bitset } from '../../core/bitset.ts';
import type { Random } from '../../core/random.ts';

export interface PieceRun {
  /** The source, as the picker knows it. */
  readonly slot: number;
  /** The piece whose turn comes next, and the one before which the run ends. Peers may take from the end. */
  next: number;
  end: number;
  /** A piece that more peers have than this when its turn comes is left to them: the swarm has got it meanwhile. */
  readonly holdersMax: number;
}

/** What is known of the pieces when a run is chosen. */
export interface RunTerrain {
  readonly pieceCount: number;
  readonly random: Random;
  /** Priority of a piece that may be begun; 0 for all others. */
  freeAt(piece: number): number;
  /** Peers that have the piece, those with everything left out. */
  holdersOf(piece: number): number;
  /** Takes a piece out of what peers may begin, and puts it back. */
  claim(piece: number): void;
  unclaim(piece: number): void;
}

export interface RunWish {
  readonly slot: number;
  readonly piecesMax: number;
  /** Where the source's last run ended: it goes on there if that is as good as elsewhere. -1: nowhere. */
  readonly cursor: number;
  /** Pieces that the source cannot bring. */
  readonly barred: Bitset | null;
  /** `rarest`: what the swarm lacks, longest stretch first. `first`: the first piece there is. `all`: from the first to the last. */
  readonly order: 'rarest' | 'first' | 'all';
  /** Where `first` and `all` begin to look. */
  readonly from: number;
  /** Others fetch the same content, perhaps from the same source: whoever begins where they do has nothing to trade with them. */
  readonly company: boolean;
  /** A piece counts as rare that has so many more holders than the rarest: BEP 19's X. */
  readonly slack: number;
}

export class PieceRuns {
  private readonly terrain: RunTerrain;
  private readonly runs = new Set<PieceRun>();

  constructor(terrain: RunTerrain) {
    this.terrain = terrain;
  }

  get size(): number {
    return this.runs.size;
  }

  /** Null when no piece can be begun. O(pieces), once for many of them. */
  claim(wish: RunWish): PieceRun | null {
    const stretch = wish.order === 'rarest' ? this.rareStretch(wish) : this.firstStretch(wish);
    if (stretch === null) return null;
    const run = { slot: wish.slot, next: stretch.first, end: stretch.end, holdersMax: stretch.holdersMax };
    for (let piece = run.next; piece < run.end; piece++) if (this.priority(wish, piece) > 0) this.terrain.claim(piece);
    this.runs.add(run);
    return run;
  }

  /** What is left of the run is anybody's. */
  release(run: PieceRun): void {
    if (!this.runs.delete(run)) return;
    for (let piece = run.next; piece < run.end; piece++) this.terrain.unclaim(piece);
  }

  /** So many pieces are left of the run at most; those behind are anybody's. */
  shorten(run: PieceRun, piecesMax: number): void {
    const { end } = run;
    if (end - run.next <= piecesMax) return;
    run.end = run.next + piecesMax;
    for (let piece = run.end; piece < end; piece++) this.terrain.unclaim(piece);
  }

  /** A peer that has these pieces has nothing to do: one piece at the end of the longest run that has one for it becomes free. */
  giveWay(have: Bitset): boolean {
    const byLength = [...this.runs].sort((a, b) => b.end - b.next - (a.end - a.next));
    for (const run of byLength) {
      for (let piece = run.end - 1; piece >= run.next; piece--) {
        if (!have.has(piece)) continue;
        const { end } = run;
        run.end = piece;
        let freed = false;
        for (let each = piece; each < end; each++) {
          this.terrain.unclaim(each);
          freed ||= this.terrain.freeAt(each) > 0 && have.has(each);
        }
        if (freed) return true;
      }
    }
    return false;
  }

  /** The source whose run has claimed the piece and not come to it; -1 when there is none. */
  claimant(piece: number): number {
    for (const run of this.runs) if (piece >= run.next && piece < run.end) return run.slot;
    return -1;
  }

  private priority(wish: RunWish, piece: number): number {
    return wish.barred?.has(piece) === true ? 0 : this.terrain.freeAt(piece);
  }

  private firstStretch(wish: RunWish): Stretch | null {
    let first = -1;
    let end = -1;
    for (let piece = wish.from; piece < this.terrain.pieceCount; piece++) {
      const free = this.priority(wish, piece) > 0;
      if (free && first < 0) first = piece;
      if (free) end = piece + 1;
      if (first >= 0 && wish.order === 'first' && (!free || piece + 1 - first >= wish.piecesMax)) break;
    }
    return first < 0 ? null : { first, end, holdersMax: Number.POSITIVE_INFINITY };
  }

  /** Among the pieces of the highest priority, those that the fewest have: there the cursor if it is on one, else the longest stretch. */
  private rareStretch(wish: RunWish): Stretch | null {
    const { pieceCount, random } = this.terrain;
    let top = 0;
    let rarest = Number.POSITIVE_INFINITY;
    for (let piece = 0; piece < pieceCount; piece++) {
      const priority = this.priority(wish, piece);
      if (priority === 0 || priority < top) continue;
      const holders = this.terrain.holdersOf(piece);
      rarest = priority > top ? holders : Math.min(rarest, holders);
      top = priority;
    }
    if (top === 0) return null;
    const holdersMax = rarest + wish.slack;
    const isRare = (piece: number): boolean => this.priority(wish, piece) === top && this.terrain.holdersOf(piece) <= holdersMax;
    const endFrom = (first: number): number => {
      let end = first;
      while (end < pieceCount && end - first < wish.piecesMax && isRare(end)) end++;
      return end;
    };
    if (wish.cursor >= 0 && wish.cursor < pieceCount && isRare(wish.cursor))
      return { first: wish.cursor, end: endFrom(wish.cursor), holdersMax };
    let longest = { first: 0, end: 0 };
    for (let piece = 0; piece < pieceCount; piece++) {
      if (!isRare(piece)) continue;
      const first = piece;
      while (piece < pieceCount && isRare(piece)) piece++;
      if (piece - first > longest.end - longest.first) longest = { first, end: piece };
    }
    const first = wish.company ? longest.first + random.below(longest.end - longest.first) : longest.first;
    return { first, end: endFrom(first), holdersMax };
  }
}

interface Stretch {
  readonly first: number;
  readonly end: number;
  readonly holdersMax: number;
}
