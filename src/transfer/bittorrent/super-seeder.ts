/**
 * Super-seeding (BEP 16): a seed that says it has nothing and shows each peer a piece or two, and the next only when it sees what it
 * showed at somebody else. Owns what was shown to whom; owned by the torrent's showcase, and lasts until the first other seed.
 */

import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { Torrent } from './torrent.ts';

/** Pieces shown to a peer and not seen at another yet: two, so that it asks for one while the other comes. */
const SHOWN_MAX = 2;
/** A peer whom nobody else can reach would wait for ever: after so long it is shown another piece all the same. */
const PATIENCE_MS = 60_000;
/** Pieces looked at for one to show; beyond it the rarest of these will do. */
const SCAN_MAX = 4096;

interface Showing {
  readonly slot: number;
  readonly atMs: number;
  /** The peer has the piece by now. */
  fetched: boolean;
}

export class SuperSeeder {
  private readonly torrent: Torrent;
  /** By piece: to whom it was shown that nobody else is known to have it of. */
  private readonly showings = new Map<number, Showing>();
  /** By slot: all pieces that the peer was ever shown. */
  private readonly shown = new Map<number, Set<number>>();
  private cursor = -1;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
  }

  /** Shows the peer as much as it may be shown. */
  feed(connection: PeerConnection): void {
    const { exchange } = this.torrent;
    if (exchange === null || connection.closed || connection.have === null || connection.have.full) return;
    let open = 0;
    for (const { slot } of this.showings.values()) if (slot === connection.slot) open++;
    for (; open < SHOWN_MAX; open++) {
      const piece = this.rarestFor(connection, exchange.geometry.pieceCount);
      if (piece < 0) return;
      this.showings.set(piece, { slot: connection.slot, atMs: this.torrent.now(), fetched: false });
      this.remember(connection.slot, piece);
      connection.say({ id: PeerMessageId.have, piece });
    }
  }

  /** A peer has got a piece. */
  has(connection: PeerConnection, piece: number): void {
    const showing = this.showings.get(piece);
    if (showing === undefined) return;
    if (showing.slot === connection.slot) {
      showing.fetched = true;
      // Nobody else is there to pass it on to.
      if (this.torrent.swarm.size > 1) return;
    }
    this.close(piece, showing);
  }

  gone(connection: PeerConnection): void {
    this.shown.delete(connection.slot);
    for (const [piece, { slot }] of this.showings) if (slot === connection.slot) this.showings.delete(piece);
    // Who is left alone waits for nobody.
    if (this.torrent.swarm.size === 1) for (const [piece, showing] of this.showings) if (showing.fetched) this.close(piece, showing);
  }

  tick(now: number): void {
    for (const [piece, showing] of this.showings) if (now - showing.atMs > PATIENCE_MS) this.close(piece, showing);
    // Who has nothing may say nothing about it (BEP 3).
    for (const connection of this.torrent.connections) if (!this.shown.has(connection.slot)) this.feed(connection);
  }

  /** All that the peer was shown. */
  shownTo(slot: number): ReadonlySet<number> {
    return this.shown.get(slot) ?? NOTHING;
  }

  private close(piece: number, showing: Showing): void {
    this.showings.delete(piece);
    const connection = this.torrent.swarm.connection(showing.slot);
    if (connection !== null) this.feed(connection);
  }

  private remember(slot: number, piece: number): void {
    const shown = this.shown.get(slot);
    if (shown === undefined) this.shown.set(slot, new Set([piece]));
    else shown.add(piece);
  }

  /** What the fewest peers have, of what this one lacks and was not shown, and nobody is being shown; -1 when there is nothing. */
  private rarestFor(connection: PeerConnection, pieceCount: number): number {
    const { picker } = (this.torrent.exchange as NonNullable<Torrent['exchange']>).downloader;
    const shown = this.shownTo(connection.slot);
    if (this.cursor < 0) this.cursor = this.torrent.engine.host.random.below(pieceCount);
    let best = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < Math.min(pieceCount, SCAN_MAX) && fewest > 0; step++) {
      const piece = (this.cursor + step) % pieceCount;
      const holders = picker.availabilityOf(piece);
      if (holders >= fewest || connection.have?.has(piece) === true || shown.has(piece) || this.showings.has(piece)) continue;
      best = piece;
      fewest = holders;
    }
    if (best >= 0) this.cursor = (best + 1) % pieceCount;
    return best;
  }
}

const NOTHING: ReadonlySet<number> = new Set();
