/**
 * How a seed spreads a new torrent: it suggests a different piece to each peer (BEP 6's use for Suggest Piece), so that it sends each
 * piece about once and the peers exchange the rest among themselves. Owns which piece has been suggested to whom.
 */

import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { PiecePicker } from './piece-picker.ts';
import type { Torrent } from './torrent.ts';

/** Suggestions that a peer has and has not followed yet: more than it requests at once, few enough to spread the last pieces evenly. */
const SUGGESTIONS_PER_PEER = 4;
/** Pieces looked at for one suggestion; a full scan of 100,000 pieces a HAVE would cost more than a piece sent twice. */
const SCAN_MAX = 4096;

export class Spreader {
  private readonly torrent: Torrent;
  /** Piece → slot of the peer it was suggested to. */
  private readonly suggestedTo = new Map<number, number>();
  /** Slot → number of suggestions not followed yet. */
  private readonly open = new Map<number, number>();
  /** Where the next scan begins: pieces are suggested in the order of a random walk around the torrent. */
  private cursor = -1;
  /** Nothing was left to suggest; stays so until a peer leaves with what only it had. */
  private exhausted = false;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
  }

  /** Suggests more to the peer, if we are a seed, it listens, and there are pieces that no peer has. */
  feed(connection: PeerConnection): void {
    const { exchange, swarm } = this.torrent;
    // With a single peer there is nobody to spread to.
    if (this.exhausted || exchange === null || swarm.size < 2 || !exchange.store.have.full) return;
    if (connection.closed || !connection.supportsFast || !connection.peerInterested || connection.have === null) return;
    let open = this.open.get(connection.slot) ?? 0;
    while (open < SUGGESTIONS_PER_PEER) {
      const piece = this.unspread(exchange.downloader.picker, exchange.geometry.pieceCount);
      if (piece < 0) {
        this.exhausted = exchange.geometry.pieceCount <= SCAN_MAX;
        break;
      }
      this.suggestedTo.set(piece, connection.slot);
      connection.say({ id: PeerMessageId.suggestPiece, piece });
      open++;
    }
    this.open.set(connection.slot, open);
  }

  /** A piece that no connected peer has and that nobody was told to fetch; -1 when there is none. */
  private unspread(picker: PiecePicker, pieceCount: number): number {
    if (this.cursor < 0) this.cursor = this.torrent.engine.host.random.below(pieceCount);
    for (let scanned = 0; scanned < Math.min(pieceCount, SCAN_MAX); scanned++) {
      const piece = this.cursor;
      this.cursor = (this.cursor + 1) % pieceCount;
      if (picker.availabilityOf(piece) === 0 && !this.suggestedTo.has(piece)) return piece;
    }
    return -1;
  }

  /** A peer has got a piece: room for one more suggestion to whom it was suggested. */
  has(connection: PeerConnection, piece: number): void {
    const slot = this.suggestedTo.get(piece);
    if (slot === undefined) return this.feed(connection);
    this.suggestedTo.delete(piece);
    this.open.set(slot, Math.max(0, (this.open.get(slot) ?? 0) - 1));
    const told = this.torrent.swarm.connection(slot);
    if (told !== null) this.feed(told);
  }

  gone(connection: PeerConnection): void {
    this.open.delete(connection.slot);
    this.exhausted = false;
    for (const [piece, slot] of this.suggestedTo) if (slot === connection.slot) this.suggestedTo.delete(piece);
  }
}
