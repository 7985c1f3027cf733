/** Which connection is parted from when there are too many; owns no state. */

import type { Candidates } from './candidates.ts';
import type { PeerConnection } from './peer-connection.ts';

/** The one over which the least passes; among equals that of the lowest rank (BEP 40), then the newest. */
export function leastUseful(connections: Iterable<PeerConnection>, candidates: Candidates, now: number): PeerConnection | null {
  let least: PeerConnection | null = null;
  let leastRate = 0;
  let leastRank = 0;
  for (const connection of connections) {
    const rate = connection.down.rate(now) + connection.up.rate(now);
    const rank = candidates.rankOf(connection.endpoint);
    if (least !== null && (rate > leastRate || (rate === leastRate && rank > leastRank))) continue;
    [least, leastRate, leastRank] = [connection, rate, rank];
  }
  return least;
}
