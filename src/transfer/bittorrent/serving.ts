/**
 * Which of a torrent's peers are served (BEP 3's choker), and what those that are not may have all the same (BEP 6). Owns the unchoker; the
 * connections are the swarm's.
 */

import { BitTorrentEvent } from '../../core/events.ts';
import { allowedFastSet } from './allowed-fast.ts';
import type { BitTorrent } from './bittorrent.ts';
import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { Torrent } from './torrent.ts';
import { Unchoker, type UnchokePeer } from './unchoker.ts';

/** The reference choker's round (BEP 3). */
const CHOKE_ROUND_MS = 10_000;

export class Serving {
  private readonly engine: BitTorrent;
  private readonly torrent: Torrent;
  private readonly unchoker: Unchoker;
  private nextRoundAtMs = 0;

  constructor(engine: BitTorrent, torrent: Torrent) {
    this.engine = engine;
    this.torrent = torrent;
    this.unchoker = new Unchoker(engine.options.uploadSlots, engine.host.random);
  }

  fillSlots(): void {
    const standings = this.standings();
    this.unchoker.fillSlots(this.engine.host.now(), standings);
    this.apply(standings);
  }

  tick(now: number): void {
    if (now < this.nextRoundAtMs) return;
    this.nextRoundAtMs = now + CHOKE_ROUND_MS;
    const standings = this.standings();
    this.unchoker.round(now, standings, this.torrent.isComplete);
    this.apply(standings);
  }

  /** What the unchoker is told about each peer. */
  private standings(): UnchokePeer[] {
    const now = this.engine.host.now();
    return [...this.torrent.connections].map((connection) => ({
      slot: connection.slot,
      connectedAtMs: connection.openedAtMs,
      interested: connection.peerInterested,
      uploadOnly: connection.uploadOnly,
      snubbed: connection.snubbed,
      downloadRate: connection.down.rate(now),
      uploadRate: connection.up.rate(now),
      uploadedBytes: connection.up.total,
      choked: connection.amChoking,
      optimistic: connection.optimistic,
      why: connection.why,
    }));
  }

  /** Tells the peers what the unchoker has decided. */
  private apply(standings: readonly UnchokePeer[]): void {
    for (const { slot, choked, optimistic, why } of standings) {
      const connection = this.torrent.swarm.connection(slot);
      if (connection === null) continue;
      connection.optimistic = optimistic;
      connection.why = why;
      if (choked && !connection.amChoking) this.choke(connection);
      else if (!choked && connection.amChoking) this.unchoke(connection);
    }
  }

  private choke(connection: PeerConnection): void {
    connection.amChoking = true;
    this.engine.host.tap(BitTorrentEvent.choke, connection.slot, 0, 0);
    connection.say({ id: PeerMessageId.choke });
    this.engine.uploader.choked(connection);
  }

  private unchoke(connection: PeerConnection): void {
    connection.amChoking = false;
    this.engine.host.tap(BitTorrentEvent.unchoke, connection.slot, connection.optimistic ? 1 : 0, 0);
    connection.say({ id: PeerMessageId.unchoke });
  }

  /**
   * Pieces that a newcomer may have while it is choked (BEP 6), so that it soon has something to trade. A seed grants none: all
   * newcomers of a network would get the same ones from it, past its slots, and what is new would wait behind them.
   */
  grantFast(connection: PeerConnection): void {
    const { exchange } = this.torrent;
    if (exchange === null || this.torrent.isComplete || connection.fraction > 0) return;
    const pieces = allowedFastSet(connection.endpoint, this.torrent.infoHash, exchange.geometry.pieceCount);
    // What is not here yet is not offered, and so not granted either.
    connection.fastGranted = new Set(pieces.filter((piece) => exchange.store.have.has(piece)));
    for (const piece of connection.fastGranted) connection.say({ id: PeerMessageId.allowedFast, piece });
  }
}
