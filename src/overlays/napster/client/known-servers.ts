/** The index servers that a user may go to: which is next, and when. Owns what is remembered of each; who was of no use waits, twice as long each time. */

import { formatEndpoint } from '../../../core/endpoint.ts';
import type { Endpoint } from '../../../core/host.ts';
import type { Random } from '../../../core/random.ts';

const SERVERS_MAX = 256;
const BACKOFF_MS_MIN = 2_000;
const BACKOFF_MS_MAX = 600_000;
/** Users of a server that died do not come back at the same moment. */
const JITTER = 0.25;

export interface KnownServer {
  readonly endpoint: Endpoint;
  failures: number;
  /** It is not tried before. */
  notBeforeMs: number;
  /** 0: never. */
  goodAtMs: number;
}

export class KnownServers {
  private readonly byAddress = new Map<string, KnownServer>();
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  get count(): number {
    return this.byAddress.size;
  }

  /** False: known, or too many. */
  add(endpoint: Endpoint): boolean {
    const address = formatEndpoint(endpoint);
    if (this.byAddress.has(address) || this.byAddress.size >= SERVERS_MAX) return false;
    this.byAddress.set(address, { endpoint: endpoint.slice(), failures: 0, notBeforeMs: 0, goodAtMs: 0 });
    return true;
  }

  /** The one that has failed least, and was good last; null: none may be tried yet. */
  next(nowMs: number): KnownServer | null {
    let best: KnownServer | null = null;
    for (const server of this.byAddress.values()) {
      if (server.notBeforeMs > nowMs) continue;
      if (best === null || server.failures < best.failures || (server.failures === best.failures && server.goodAtMs > best.goodAtMs)) {
        best = server;
      }
    }
    return best;
  }

  /** How long until one may be tried; infinite where there is none. */
  msUntilNext(nowMs: number): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const { notBeforeMs } of this.byAddress.values()) soonest = Math.min(soonest, notBeforeMs);
    return Math.max(0, soonest - nowMs);
  }

  succeeded(server: KnownServer, nowMs: number): void {
    server.failures = 0;
    server.goodAtMs = nowMs;
  }

  failed(server: KnownServer, nowMs: number): void {
    const backoff = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(server.failures, 16));
    server.failures++;
    server.notBeforeMs = nowMs + backoff * (1 - JITTER + 2 * JITTER * this.random.unit());
  }

  /** Those that let us in, the last first. */
  good(limit: number): Endpoint[] {
    return [...this.byAddress.values()]
      .filter(({ goodAtMs }) => goodAtMs > 0)
      .sort((a, b) => b.goodAtMs - a.goodAtMs)
      .slice(0, limit)
      .map(({ endpoint }) => endpoint);
  }
}
