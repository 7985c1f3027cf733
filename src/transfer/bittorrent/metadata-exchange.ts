/**
 * Fetches the info dictionary from peers (BEP 9). Its size is a claim of each peer: those that claim the same work together, and a
 * few claims are tried beside each other, so that a liar holds up nobody. Pure bookkeeping over connection slots; the extension
 * protocol sends and receives.
 */

import type { InfoHashes } from './info-hashes.ts';
import { MetadataAttempt, type MetadataOutcome, NO_OUTCOME } from './metadata-attempt.ts';
import { METADATA_BYTES_MAX } from './metadata-messages.ts';

/** Sizes tried at the same time: those that most peers claim, and of these the small ones, which are settled soonest. */
const ATTEMPTS_MAX = 3;

export class MetadataDownload {
  private readonly wanted: InfoHashes;
  /** Slot → the size that it claims. */
  private readonly claims = new Map<number, number>();
  /** By size. */
  private readonly attempts = new Map<number, MetadataAttempt>();
  /** Sizes whose peers have all broken their promises; tried again only when there is nothing else to try. */
  private readonly spent = new Set<number>();

  constructor(wanted: InfoHashes) {
    this.wanted = wanted;
  }

  addPeer(slot: number, totalBytes: number): void {
    if (totalBytes < 1 || totalBytes > METADATA_BYTES_MAX || this.claims.has(slot)) return;
    this.claims.set(slot, totalBytes);
    this.spent.delete(totalBytes);
    const attempt = this.attempts.get(totalBytes);
    if (attempt === undefined) this.chooseAttempts();
    else attempt.addPeer(slot);
  }

  removePeer(slot: number): void {
    const size = this.claims.get(slot);
    if (size === undefined) return;
    this.attempts.get(size)?.removePeer(slot);
    this.claims.delete(slot);
    // A size that nobody claims any more needs no memory.
    if (![...this.claims.values()].includes(size)) this.spent.delete(size);
    this.chooseAttempts();
  }

  /** The next piece to ask of this peer, marked as asked; -1 for none. */
  next(slot: number, now: number): number {
    return this.attemptOf(slot)?.next(slot, now) ?? -1;
  }

  /** A piece has come. One that was not asked of this peer, or that belongs to another size, is ignored. */
  received(slot: number, index: number, totalBytes: number, data: Uint8Array): MetadataOutcome {
    const attempt = this.attemptOf(slot);
    if (attempt?.totalBytes !== totalBytes) return NO_OUTCOME;
    const outcome = attempt.received(slot, index, data);
    for (const liar of outcome.blamed) this.claims.delete(liar);
    if (outcome.blamed.length > 0) this.chooseAttempts();
    return outcome;
  }

  rejected(slot: number, index: number, now: number): void {
    this.attemptOf(slot)?.rejected(slot, index, now);
    this.chooseAttempts();
  }

  /** Gives up on requests that take too long; call about once a second. */
  expire(now: number): void {
    for (const attempt of this.attempts.values()) attempt.expire(now);
    this.chooseAttempts();
  }

  private attemptOf(slot: number): MetadataAttempt | undefined {
    const totalBytes = this.claims.get(slot);
    return totalBytes === undefined ? undefined : this.attempts.get(totalBytes);
  }

  /** Ends attempts that nobody can help with, and begins those that deserve it more than one under way, or find room. */
  private chooseAttempts(): void {
    for (const { totalBytes, usablePeers } of this.attempts.values()) if (usablePeers === 0) this.giveUp(totalBytes);
    const votes = new Map<number, number>();
    for (const size of this.claims.values()) if (!this.spent.has(size)) votes.set(size, (votes.get(size) ?? 0) + 1);
    const isBetter = (a: number, b: number): boolean => {
      const [votesA, votesB] = [votes.get(a) ?? 0, votes.get(b) ?? 0];
      return votesA !== votesB ? votesA > votesB : a < b;
    };
    const best = [...votes.keys()].sort((a, b) => (isBetter(a, b) ? -1 : 1)).slice(0, ATTEMPTS_MAX);
    for (const size of this.attempts.keys()) if (!best.includes(size)) this.attempts.delete(size);
    for (const size of best) if (!this.attempts.has(size)) this.begin(size);
  }

  private begin(size: number): void {
    const attempt = new MetadataAttempt(this.wanted, size);
    this.attempts.set(size, attempt);
    for (const [slot, claim] of this.claims) if (claim === size) attempt.addPeer(slot);
  }

  private giveUp(size: number): void {
    this.attempts.delete(size);
    this.spent.add(size);
    for (const claim of this.claims.values()) if (!this.spent.has(claim)) return;
    // Slow peers are better than none.
    this.spent.clear();
  }
}
