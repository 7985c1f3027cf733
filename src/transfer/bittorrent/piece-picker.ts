/**
 * Decides which blocks to ask of which peer: strict priority within a piece, random first pieces, then rarest first, endgame
 * (Cohen 2003, §2.4; BEP 3). Owns the availability counts, the pieces on their way and who was asked for what.
 *
 * Strict priority has one exception: a peer whose window holds a whole piece begins one of its own instead of helping with
 * somebody else's, so that a piece has one sender as a rule and a bad one is known at once. Slow peers share.
 */

import { Bitset } from '../../core/bitset.ts';
import type { Random } from '../../core/random.ts';
import type { BlockRequest, PieceGeometry } from './block.ts';
import { ENDGAME_BLOCKS_MAX, oldestCopyable } from './endgame.ts';
import { NO_HASTE } from './haste.ts';
import { NOBODY, type PartialPiece } from './partial-piece.ts';
import { PartialPieces, PRIORITY_MAX } from './partial-pieces.ts';
import { type PieceDeadline, PieceDeadlines } from './piece-deadlines.ts';
import { type PieceAvailability, PieceRarity } from './piece-rarity.ts';
import { type PieceRun, PieceRuns, type RunTerrain, type RunWish } from './piece-runs.ts';
import type { PickAsk } from './pick-ask.ts';
import type { PieceOrder } from './torrent-status.ts';

export const PRIORITY_DEFAULT = 4;
/** Until so many pieces are here, any piece will do: a rare one comes slowly, and nobody trades with who has nothing. */
export const RANDOM_FIRST_PIECES = 4;
/** Pieces with free blocks, per peer with requests in flight; beyond that peers share. */
const PARTIALS_PER_PEER = 1.5;
/** Gathered blocks cost memory until their piece is whole: beyond this much peers share. */
const PARTIAL_BYTES_MAX = 64 << 20;
/** A peer whose window is less than this part of a piece would hold it for long: it shares with some like it. */
const SLOW_SHARE = 1 / 16;
const SLOW_SHARERS_MAX = 8;
/** In sequential mode pieces are taken in order as far as this ahead, and rarest first beyond. */
const SEQUENTIAL_WINDOW_BYTES = 32 << 20;
const SEQUENTIAL_WINDOW_PIECES_MIN = 8;
/** What a web seed is about to bring is left to it until it is late by so much. */
const CLAIM_GRACE_MS = 1000;

export interface ReceiveOutcome {
  /** False: the block was here already. */
  fresh: boolean;
  /** All blocks of the piece are here: have it verified. */
  pieceDone: boolean;
  /** The other peers that were asked for the block: send them CANCEL. Valid until the next call. */
  readonly others: number[];
}

export class PiecePicker implements RunTerrain {
  order: PieceOrder = 'rarest';
  readonly pieceCount: number;
  readonly random: Random;
  /** Peers counted, those with everything included. */
  private peers = 0;
  readonly runs = new PieceRuns(this);
  private readonly geometry: PieceGeometry;
  private readonly have: Bitset;
  /** Pieces that are wanted and not verified: what makes a peer interesting. */
  private readonly wanted: Bitset;
  private readonly priorities: Uint8Array;
  private readonly rarity: PieceRarity;
  private readonly deadlines = new PieceDeadlines();
  private readonly partials: PartialPieces;
  /** Pieces that have failed their hash and not passed since. */
  private readonly failed = new Set<number>();
  private readonly outcome: ReceiveOutcome = { fresh: false, pieceDone: false, others: [] };
  private readonly sequentialPieces: number;
  /** Where the last interesting piece was found: the next scan begins there. */
  private interestHint = 0;

  constructor(geometry: PieceGeometry, random: Random) {
    const { pieceCount } = geometry;
    this.pieceCount = pieceCount;
    this.random = random;
    this.geometry = geometry;
    this.have = new Bitset(pieceCount);
    this.wanted = new Bitset(pieceCount);
    this.wanted.fill();
    this.priorities = new Uint8Array(pieceCount).fill(PRIORITY_DEFAULT);
    this.partials = new PartialPieces(geometry, this.priorities);
    this.rarity = new PieceRarity(pieceCount, this.priorities, random);
    this.sequentialPieces = Math.max(SEQUENTIAL_WINDOW_PIECES_MIN, Math.ceil(SEQUENTIAL_WINDOW_BYTES / geometry.pieceBytes));
  }

