/** The allowed fast set (BEP 6): the pieces that any node would let the peer at this address have while it is choked; owns no state. */

import { concatBytes, readU32 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { sha1 } from '../../core/sha1.ts';

/** BEP 6: `k`. */
export const ALLOWED_FAST_PIECES = 10;

/** Up to `count` distinct pieces for the peer, in canonical order. BEP 6 has no rule for IPv6: the set is empty there. */
export function allowedFastSet(peer: Endpoint, infoHash: Uint8Array, pieceCount: number, count = ALLOWED_FAST_PIECES): number[] {
  if (peer.length !== ENDPOINT_V4_BYTES) return [];
  const wanted = Math.min(count, pieceCount);
  const pieces: number[] = [];
  const network = peer.slice(0, 4);
  network[3] = 0;
  let hash = concatBytes([network, infoHash]);
  while (pieces.length < wanted) {
    hash = sha1(hash);
    for (let at = 0; at < 20 && pieces.length < wanted; at += 4) {
      const piece = readU32(hash, at) % pieceCount;
      if (!pieces.includes(piece)) pieces.push(piece);
    }
  }
  return pieces;
}
