/**
 * All pieces on their way: which of them have blocks to give out, how much memory they take, and how many requests each peer has in
 * flight. Owned by the picker, which decides; here is only kept count.
 */

import { BLOCK_BYTES, type BlockRequest, type PieceGeometry } from './block.ts';
import { PartialPiece } from './partial-piece.ts';

export const PRIORITY_MAX = 7;
/** Partial pieces kept for the next ones to begin: their arrays are worth more than their memory at hundreds of pieces a second. */
const POOLED_MAX = 64;

export class PartialPieces {
  /** Gathered blocks cost memory until their piece is whole. */
  bytes = 0;
  /** Wanted pieces with free blocks. Read only for everybody else. */
  readonly loose: PartialPiece[] = [];
  /** Requests in flight by peer; peers without any have no entry. */
  readonly requests = new Map<number, number>();
  private readonly geometry: PieceGeometry;
  private readonly priorities: Uint8Array;
  private readonly byPiece = new Map<number, PartialPiece>();
  /** How many of `loose` have each priority. */
  private readonly looseAt = new Uint32Array(PRIORITY_MAX + 1);
  private readonly pool: PartialPiece[] = [];

  constructor(geometry: PieceGeometry, priorities: Uint8Array) {
    this.geometry = geometry;
    this.priorities = priorities;
  }

  get size(): number {
    return this.byPiece.size;
  }

  get(piece: number): PartialPiece | undefined {
    return this.byPiece.get(piece);
  }

  all(): Iterable<PartialPiece> {
    return this.byPiece.values();
  }

  hasLoose(priority: number): boolean {
    return this.looseAt[priority] !== 0;
  }

  open(piece: number, exclusive: boolean): PartialPiece {
    const partial = this.pool.pop() ?? new PartialPiece(this.geometry.blocksPerPiece);
    partial.reset(piece, this.geometry.blocksOf(piece), exclusive);
    this.byPiece.set(piece, partial);
    this.bytes += partial.blocks * BLOCK_BYTES;
    this.loosen(partial);
    return partial;
  }

  /** Lets go of a piece; requests that it still has come to nothing. */
  close(partial: PartialPiece): void {
    this.tighten(partial);
    for (const slot of partial.requesters()) this.countRequests(slot, -partial.requestsOf(slot));
    this.byPiece.delete(partial.piece);
    this.bytes -= partial.blocks * BLOCK_BYTES;
    if (this.pool.length < POOLED_MAX) this.pool.push(partial);
  }

  take(partial: PartialPiece, slot: number, count: number, now: number, out: BlockRequest[]): void {
    if (partial.free === 0 || count <= 0) return;
    this.countRequests(slot, partial.take(slot, count, now, out));
    if (partial.free === 0) this.tighten(partial);
  }

  copy(partial: PartialPiece, block: number, slot: number, now: number): void {
    partial.addCopy(slot, block, now);
    this.countRequests(slot, 1);
  }

  /** False when the peer had not been asked for the block. */
  release(partial: PartialPiece, slot: number, block: number): boolean {
    if (!partial.release(slot, block)) return false;
    this.countRequests(slot, -1);
    this.loosen(partial);
    return true;
  }

  /** False when the block was here already; else `others` gets the slots of those who were asked for it too. */
  receive(partial: PartialPiece, slot: number, block: number, others: number[]): boolean {
    const own = partial.isRequestedOf(slot, block);
    if (!partial.receive(slot, block, others)) return false;
    if (own) this.countRequests(slot, -1);
    for (const other of others) this.countRequests(other, -1);
    if (partial.free === 0) this.tighten(partial);
    return true;
  }

  requestsOf(slot: number): BlockRequest[] {
    const requests: BlockRequest[] = [];
    if (!this.requests.has(slot)) return requests;
    for (const partial of this.byPiece.values()) if (partial.requestsOf(slot) > 0) partial.requestedOf(slot, requests);
    return requests;
  }

  /** Enters a piece among those with blocks to give out, if it has any and is wanted. */
  loosen(partial: PartialPiece): void {
    const priority = this.priorities[partial.piece] as number;
    if (partial.looseAt >= 0 || partial.free === 0 || priority === 0) return;
    partial.looseAt = this.loose.length;
    this.loose.push(partial);
    this.looseAt[priority] = (this.looseAt[priority] as number) + 1;
  }

  /** Takes it out again; must precede a change of its priority. */
  tighten(partial: PartialPiece): void {
    if (partial.looseAt < 0) return;
    const last = this.loose.pop() as PartialPiece;
    if (last !== partial) {
      this.loose[partial.looseAt] = last;
      last.looseAt = partial.looseAt;
    }
    partial.looseAt = -1;
    const priority = this.priorities[partial.piece] as number;
    this.looseAt[priority] = (this.looseAt[priority] as number) - 1;
  }

  private countRequests(slot: number, change: number): void {
    const count = (this.requests.get(slot) ?? 0) + change;
    if (count > 0) this.requests.set(slot, count);
    else this.requests.delete(slot);
  }
}