  // ---- who has what --------------------------------------------------------------------------------------------------------

  peerHave(piece: number): void {
    this.rarity.increase(piece);
  }

  peerLost(piece: number): void {
    this.rarity.decrease(piece);
  }

  addPeer(have: Bitset): void {
    this.peers++;
    this.rarity.addPeer(have);
  }

  removePeer(have: Bitset): void {
    this.peers--;
    this.rarity.removePeer(have);
  }

  addSeed(): void {
    this.peers++;
    this.rarity.seeds++;
  }

  removeSeed(): void {
    this.peers--;
    this.rarity.seeds--;
  }

  /** Others are loading too. */
  get hasCompany(): boolean {
    return this.peers > this.rarity.seeds;
  }

  /** Peers that have the piece. */
  availabilityOf(piece: number): number {
    return this.rarity.availabilityOf(piece);
  }

  /** O(pieces); for people to look at. */
  availability(): PieceAvailability {
    return this.rarity.summary();
  }

  // ---- what is wanted ------------------------------------------------------------------------------------------------------

  get haveCount(): number {
    return this.have.count;
  }

  /** Wanted pieces that are not verified. */
  get missingPieces(): number {
    return this.wanted.count;
  }

  /** All that is wanted is here. */
  get finished(): boolean {
    return this.wanted.count === 0;
  }

  isInteresting(piece: number): boolean {
    return this.wanted.has(piece);
  }

  /** True when the peer has anything that is wanted and not verified. */
  wantsFrom(have: Bitset): boolean {
    const theirs = have.bytes;
    const ours = this.wanted.bytes;
    if (this.wanted.count === 0 || have.count === 0) return false;
    if (have.full) return true;
    for (let step = 0, at = this.interestHint; step < ours.length; step++) {
      if (((ours[at] as number) & (theirs[at] as number)) !== 0) {
        this.interestHint = at;
        return true;
      }
      at = at + 1 === ours.length ? 0 : at + 1;
    }
    return false;
  }

  priorityOf(piece: number): number {
    return this.priorities[piece] as number;
  }

  /** 0: not wanted, 7: first of all. Requests in flight are left alone. */
  setPriority(piece: number, priority: number): void {
    if (!(priority >= 0 && priority <= PRIORITY_MAX)) throw new RangeError(`expected a priority of 0 to ${PRIORITY_MAX}, got ${priority}`);
    if (priority === this.priorities[piece]) return;
    const partial = this.partials.get(piece);
    const claimed = this.runs.claimant(piece) >= 0;
    if (partial !== undefined) this.partials.tighten(partial);
    this.rarity.remove(piece);
    this.priorities[piece] = priority;
    if (this.have.has(piece)) return;
    if (priority === 0) this.wanted.delete(piece);
    else this.wanted.add(piece);
    if (partial !== undefined) this.partials.loosen(partial);
    else if (!claimed) this.rarity.insert(piece);
  }

  /** These pieces are needed at a certain time, and no others: they go before all, earliest first. What is not wanted is left out. */
  setDeadlines(deadlines: readonly PieceDeadline[]): void {
    this.deadlines.replace(deadlines.filter(({ piece }) => this.wanted.has(piece)));
  }

  get hasDeadlines(): boolean {
    return this.deadlines.list.length > 0;
  }

  /** The first piece that is needed by then and that nobody is fetching; -1 when there is none. */
  unservedBy(atMs: number, barred: Bitset | null): number {
    return this.deadlines.first(atMs, (piece) => {
      const partial = this.partials.get(piece);
      const isServed = partial !== undefined && (partial.requests > 0 || partial.free === 0);
      return !isServed && this.wanted.has(piece) && barred?.has(piece) !== true;
    });
  }

  // ---- picking -------------------------------------------------------------------------------------------------------------

  /** Appends up to `count` blocks to ask of the peer at `slot`, which has `have`. They count as asked for from now on. */
  pick(slot: number, have: Bitset, count: number, out: BlockRequest[], now: number, haste = NO_HASTE): void {
    const windowBlocks = count + (this.partials.requests.get(slot) ?? 0);
    const fast = windowBlocks >= this.geometry.blocksPerPiece;
    const slow = windowBlocks < this.geometry.blocksPerPiece * SLOW_SHARE;
    const ask: PickAsk = { slot, have, out, limit: out.length + count, now, fast, slow, haste };
    const before = out.length;
    if (this.hasDeadlines) this.pickUrgent(ask);
    this.pickByPriority(ask);
    // Nothing else is left for it: what a web seed would come to last is its to have, if it is fast or has nothing to do at all.
    if (fast || !this.partials.requests.has(slot)) this.pickFromRuns(ask);
    if (out.length === before && !this.partials.requests.has(slot) && this.isEndgame()) this.pickCopies(ask, this.partials.all(), null);
  }

