/**
 * How many of the peers that we remember may be hearsay: so many from each that tells, so many in all (BEP 11, "Security
 * Considerations"). Owns the counts.
 */

import { latin1 } from '../../core/bytes.ts';
import { isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

/** One that tells of a thousand peers gets as many dials out of us as one that tells of these. */
export const RUMOURS_MAX_OF_ONE = 50;
/** The larger part of what we remember is left to trackers. */
export const RUMOURS_MAX = 1000;

export class Rumours {
  /** Teller → peers that we know from it alone and have not met. */
  private readonly counts = new Map<string, number>();
  private total = 0;

  mayAdd(teller: string): boolean {
    return this.total < RUMOURS_MAX && (this.counts.get(teller) ?? 0) < RUMOURS_MAX_OF_ONE;
  }

  add(teller: string): void {
    this.counts.set(teller, (this.counts.get(teller) ?? 0) + 1);
    this.total++;
  }

  remove(teller: string): void {
    const count = this.counts.get(teller) as number;
    if (count === 1) this.counts.delete(teller);
    else this.counts.set(teller, count - 1);
    this.total--;
  }
}

/** Tells tellers apart: by address, since ports are free; on loopback by the port, since everybody has the same address. */
export function tellerKey(endpoint: Endpoint): string {
  return latin1(endpoint, 0, isLoopback(endpoint) ? endpoint.length : endpoint.length - 2);
}
