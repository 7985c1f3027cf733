/** How often each address asks and tells, in tables that never grow beyond a bound. Owns them. */

import { ENDPOINT_V4_BYTES, isLoopback } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';

/** Addresses remembered; beyond, those that were silent for longest begin anew. */
const ADDRESSES_MAX = 50_000;

interface Questions {
  count: number;
  sinceMs: number;
}

export class Frequency {
  private readonly windowMs: number;
  private readonly questionsMax: number;
  private readonly updates = new Lru<string, number>(ADDRESSES_MAX);
  private readonly questions = new Lru<string, Questions>(ADDRESSES_MAX);

  constructor(windowMs: number, questionsMax: number) {
    this.windowMs = windowMs;
    this.questionsMax = questionsMax;
  }

  /** Counts a question; false when the address has had its share of this window. */
  asks(from: Endpoint, nowMs: number): boolean {
    if (isLoopback(from)) return true;
    const address = addressOf(from);
    const asked = this.questions.get(address);
    if (asked === undefined || asked.sinceMs + this.windowMs <= nowMs) {
      this.questions.set(address, { count: 1, sinceMs: nowMs });
      return true;
    }
    return ++asked.count <= this.questionsMax;
  }

  /** False when the address has told of a member of that network a short while ago. On loopback all have one address, and harm only themselves. */
  mayTell(from: Endpoint, net: string, nowMs: number): boolean {
    const toldMs = this.updates.get(`${net} ${addressOf(from)}`);
    return isLoopback(from) || toldMs === undefined || toldMs + this.windowMs <= nowMs;
  }

  tells(from: Endpoint, net: string, nowMs: number): void {
    this.updates.set(`${net} ${addressOf(from)}`, nowMs);
  }
}

/** Whoever has one IPv6 address has 2^64 of them. */
function addressOf(from: Endpoint): string {
  return hexOf(from.length === ENDPOINT_V4_BYTES ? from.subarray(0, 4) : from.subarray(0, 8));
}