  /** Like `pick`, of this piece alone. True when it has no free blocks left, or is not to be fetched. */
  pickPiece(slot: number, piece: number, count: number, out: BlockRequest[], now: number): boolean {
    if (!this.wanted.has(piece)) return true;
    const partial = this.partials.get(piece) ?? this.open(piece);
    if (!mayServe(partial, slot)) return true;
    this.partials.take(partial, slot, count, now, out);
    const exhausted = partial.free === 0;
    this.closeIfEmpty(partial);
    return exhausted;
  }

  private pickByPriority(ask: PickAsk): void {
    for (let priority = PRIORITY_MAX; priority > 0 && ask.out.length < ask.limit; priority--) {
      if (this.partials.hasLoose(priority) || this.rarity.size(priority) !== 0) this.pickLevel(ask, priority);
    }
  }

  private pickFromRuns(ask: PickAsk): void {
    while (this.runs.size > 0 && ask.out.length < ask.limit && this.runs.giveWay(ask.have)) this.pickByPriority(ask);
  }

  private pickUrgent(ask: PickAsk): void {
    const { haste } = ask;
    for (const { piece, atMs } of this.deadlines.list) {
      if (ask.out.length >= ask.limit) return;
      if (!this.wanted.has(piece) || !ask.have.has(piece)) continue;
      const claimant = this.runs.claimant(piece);
      if (claimant >= 0 && !haste.laggards.has(claimant) && ask.now < atMs + CLAIM_GRACE_MS) continue;
      // It could be too late from this one: others, who are in time, are not made to wait for its blocks.
      if (ask.now + 2 * haste.delayMs > atMs && haste.rivals.some((theirs) => theirs.has(piece))) continue;
      const partial = this.partials.get(piece) ?? this.open(piece);
      if (partial.verifying) continue;
      if (mayServe(partial, ask.slot)) this.take(ask, partial);
      // Too late already: the player waits, which is worse than a block that comes twice.
      if (ask.now >= atMs) this.pickCopies(ask, [partial], haste.laggards);
    }
  }

  private pickLevel(ask: PickAsk, priority: number): void {
    const { out, limit } = ask;
    this.pickLoose(ask, priority, Rank.orphan);
    if (out.length < limit && this.sharesFirst(ask))
      this.pickLoose(ask, priority, Rank.shared + (ask.slow ? SLOW_SHARERS_MAX - 1 : Number.POSITIVE_INFINITY));
    if (out.length < limit) this.pickFresh(ask, priority);
    if (out.length < limit) this.pickLoose(ask, priority, Number.POSITIVE_INFINITY);
  }

  /** Whether the peer helps with pieces that others are fetching before it begins one. */
  private sharesFirst(ask: PickAsk): boolean {
    if (this.partials.bytes >= PARTIAL_BYTES_MAX) return true;
    if (ask.fast) return false;
    if (ask.slow || this.have.count < RANDOM_FIRST_PIECES) return true;
    return this.partials.loose.length >= Math.ceil((this.partials.requests.size + 1) * PARTIALS_PER_PEER);
  }

  private pickLoose(ask: PickAsk, priority: number, rankMax: number): void {
    while (ask.out.length < ask.limit && this.partials.hasLoose(priority)) {
      const partial = this.bestLoose(ask, priority, rankMax);
      if (partial === null) return;
      this.take(ask, partial);
    }
  }

  /** Own pieces first, then those that nobody is working on, then those that the fewest are. */
  private bestLoose(ask: PickAsk, priority: number, rankMax: number): PartialPiece | null {
    let best: PartialPiece | null = null;
    let bestRank = rankMax;
    for (const partial of this.partials.loose) {
      if (this.priorities[partial.piece] !== priority || !ask.have.has(partial.piece) || !mayServe(partial, ask.slot)) continue;
      const rank =
        partial.owner === ask.slot || partial.requestsOf(ask.slot) > 0
          ? Rank.own
          : partial.requests === 0
            ? Rank.orphan
            : Rank.shared + partial.peers - 1;
      if (rank < bestRank || (best === null && rank <= bestRank)) {
        best = partial;
        bestRank = rank;
      }
    }
    return best;
  }

