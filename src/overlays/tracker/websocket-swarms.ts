/**
 * Which peers of which swarm can be introduced over WebRTC: those whose channel to the tracker is open. Owns the swarms and who is in
 * them; a peer is one info-hash on one channel, whatever id it goes by, so that nobody takes another's place by saying its id.
 */

import type { Random } from '../../core/random.ts';

/** Offers that a peer was handed and has not answered; the oldest are forgotten, with the right to answer them. */
const OFFERS_HELD_MAX = 100;

/** Who can be sent something: the connection of the peer. */
export interface WebSocketPeer<C> {
  readonly channel: C;
  readonly infoHash: string;
  peerId: Uint8Array;
  isSeed: boolean;
  announcedMs: number;
  /** Its index in the swarm's list. */
  index: number;
  /** By offer: who has made it. */
  readonly held: Map<string, WebSocketPeer<C>>;
  gone: boolean;
}

interface Swarm<C> {
  readonly peers: WebSocketPeer<C>[];
  seeds: number;
  downloaded: number;
}

export interface WebSocketCounts {
  readonly seeders: number;
  readonly leechers: number;
  readonly completed: number;
}

const NOBODY: WebSocketCounts = { seeders: 0, leechers: 0, completed: 0 };

export class WebSocketSwarms<C> {
  private readonly random: Random;
  private readonly swarms = new Map<string, Swarm<C>>();
  peers = 0;

  constructor(random: Random) {
    this.random = random;
  }

  get size(): number {
    return this.swarms.size;
  }

  join(channel: C, infoHash: string, peerId: Uint8Array, isSeed: boolean, nowMs: number): WebSocketPeer<C> {
    let swarm = this.swarms.get(infoHash);
    if (swarm === undefined) {
      swarm = { peers: [], seeds: 0, downloaded: 0 };
      this.swarms.set(infoHash, swarm);
    }
    const index = swarm.peers.length;
    const peer: WebSocketPeer<C> = { channel, infoHash, peerId, isSeed, announcedMs: nowMs, index, held: new Map(), gone: false };
    swarm.peers.push(peer);
    if (isSeed) swarm.seeds++;
    this.peers++;
    return peer;
  }

  /** It has announced again. */
  refresh(peer: WebSocketPeer<C>, peerId: Uint8Array, isSeed: boolean, completed: boolean, nowMs: number): void {
    const swarm = this.swarms.get(peer.infoHash);
    if (swarm === undefined || peer.gone) return;
    // Who repeats its event, or says it of what it had all along, is not counted again.
    if (completed && !peer.isSeed) swarm.downloaded++;
    swarm.seeds += Number(isSeed) - Number(peer.isSeed);
    peer.isSeed = isSeed;
    peer.peerId = peerId;
    peer.announcedMs = nowMs;
  }

  leave(peer: WebSocketPeer<C>): void {
    const swarm = this.swarms.get(peer.infoHash);
    if (swarm === undefined || peer.gone) return;
    peer.gone = true;
    peer.held.clear();
    const last = swarm.peers.pop() as WebSocketPeer<C>;
    if (last !== peer) {
      swarm.peers[peer.index] = last;
      last.index = peer.index;
    }
    if (peer.isSeed) swarm.seeds--;
    this.peers--;
    if (swarm.peers.length === 0) this.swarms.delete(peer.infoHash);
  }

  /** Up to `count` others of its swarm, each equally likely; a seed is given no seeds. */
  pick(peer: WebSocketPeer<C>, count: number): WebSocketPeer<C>[] {
    const { peers } = this.swarms.get(peer.infoHash) as Swarm<C>;
    const picked: WebSocketPeer<C>[] = [];
    // The front of a shuffled list: the list may stay as the shuffle leaves it.
    for (let at = 0; at < peers.length && picked.length < count; at++) {
      const chosen = at + this.random.below(peers.length - at);
      const [here, there] = [peers[at], peers[chosen]] as [WebSocketPeer<C>, WebSocketPeer<C>];
      [peers[at], peers[chosen]] = [there, here];
      [there.index, here.index] = [at, chosen];
      if (there !== peer && !(peer.isSeed && there.isSeed)) picked.push(there);
    }
    return picked;
  }

  /** `to` is handed that offer of `from`, and may answer it once. */
  hold(to: WebSocketPeer<C>, offerId: string, from: WebSocketPeer<C>): void {
    to.held.delete(offerId);
    to.held.set(offerId, from);
    for (const oldest of to.held.keys()) {
      if (to.held.size <= OFFERS_HELD_MAX) return;
      to.held.delete(oldest);
    }
  }

  /** Who has made the offer that `peer` answers; null when it was not handed one, has answered it already, or that peer has gone. */
  release(peer: WebSocketPeer<C>, offerId: string): WebSocketPeer<C> | null {
    const from = peer.held.get(offerId) ?? null;
    peer.held.delete(offerId);
    return from === null || from.gone ? null : from;
  }

  counts(infoHash: string): WebSocketCounts {
    const swarm = this.swarms.get(infoHash);
    if (swarm === undefined) return NOBODY;
    return { seeders: swarm.seeds, leechers: swarm.peers.length - swarm.seeds, completed: swarm.downloaded };
  }
}
