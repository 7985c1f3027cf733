/** The last pongs of other ultrapeers, so that nobody's ping has to be passed on (ping-pong scheme). Owns a few of each distance. */

import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { compareBytes } from '../../core/bytes.ts';

const HOPS_MAX = 6;
const PER_HOP_MAX = 8;

export interface CachedPong {
  readonly endpoint: Endpoint;
  readonly files: number;
  readonly kibibytes: number;
  readonly hops: number;
  readonly atMs: number;
}

export class PongCache {
  private readonly lifeMs: number;
  /** By distance; null while there is none. */
  private rows: CachedPong[][] | null = null;

  constructor(lifeMs: number) {
    this.lifeMs = lifeMs;
  }

  add(pong: CachedPong): void {
    if (pong.hops > HOPS_MAX) return;
    this.rows ??= Array.from({ length: HOPS_MAX + 1 }, () => []);
    const row = this.rows[pong.hops] as CachedPong[];
    const same = row.findIndex(({ endpoint }) => compareBytes(endpoint, pong.endpoint) === 0);
    if (same >= 0) row.splice(same, 1);
    else if (row.length >= PER_HOP_MAX) row.shift();
    row.push(pong);
  }

  /** Up to so many that are young enough, from as many distances as there are; none of them is whom they are for. */
  some(random: Random, countMax: number, nowMs: number, notFor: Endpoint | null): CachedPong[] {
    if (this.rows === null) return [];
    // Each row from a place of its own on, one pong of each in turn.
    const begins = this.rows.map((row) => random.below(Math.max(1, row.length)));
    const chosen: CachedPong[] = [];
    for (let round = 0; chosen.length < countMax && round < PER_HOP_MAX; round++)
      for (const [hops, row] of this.rows.entries()) {
        if (round >= row.length || chosen.length >= countMax) continue;
        const pong = row[((begins[hops] as number) + round) % row.length] as CachedPong;
        const isHis = notFor !== null && compareBytes(pong.endpoint, notFor) === 0;
        if (nowMs - pong.atMs <= this.lifeMs && !isHis) chosen.push(pong);
      }
    return chosen;
  }
}