  private pickFresh(ask: PickAsk, priority: number): void {
    const scan = this.rarity.scan(priority, ask.have);
    while (ask.out.length < ask.limit) {
      let piece = NOBODY;
      if (this.order === 'sequential') piece = this.rarity.firstWithin(priority, ask.have, this.sequentialPieces);
      else if (this.order === 'random' || this.have.count < RANDOM_FIRST_PIECES) piece = this.rarity.anyAtRandom(priority, ask.have);
      if (piece === NOBODY) piece = scan.next();
      if (piece === NOBODY) return;
      this.take(ask, this.open(piece));
    }
  }

  private take(ask: PickAsk, partial: PartialPiece): void {
    this.partials.take(partial, ask.slot, ask.limit - ask.out.length, ask.now, ask.out);
  }

  /** Every wanted block that anybody could send has been asked for. */
  private isEndgame(): boolean {
    for (const partial of this.partials.loose) if (this.rarity.availabilityOf(partial.piece) > 0) return false;
    return !this.rarity.hasAvailable();
  }

  /** Asks for blocks that others were asked for. */
  private pickCopies(ask: PickAsk, partials: Iterable<PartialPiece>, laggards: ReadonlySet<number> | null): void {
    const room = Math.min(ENDGAME_BLOCKS_MAX, ask.limit - ask.out.length);
    const wanted = [...partials].filter((partial) => this.wanted.has(partial.piece));
    for (const { partial, block } of oldestCopyable(wanted, ask.slot, ask.have, room, ask.now, laggards)) {
      this.partials.copy(partial, block, ask.slot, ask.now);
      ask.out.push({ piece: partial.piece, block });
    }
  }

  // ---- runs of pieces ------------------------------------------------------------------------------------------------------

  /** Pieces for a source that brings many in a row; null when none can be begun. See `PieceRuns`. */
  claimRun(wish: Omit<RunWish, 'order' | 'from' | 'company' | 'slack'> & { hurriedMax: number }, inOneGo: boolean): PieceRun | null {
    const urgent = inOneGo ? NOBODY : this.unservedBy(Number.POSITIVE_INFINITY, wish.barred);
    const order = inOneGo ? 'all' : this.order === 'sequential' ? 'first' : 'rarest';
    // Who has nothing yet may not have met the others.
    const company = this.hasCompany || this.have.count === 0;
    const full = { ...wish, order, from: 0, company, slack: Math.max(0, Math.floor(Math.sqrt(this.peers)) - 1) } as const;
    const hurried = urgent < 0 ? null : this.runs.claim({ ...full, order: 'first', from: urgent, piecesMax: wish.hurriedMax });
    return hurried ?? this.runs.claim(full);
  }

  /** The run has come to its next piece: its free blocks count as asked for. False when it has none, or is somebody else's by now. */
  openNext(run: PieceRun, now: number): boolean {
    if (run.next >= run.end) return false;
    const piece = run.next++;
    const partial = this.partials.get(piece);
    if (partial === undefined && this.holdersOf(piece) > run.holdersMax) {
      this.unclaim(piece);
      return false;
    }
    if (!this.wanted.has(piece) || partial?.verifying === true || (partial !== undefined && !mayServe(partial, run.slot))) return false;
    const taken: BlockRequest[] = [];
    this.partials.take(partial ?? this.open(piece), run.slot, this.geometry.blocksPerPiece, now, taken);
    return taken.length > 0;
  }

  /** Nothing can be begun, and peers let wait: copies of what they were asked for in the piece that is overdue most; the piece, or -1. */
  rescue(slot: number, everything: Bitset, now: number): number {
    const [oldest] = oldestCopyable(this.partials.all(), slot, everything, 1, now);
    if (oldest === undefined || !this.wanted.has(oldest.partial.piece)) return NOBODY;
    const { partial } = oldest;
    for (const { block } of oldestCopyable([partial], slot, everything, partial.blocks, now)) this.partials.copy(partial, block, slot, now);
    this.partials.take(partial, slot, partial.blocks, now, []);
    return partial.piece;
  }

