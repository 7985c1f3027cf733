/**
 * SYNs that were answered and not confirmed yet: whoever forges an address gets no further than here, so an entry is small, short-lived
 * and makes room for the next. Owned by the port.
 */

import type { Peer } from '../../core/host.ts';

export interface Newcomer {
  readonly peer: Peer;
  /** The id on packets from it. */
  readonly receiveId: number;
  /** The number of its SYN, and of the first packet that we shall send. */
  readonly ack: number;
  readonly sequence: number;
  readonly atMs: number;
}

const NEWCOMERS_MAX = 256;
const NEWCOMER_MS = 10_000;

export class Newcomers {
  /** By peer and id, oldest first. */
  private readonly waiting = new Map<number, Newcomer>();

  get size(): number {
    return this.waiting.size;
  }

  add(newcomer: Newcomer): void {
    for (const [key, { atMs }] of this.waiting) {
      if (this.waiting.size < NEWCOMERS_MAX && newcomer.atMs - atMs < NEWCOMER_MS) break;
      this.waiting.delete(key);
    }
    this.waiting.set(keyOf(newcomer.peer, newcomer.receiveId), newcomer);
  }

  find(peer: Peer, receiveId: number): Newcomer | null {
    return this.waiting.get(keyOf(peer, receiveId)) ?? null;
  }

  delete(newcomer: Newcomer): void {
    this.waiting.delete(keyOf(newcomer.peer, newcomer.receiveId));
  }
}

/** Exact: a peer is below 2^37. */
function keyOf(peer: Peer, receiveId: number): number {
  return peer * 0x10000 + receiveId;
}
