/** What the engine sees of a network that finds peers without a tracker, such as the DHT (BEP 5). `Kademlia` fits as it is. */

import type { Endpoint } from '../../core/host.ts';

export interface PeerFinder {
  /** There is somebody to ask. */
  readonly isJoined: boolean;
  getPeers(infoHash: Uint8Array, handler: FoundHandler, options: SearchOptions): void;
  /** The same, and says that we are a peer, at that port of our address. */
  announce(infoHash: Uint8Array, port: number, handler: FoundHandler, options: SearchOptions): void;
  /** A node that a peer has named; it is asked whether it is one. */
  addNode(endpoint: Endpoint): void;
}

export interface SearchOptions {
  /** We have the whole torrent (BEP 33). */
  readonly isSeed: boolean;
}

export interface FoundHandler {
  onPeers(peers: readonly Endpoint[]): void;
  /** How many were found, and how many nodes have taken our announce. */
  onPeersDone(result: { readonly peers: number; readonly stored: number }): void;
}
