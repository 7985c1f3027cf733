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
  private readonly waiting = new Map<string, Newcomer>();

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

/** As text: there are hosts whose peers are above 2^37, and leave no room in a number for the id. */
function keyOf(peer: Peer, receiveId: number): string {
  return `${peer} ${receiveId}`;
}
