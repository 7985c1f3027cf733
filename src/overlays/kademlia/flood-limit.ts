/** How many queries an address may have answered a second; owns the counts of the present second. Silence is the only answer to a flood. */

import { isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { addressKey } from './address-kind.ts';

const WINDOW_MS = 1000;
/** With more addresses in one second the count begins anew: forged addresses must not shut out the others. */
const ADDRESSES_MAX = 1 << 16;

export class FloodLimit {
  private readonly perSecond: number;
  private readonly counts = new Map<number, number>();
  private endsAtMs = 0;

  /** 0: no limit. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** Counts a query; false when the address has had its share. */
  admits(from: Endpoint, nowMs: number): boolean {
    if (this.perSecond === 0 || isLoopback(from)) return true;
    if (nowMs >= this.endsAtMs || this.counts.size >= ADDRESSES_MAX) {
      this.counts.clear();
      this.endsAtMs = nowMs + WINDOW_MS;
    }
    const key = addressKey(from);
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count <= this.perSecond;
  }
}