  freeAt(piece: number): number {
    const priority = this.priorities[piece] as number;
    if (priority === 0 || this.rarity.isFresh(piece)) return priority;
    const partial = this.partials.get(piece);
    return partial !== undefined && partial.requests === 0 && partial.free > 0 && !partial.verifying ? priority : 0;
  }

  holdersOf(piece: number): number {
    return this.rarity.availabilityOf(piece) - this.rarity.seeds;
  }

  claim(piece: number): void {
    this.rarity.remove(piece);
  }

  unclaim(piece: number): void {
    if (!this.have.has(piece) && this.partials.get(piece) === undefined) this.rarity.insert(piece);
  }

  // ---- what becomes of requests --------------------------------------------------------------------------------------------

  /** A whole block has come from the peer. */
  blockReceived(slot: number, piece: number, block: number): ReceiveOutcome {
    const { outcome } = this;
    outcome.fresh = false;
    outcome.pieceDone = false;
    outcome.others.length = 0;
    if (this.have.has(piece)) return outcome;
    const partial = this.partials.get(piece) ?? this.open(piece);
    outcome.fresh = this.partials.receive(partial, slot, block, outcome.others);
    if (!outcome.fresh) return outcome;
    outcome.pieceDone = partial.received === partial.blocks;
    partial.verifying = outcome.pieceDone;
    return outcome;
  }

  /** A request was rejected, timed out, or is void because the peer choked us. One that is not known is ignored. */
  blockLost(slot: number, piece: number, block: number): void {
    const partial = this.partials.get(piece);
    if (partial !== undefined && this.partials.release(partial, slot, block)) this.closeIfEmpty(partial);
  }

  /** The peer has left: all that it was asked for is free again. */
  peerGone(slot: number): void {
    for (const { piece, block } of this.allRequestsOf(slot)) this.blockLost(slot, piece, block);
  }

  allRequestsOf(slot: number): BlockRequest[] {
    return this.partials.requestsOf(slot);
  }

  /** The piece is on disk and right, now or from the start. */
  pieceVerified(piece: number): void {
    if (!this.have.add(piece)) return;
    const partial = this.partials.get(piece);
    if (partial === undefined) this.rarity.remove(piece);
    else this.partials.close(partial);
    this.wanted.delete(piece);
    this.failed.delete(piece);
    this.deadlines.delete(piece);
  }

  /** The hash was wrong: all blocks are missing again. One peer at a time is to send them from now on. */
  pieceFailed(piece: number): void {
    const partial = this.partials.get(piece);
    if (partial !== undefined) {
      this.partials.close(partial);
      this.rarity.insert(piece);
    }
    this.failed.add(piece);
  }

  /** The hash was wrong, and these blocks are known to be the reason (BitTorrent v2): they alone are missing again. */
  blocksFailed(piece: number, blocks: readonly number[]): void {
    const partial = this.partials.get(piece);
    if (partial === undefined) return;
    for (const block of blocks) partial.reopen(block);
    partial.verifying = false;
    this.partials.loosen(partial);
    this.closeIfEmpty(partial);
  }

  /** A verified piece is not there any more, as a recheck has found. */
  pieceLost(piece: number): void {
    if (!this.have.delete(piece)) return;
    if (this.priorities[piece] !== 0) this.wanted.add(piece);
    this.rarity.insert(piece);
  }

  /** The peer that sent a block that is here, until its piece is verified or has failed; -1 when it is not here. */
  blockSource(piece: number, block: number): number {
    return this.partials.get(piece)?.source(block) ?? NOBODY;
  }

  isMissing(piece: number, block: number): boolean {
    return !this.have.has(piece) && this.partials.get(piece)?.isReceived(block) !== true;
  }

  /** Peers with requests in flight. */
  get requesterCount(): number {
    return this.partials.requests.size;
  }

  /** Pieces begun and not verified. */
  get partialCount(): number {
    return this.partials.size;
  }

  private open(piece: number): PartialPiece {
    this.rarity.remove(piece);
    return this.partials.open(piece, this.failed.has(piece));
  }

  private closeIfEmpty(partial: PartialPiece): void {
    if (partial.free < partial.blocks) return;
    this.partials.close(partial);
    this.rarity.insert(partial.piece);
  }
}

/** In which order a peer takes to pieces with free blocks; beyond `shared` counts how many others there are. */
const Rank = { own: 0, orphan: 1, shared: 2 } as const;

function mayServe(partial: PartialPiece, slot: number): boolean {
  return !partial.exclusive || partial.owner === slot || partial.requests === 0;
}
