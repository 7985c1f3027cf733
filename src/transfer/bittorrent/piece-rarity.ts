/**
 * How many peers have each piece, and the pieces that nobody has been asked for yet in the order in which to begin them: by
 * priority, then rarest first. Owned by the picker. The order is made when it is first asked for: a seed never pays for it.
 */

import { Bitset } from '../../core/bitset.ts';
import type { Random } from '../../core/random.ts';
import { NOBODY } from './partial-piece.ts';
import { RarityOrder } from './rarity-order.ts';

/** Places of the order that are looked at one by one; a peer that has none of them is matched by bitfields instead. */
const SCAN_MAX = 512;

export interface PieceAvailability {
  /** Index: peers that have a piece (seeds included); value: how many such pieces there are. */
  readonly histogram: readonly number[];
  /** Whole copies among the connected peers, and the fraction of the next one: libtorrent's `distributed_copies`. */
  readonly distributedCopies: number;
}

export class PieceRarity {
  /** Peers that have everything; not part of the counts, so that they cost nothing. */
  seeds = 0;
  private readonly counts: Uint16Array;
  private readonly priorities: Uint8Array;
  /** Pieces in the order: wanted, and not begun. */
  private readonly fresh: Bitset;
  private readonly random: Random;
  /** By priority; null until it is needed, and after a change that touched many pieces. */
  private orders: RarityOrder[] | null = null;
  /** How many fresh pieces each priority has. */
  private readonly sizes: number[];
  /** No fresh piece lies before this byte of the bitset. */
  private firstByte = 0;

  constructor(pieceCount: number, priorities: Uint8Array, random: Random) {
    this.counts = new Uint16Array(pieceCount);
    this.priorities = priorities;
    this.random = random;
    this.fresh = new Bitset(pieceCount);
    this.fresh.fill();
    this.sizes = new Array<number>(8).fill(0);
    for (const priority of priorities) this.sizes[priority] = (this.sizes[priority] as number) + 1;
  }

  availabilityOf(piece: number): number {
    return (this.counts[piece] as number) + this.seeds;
  }

  increase(piece: number): void {
    const count = this.counts[piece] as number;
    if (this.orders !== null && this.fresh.has(piece)) this.orderOf(this.orders, piece).increase(piece, count);
    this.counts[piece] = count + 1;
  }

  decrease(piece: number): void {
    const count = this.counts[piece] as number;
    if (count === 0) throw new RangeError(`piece ${piece} was lost by a peer that was never counted`);
    if (this.orders !== null && this.fresh.has(piece)) this.orderOf(this.orders, piece).decrease(piece, count);
    this.counts[piece] = count - 1;
  }

  addPeer(have: Bitset): void {
    this.touchMany(have);
    forEachOne(have.bytes, (piece) => this.increase(piece));
  }

  removePeer(have: Bitset): void {
    this.touchMany(have);
    forEachOne(have.bytes, (piece) => this.decrease(piece));
  }

  /** Sorting anew is cheaper than moving every other piece. */
  private touchMany(have: Bitset): void {
    if (have.count > 64 && have.count * 4 > this.fresh.count) this.orders = null;
  }

  // ---- what is in the order ------------------------------------------------------------------------------------------------

  isFresh(piece: number): boolean {
    return this.fresh.has(piece);
  }

  size(priority: number): number {
    return this.sizes[priority] as number;
  }

  /** Puts a piece in order, by its priority as it is now; unwanted ones stay out. */
  insert(piece: number): void {
    const priority = this.priorities[piece] as number;
    if (priority === 0 || !this.fresh.add(piece)) return;
    this.sizes[priority] = (this.sizes[priority] as number) + 1;
    this.firstByte = Math.min(this.firstByte, piece >> 3);
    this.orders?.[priority]?.insert(piece, this.counts[piece] as number);
  }

  /** Takes a piece out, before its priority changes. */
  remove(piece: number): void {
    if (!this.fresh.delete(piece)) return;
    const priority = this.priorities[piece] as number;
    this.sizes[priority] = (this.sizes[priority] as number) - 1;
    this.orders?.[priority]?.remove(piece, this.counts[piece] as number);
  }

  /** Any fresh piece that somebody has. */
  hasAvailable(): boolean {
    if (this.fresh.count === 0) return false;
    if (this.seeds > 0) return true;
    return this.ordered().some((order) => order.size > order.bucketStart(1));
  }

  private ordered(): RarityOrder[] {
    if (this.orders !== null) return this.orders;
    const levels = this.sizes.map((): number[] => []);
    forEachOne(this.fresh.bytes, (piece) => levels[this.priorities[piece] as number]?.push(piece));
    const positions = new Int32Array(this.counts.length);
    this.orders = levels.map((pieces) => {
      const order = new RarityOrder(positions, this.random);
      order.rebuild(pieces, this.counts);
      return order;
    });
    return this.orders;
  }

