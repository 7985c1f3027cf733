/** BitTorrent as experiments see it: what the `swarm` scenario can vary of the real engine (`transfer/bittorrent`). Owns no state. */

import { type PieceOrder } from '../../transfer/bittorrent/torrent-status.ts';

export const PIECE_ORDERS: readonly PieceOrder[] = ['rarest', 'random', 'sequential'];

export const bittorrent = {
  name: 'bittorrent',
  /** For sentences. */
  title: 'BitTorrent swarm',
  defaults: {
    /** Which piece a leecher asks for first, one of PIECE_ORDERS. */
    pieceOrder: 'rarest',
    /** Peers served at once. */
    uploadSlots: 4,
  },
} as const;
