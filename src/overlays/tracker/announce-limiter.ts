/** Counts announces per address in windows of ten minutes, in a table that never grows; owns the counters. */

import { readU32 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES, isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { KeyedHash } from '../../core/keyed-hash.ts';
import type { Random } from '../../core/random.ts';

const WINDOW_MS = 600_000;
/** Two addresses that fall together share one allowance: with a limit far above what one client needs, that hurts nobody. */
const COUNTERS = 1 << 16;
const COUNT_MAX = 0xffff;

export class AnnounceLimiter {
  private readonly countMax: number;
  private readonly hash: KeyedHash;
  private readonly counters = new Uint16Array(COUNTERS);
  private readonly words = new Uint32Array(2);
  private windowEndsMs = 0;

  constructor(countMax: number, random: Random) {
    this.countMax = Math.min(countMax, COUNT_MAX);
    this.hash = new KeyedHash(random.u32(), random.u32());
  }

  /** Counts one announce; false when the address has had its share of this window. */
  admits(from: Endpoint, nowMs: number): boolean {
    if (isLoopback(from)) return true;
    if (nowMs >= this.windowEndsMs) {
      this.counters.fill(0);
      this.windowEndsMs = nowMs + WINDOW_MS;
    }
    this.words[0] = readU32(from, 0);
    // Whoever has one IPv6 address has 2^64 of them.
    this.words[1] = from.length === ENDPOINT_V4_BYTES ? 0 : readU32(from, 4);
    const slot = this.hash.table(this.words, 0, 2) % COUNTERS;
    const count = this.counters[slot] as number;
    if (count >= this.countMax) return false;
    this.counters[slot] = count + 1;
    return true;
  }
}
