/**
 * Peers over WebRTC, whom a tracker introduces: how many are wanted, and how the engine takes one in when the way to it is open. Owns no
 * state; the engine's torrents and limits decide.
 */

import { hexOf } from '../../core/hex.ts';
import type { Peer } from '../../core/host.ts';
import type { Meeting } from '../../core/web-rtc.ts';
import type { BitTorrent } from './bittorrent.ts';
import { PeerConnection } from './peer-connection.ts';
import { peerWire } from './peer-framing.ts';
import type { Torrent } from './torrent.ts';
import type { WebSocketTrackerOwner } from './websocket-tracker-client.ts';

/** Offers in one announce, as webtorrent makes them; who has everything is found by those who want something. */
const OFFERS_MAX = 5;
const OFFERS_MAX_COMPLETE = 2;

export class IntroducedPeers implements WebSocketTrackerOwner {
  private readonly engine: BitTorrent;

  constructor(engine: BitTorrent) {
    this.engine = engine;
  }

  get peerId(): Uint8Array {
    return this.engine.peerId;
  }

  now(): number {
    return this.engine.host.now();
  }

  newOfferId(length: number): Uint8Array {
    return this.engine.secretBytes(length);
  }

  roomFor(infoHash: Uint8Array): number {
    const torrent = this.torrentOf(infoHash);
    if (torrent === null) return 0;
    const { connectionsMax, connectionCount } = this.engine;
    return Math.max(0, Math.min(torrent.swarm.connectionsMax - torrent.swarm.size, connectionsMax - connectionCount));
  }

  offersFor(infoHash: Uint8Array): number {
    const isComplete = this.torrentOf(infoHash)?.isComplete === true;
    return Math.min(this.roomFor(infoHash), isComplete ? OFFERS_MAX_COMPLETE : OFFERS_MAX);
  }

  /** Both sides of a BitTorrent connection are the same but for who speaks first: who has offered. */
  onIntroduced(infoHash: Uint8Array, meeting: Meeting, peer: Peer, weOffered: boolean): void {
    const torrent = this.torrentOf(infoHash);
    if (torrent === null || this.roomFor(infoHash) === 0) return;
    if (!weOffered) {
      const connection = this.engine.onNewcomer(peer, 'webrtc');
      if (connection instanceof PeerConnection) meeting.carry(peerWire, connection);
      return;
    }
    const endpoint = this.engine.host.endpoint(peer);
    if (this.engine.ipFilter.blocks(endpoint)) return;
    const connection = new PeerConnection(this.engine, torrent, peer, endpoint, false, this.now());
    connection.transport = 'webrtc';
    // By WebRTC itself (DTLS).
    connection.encryption = 'all';
    connection.sources = ['tracker'];
    torrent.swarm.begin(connection);
    connection.stream = meeting.carry(peerWire, connection);
    connection.sayHandshake(infoHash, this.engine.peerId);
  }

  onMissed(infoHash: Uint8Array): void {
    const torrent = this.torrentOf(infoHash);
    if (torrent?.swarm.isHungry === true) torrent.sources.announcer.offerAgain(infoHash);
  }

  onTrackerLost(infoHash: Uint8Array, url: string): void {
    this.engine.torrent(hexOf(infoHash))?.sources.announcer.trackerLost(infoHash, url);
  }

  private torrentOf(infoHash: Uint8Array): Torrent | null {
    const torrent = this.engine.torrent(hexOf(infoHash));
    return torrent?.acceptsPeers === true ? torrent : null;
  }
}
