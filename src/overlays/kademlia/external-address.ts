/**
 * Our own address as others see it: votes out of the `ip` of replies (BEP 42). Owns the ballots. A voter is a block of addresses, not an
 * address, so that one party cannot move us to an id of its choice.
 */

import { equalBytes } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import { blockKey } from './address-kind.ts';

/** So many blocks must have voted, and more than two thirds of them the same. */
const VOTES_MIN = 8;
/** With more the oldest are forgotten: an address may change. */
const VOTES_MAX = 24;

export class ExternalAddress {
  /** By block of the voter, oldest first; the address without its port, which differs by NAT. */
  private readonly votes = new Map<number, Uint8Array>();
  /** What is believed, or null. */
  address: Uint8Array | null = null;

  /** `voter` says that it sees us at `seen`. True when what is believed has changed. */
  hear(voter: Endpoint, seen: Endpoint): boolean {
    if (voter.length !== seen.length) return false;
    const block = blockKey(voter);
    this.votes.delete(block);
    this.votes.set(block, seen.slice(0, -2));
    if (this.votes.size > VOTES_MAX) this.votes.delete(this.votes.keys().next().value as number);
    const elected = this.count();
    if (elected === null || (this.address !== null && equalBytes(elected, this.address))) return false;
    this.address = elected;
    return true;
  }

  private count(): Uint8Array | null {
    if (this.votes.size < VOTES_MIN) return null;
    // A majority, if there is one, is what is left when different votes cancel each other out (Boyer and Moore).
    let candidate: Uint8Array | null = null;
    let lead = 0;
    for (const vote of this.votes.values()) {
      if (lead === 0) candidate = vote;
      lead += candidate !== null && equalBytes(vote, candidate) ? 1 : -1;
    }
    let agreeing = 0;
    for (const vote of this.votes.values()) if (candidate !== null && equalBytes(vote, candidate)) agreeing++;
    return agreeing * 3 > this.votes.size * 2 ? candidate : null;
  }
}
