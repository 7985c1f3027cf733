/** A piece on its way: which of its blocks are missing, asked for (of whom, since when) or here (from whom). Owned by the picker. */

import type { BlockRequest } from './block.ts';

/** No peer; slots are 0 and above. */
export const NOBODY = -1;

const MISSING = 0;
const REQUESTED = 1;
const RECEIVED = 2;

export class PartialPiece {
  piece = 0;
  blocks = 0;
  /** Blocks neither asked for nor here. */
  free = 0;
  received = 0;
  /** Requests in flight, copies of endgame included. */
  requests = 0;
  /** The peer that asked last for blocks that nobody else had been asked for. */
  owner = NOBODY;
  /** All blocks are here and the hash is being computed. */
  verifying = false;
  /** One peer at a time: the piece has failed before, and whose blocks are bad must become plain. */
  exclusive = false;
  /** Index in the list of pieces with free blocks, or -1. */
  looseAt = -1;
  /** Peers with requests in this piece, and how many each has. */
  private readonly slots: number[] = [];
  private readonly slotRequests: number[] = [];
  private readonly state: Uint8Array;
  /** By block: who was asked first, or who sent it. */
  private readonly who: Int32Array;
  /** By block: when it was asked for last. */
  private readonly sinceMs: Float64Array;
  /** By block: who else was asked (endgame). */
  private copies: Map<number, number[]> | null = null;
  /** No block before this one is free. */
  private firstFree = 0;

  constructor(blocksMax: number) {
    this.state = new Uint8Array(blocksMax);
    this.who = new Int32Array(blocksMax);
    this.sinceMs = new Float64Array(blocksMax);
  }

  /** Starts over, for this or another piece. */
  reset(piece: number, blocks: number, exclusive: boolean): void {
    this.piece = piece;
    this.blocks = blocks;
    this.free = blocks;
    this.received = 0;
    this.requests = 0;
    this.owner = NOBODY;
    this.verifying = false;
    this.exclusive = exclusive;
    this.slots.length = 0;
    this.slotRequests.length = 0;
    this.state.fill(MISSING);
    this.who.fill(NOBODY);
    this.copies = null;
    this.firstFree = 0;
  }

  /** How many peers have requests in this piece. */
  get peers(): number {
    return this.slots.length;
  }

  isReceived(block: number): boolean {
    return this.state[block] === RECEIVED;
  }

  /** Who sent a block that is here; NOBODY otherwise. */
  source(block: number): number {
    return this.state[block] === RECEIVED ? (this.who[block] as number) : NOBODY;
  }

  /** Who was asked first for a block that has not come; NOBODY otherwise. */
  holder(block: number): number {
    return this.state[block] === REQUESTED ? (this.who[block] as number) : NOBODY;
  }

  /** The peers with requests in this piece; borrowed. */
  requesters(): readonly number[] {
    return this.slots;
  }

  requestsOf(slot: number): number {
    const index = this.slots.indexOf(slot);
    return index < 0 ? 0 : (this.slotRequests[index] as number);
  }

  isRequestedOf(slot: number, block: number): boolean {
    return this.state[block] === REQUESTED && (this.who[block] === slot || this.copies?.get(block)?.includes(slot) === true);
  }

  /** Asks the peer for up to `count` free blocks, first ones first; answers how many there were. */
  take(slot: number, count: number, now: number, out: BlockRequest[]): number {
    let taken = 0;
    let block = this.firstFree;
    for (; taken < count && block < this.blocks; block++) {
      if (this.state[block] !== MISSING) continue;
      this.state[block] = REQUESTED;
      this.who[block] = slot;
      this.sinceMs[block] = now;
      out.push({ piece: this.piece, block });
      taken++;
    }
    this.firstFree = block;
    this.free -= taken;
    if (taken > 0) {
      this.owner = slot;
      this.count(slot, taken);
    }
    return taken;
  }

  /** Since when a block that others were asked for is overdue for one more copy; Infinity when this peer may not be asked for it. */
  copyableSince(slot: number, block: number, copiesMax: number): number {
    if (this.state[block] !== REQUESTED || this.isRequestedOf(slot, block)) return Number.POSITIVE_INFINITY;
    if (1 + (this.copies?.get(block)?.length ?? 0) >= copiesMax) return Number.POSITIVE_INFINITY;
    return this.sinceMs[block] as number;
  }

  /** Asks one more peer for a block that others were asked for. */
  addCopy(slot: number, block: number, now: number): void {
    this.copies ??= new Map();
    const slots = this.copies.get(block);
    if (slots === undefined) this.copies.set(block, [slot]);
    else slots.push(slot);
    this.sinceMs[block] = now;
    this.count(slot, 1);
  }

  /** A request has come to nothing. False when there was none. */
  release(slot: number, block: number): boolean {
    if (!this.isRequestedOf(slot, block)) return false;
    this.count(slot, -1);
    // Somebody has failed: the next copy need not wait, or one that refuses every second would keep out all others.
    this.sinceMs[block] = Number.NEGATIVE_INFINITY;
    const copies = this.copies?.get(block);
    if (this.who[block] !== slot) {
      copies?.splice(copies.indexOf(slot), 1);
    } else if (copies !== undefined && copies.length > 0) {
      this.who[block] = copies.shift() as number;
    } else {
      this.who[block] = NOBODY;
      this.state[block] = MISSING;
      this.free++;
      if (block < this.firstFree) this.firstFree = block;
    }
    return true;
  }

  /** A block has come. `others` gets the slots of those who were asked for it too. False when it was here already. */
  receive(slot: number, block: number, others: number[]): boolean {
    if (this.state[block] === RECEIVED) return false;
    if (this.state[block] === MISSING) this.free--;
    else {
      this.holdersInto(block, others);
      for (const holder of others) this.count(holder, -1);
      const own = others.indexOf(slot);
      if (own >= 0) others.splice(own, 1);
    }
    this.copies?.delete(block);
    this.state[block] = RECEIVED;
    this.who[block] = slot;
    this.received++;
    return true;
  }

  /** A block that had come is missing again. */
  reopen(block: number): void {
    if (this.state[block] !== RECEIVED) return;
    this.state[block] = MISSING;
    this.who[block] = NOBODY;
    this.received--;
    this.free++;
    if (block < this.firstFree) this.firstFree = block;
  }

  /** The blocks that a peer was asked for. */
  requestedOf(slot: number, out: BlockRequest[]): void {
    for (let block = 0; block < this.blocks; block++) {
      if (this.isRequestedOf(slot, block)) out.push({ piece: this.piece, block });
    }
  }

  private holdersInto(block: number, out: number[]): void {
    out.push(this.who[block] as number);
    const copies = this.copies?.get(block);
    if (copies !== undefined) out.push(...copies);
  }

  private count(slot: number, change: number): void {
    this.requests += change;
    const index = this.slots.indexOf(slot);
    if (index < 0) {
      this.slots.push(slot);
      this.slotRequests.push(change);
      return;
    }
    const left = (this.slotRequests[index] as number) + change;
    this.slotRequests[index] = left;
    if (left > 0) return;
    this.slots.splice(index, 1);
    this.slotRequests.splice(index, 1);
  }
}