  private orderOf(orders: RarityOrder[], piece: number): RarityOrder {
    return orders[this.priorities[piece] as number] as RarityOrder;
  }

  // ---- what a peer has of it -----------------------------------------------------------------------------------------------

  /** The fresh pieces of one priority that the peer has, rarest first. Each must be taken out before the next is asked for. */
  scan(priority: number, have: Bitset): RarityScan {
    return new RarityScan(this, this.ordered()[priority] as RarityOrder, priority, have);
  }

  /** A fresh piece that the peer has, each as likely as the others as a rule. -1: none was found in a few places. */
  anyAtRandom(priority: number, have: Bitset): number {
    const { pieces } = this.ordered()[priority] as RarityOrder;
    if (pieces.length === 0) return NOBODY;
    let at = this.random.below(pieces.length);
    for (let step = Math.min(pieces.length, SCAN_MAX); step > 0; step--) {
      const piece = pieces[at] as number;
      if (have.has(piece)) return piece;
      at = at + 1 === pieces.length ? 0 : at + 1;
    }
    return NOBODY;
  }

  /** The first piece by index that the peer has, if it is among the next `ahead` of this priority; else -1. */
  firstWithin(priority: number, have: Bitset, ahead: number): number {
    const fresh = this.fresh.bytes;
    while (this.firstByte < fresh.length && fresh[this.firstByte] === 0) this.firstByte++;
    let passed = 0;
    for (let at = this.firstByte; at < fresh.length; at++) {
      for (let bits = fresh[at] as number; bits !== 0; ) {
        const bit = Math.clz32(bits) - 24;
        bits &= ~(0x80 >> bit);
        const piece = at * 8 + bit;
        if (this.priorities[piece] !== priority) continue;
        if (have.has(piece)) return piece;
        if (++passed >= ahead) return NOBODY;
      }
    }
    return NOBODY;
  }

  /** The fewest peers that any fresh piece of this priority has which the peer has too; -1 when there is no such piece. */
  fewestAt(priority: number, have: Bitset): number {
    const theirs = have.bytes;
    const fresh = this.fresh.bytes;
    let fewest = Number.POSITIVE_INFINITY;
    for (let at = this.firstByte; at < fresh.length; at++) {
      for (let bits = (fresh[at] as number) & (theirs[at] as number); bits !== 0; ) {
        const bit = Math.clz32(bits) - 24;
        bits &= ~(0x80 >> bit);
        const piece = at * 8 + bit;
        const count = this.counts[piece] as number;
        if (count < fewest && this.priorities[piece] === priority) fewest = count;
      }
    }
    return Number.isFinite(fewest) ? fewest : NOBODY;
  }

  summary(): PieceAvailability {
    const histogram: number[] = [];
    for (const count of this.counts) {
      const peers = count + this.seeds;
      while (histogram.length <= peers) histogram.push(0);
      histogram[peers] = (histogram[peers] as number) + 1;
    }
    const whole = histogram.findIndex((pieces) => pieces > 0);
    const above = this.counts.length - (histogram[whole] as number);
    return { histogram, distributedCopies: whole + above / this.counts.length };
  }
}

/** One walk along the order for one peer. */
class RarityScan {
  private readonly rarity: PieceRarity;
  private readonly order: RarityOrder;
  private readonly priority: number;
  private readonly have: Bitset;
  /** The peer has no piece before this place; taking one out moves no other to a place before it. */
  private at = 0;
  private jumped = false;

  constructor(rarity: PieceRarity, order: RarityOrder, priority: number, have: Bitset) {
    this.rarity = rarity;
    this.order = order;
    this.priority = priority;
    this.have = have;
  }

  /** The next piece, or -1. */
  next(): number {
    const { pieces } = this.order;
    for (; this.at < pieces.length; this.at++) {
      const piece = pieces[this.at] as number;
      if (this.have.has(piece)) return piece;
      if (this.at >= SCAN_MAX && !this.jumped) {
        this.jumped = true;
        const fewest = this.rarity.fewestAt(this.priority, this.have);
        if (fewest === NOBODY) return NOBODY;
        this.at = Math.max(this.at, this.order.bucketStart(fewest) - 1);
      }
    }
    return NOBODY;
  }
}

function forEachOne(bytes: Uint8Array, visit: (index: number) => void): void {
  for (let at = 0; at < bytes.length; at++) {
    for (let bits = bytes[at] as number; bits !== 0; ) {
      const bit = Math.clz32(bits) - 24;
      bits &= ~(0x80 >> bit);
      visit(at * 8 + bit);
    }
  }
}
