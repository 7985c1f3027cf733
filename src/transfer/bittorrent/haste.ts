/** How soon a peer would bring a block that is asked of it now, beside the others: who gets the pieces that somebody waits for. Owns no state. */

import type { Bitset } from '../../core/bitset.ts';
import { BLOCK_BYTES } from './block.ts';
import { NOT_WAITING, type PeerConnection } from './peer-connection.ts';

/** Another peer is a rival when it takes less than this part of the time: of two that are nearly as quick, both are of use. */
const RIVAL_SHARE = 0.5;
/** Few are as quick as the quickest; more of them would say the same. */
const RIVALS_MAX = 8;
/** Who owes blocks and has sent nothing for so long is not waited for. */
const SILENT_MS = 500;

export interface Haste {
  /** A block that is asked for comes in that time; 0 where nothing has come yet. */
  readonly delayMs: number;
  /** What those have who would be much sooner. */
  readonly rivals: readonly Bitset[];
  /** The slots of those who are much slower, or silent: what they were asked for and is late is asked for here too. */
  readonly laggards: ReadonlySet<number>;
}

export const NO_HASTE: Haste = { delayMs: 0, rivals: [], laggards: new Set() };

/** A source that is no peer: it brings block after block. */
export interface OtherSource {
  readonly slot: number;
  /** From one block to the next, and since when it has brought nothing. */
  readonly blockMs: number;
  readonly silentSinceMs: number;
}

export function hasteOf(connection: PeerConnection, peers: Iterable<PeerConnection>, others: Iterable<OtherSource>, now: number): Haste {
  const ownMs = blockMsOf(connection, now);
  const muchLonger = ownMs === 0 ? Number.POSITIVE_INFINITY : ownMs / RIVAL_SHARE;
  const rivals: Bitset[] = [];
  const laggards = new Set<number>();
  for (const peer of peers) {
    if (peer === connection) continue;
    const theirMs = blockMsOf(peer, now);
    const isSilent = peer.waitingSinceMs !== NOT_WAITING && now - peer.waitingSinceMs > SILENT_MS;
    if (isSilent || theirMs > muchLonger) laggards.add(peer.slot);
    const isQuicker = theirMs > 0 && theirMs < ownMs * RIVAL_SHARE;
    if (isQuicker && !isSilent && !peer.peerChoking && peer.have !== null && rivals.length < RIVALS_MAX) rivals.push(peer.have);
  }
  for (const { slot, blockMs, silentSinceMs } of others) if (blockMs > muchLonger || now - silentSinceMs > SILENT_MS) laggards.add(slot);
  return { delayMs: Math.max(connection.window.delayMs, ownMs * connection.outstanding.length), rivals, laggards };
}

/** Who is likely to bring a block first comes first; whoever has brought nothing yet is as good as the middle. */
export function quickestFirst(all: Iterable<PeerConnection>, now: number): PeerConnection[] {
  const paces = [...all].map((peer) => ({ peer, blockMs: blockMsOf(peer, now) }));
  const known = paces.map(({ blockMs }) => blockMs).filter((blockMs) => blockMs > 0);
  const middleMs = known.toSorted((a, b) => a - b)[known.length >> 1] ?? 0;
  return paces.toSorted((a, b) => (a.blockMs || middleMs) - (b.blockMs || middleMs) || a.peer.slot - b.peer.slot).map(({ peer }) => peer);
}

/** From one block to the next; 0 where nothing has come yet. Who lets us wait now may do so again. */
function blockMsOf({ window, late, down }: PeerConnection, now: number): number {
  if (late) return window.timeoutMs();
  if (window.blockMs > 0) return window.blockMs;
  const rate = down.rate(now);
  return rate === 0 ? 0 : (BLOCK_BYTES * 1000) / rate;
}
