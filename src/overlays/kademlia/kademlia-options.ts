/** What can be chosen about a Kademlia node. One object may serve any number of nodes. */

import type { Endpoint } from '../../core/host.ts';
import type { Signatures } from '../../core/signatures.ts';
import type { NodeId } from './node-id.ts';
import type { KademliaState } from './saved-state.ts';

/** A host name and a port, as `nodes` of a torrent has them (BEP 5). */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where clients of the Mainline DHT begin. BEP 5: never written into a torrent. */
export const MAINLINE_ROUTERS: readonly HostPort[] = [
  { host: 'dht.libtorrent.org', port: 25_401 },
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.transmissionbt.com', port: 6881 },
];

export interface KademliaOptions {
  /** Where to begin: endpoints, and names that are looked up. Both none: wait until `addNode` or a query names somebody. */
  readonly bootstrap: readonly Endpoint[];
  readonly bootstrapNames: readonly HostPort[];
  /** What `save` gave last time, or null. */
  readonly state: KademliaState | null;
  /** Null: that of the state, or a random one. It follows the address as soon as others have told us that (BEP 42), unless given here. */
  readonly id: NodeId | null;
  /** Address families to take part in; null: those of the host's socket. */
  readonly families: readonly (4 | 6)[] | null;
  /** BEP 43: answer nobody. */
  readonly readOnly: boolean;
  /** BEP 42: trust only nodes whose id fits their address with what is stored, and with the end of a lookup. */
  readonly enforceIds: boolean;
  /** Ed25519 for mutable items; null: none are stored, and those found are not believed. */
  readonly signatures: Signatures | null;
  /** k: contacts in a bucket, and in a reply. */
  readonly k: number;
  /** α: questions of a lookup in flight. */
  readonly parallel: number;
  readonly slowMs: number;
  readonly timeoutMs: number;
  /** So often, about, a node looks after what gets old. */
  readonly tickMs: number;
  /** A bucket without a lookup for so long gets one (BEP 5). 0: never. */
  readonly refreshMs: number;
  /** Queries of one address answered in a second; 0: all. */
  readonly queriesPerSecond: number;
  /** Peers in one reply. With 50 it has about 720 bytes, seven times a query. */
  readonly replyPeersMax: number;
  /** Storage, of each address family. */
  readonly infoHashesMax: number;
  readonly peersPerInfoHashMax: number;
  readonly infoHashesPerAddressMax: number;
  readonly peerAgeMs: number;
  readonly itemsMax: number;
  readonly itemsPerAddressMax: number;
  readonly itemAgeMs: number;
}

export const KADEMLIA_DEFAULTS: KademliaOptions = {
  bootstrap: [],
  bootstrapNames: [],
  state: null,
  id: null,
  families: null,
  readOnly: false,
  enforceIds: true,
  signatures: null,
  k: 8,
  parallel: 3,
  slowMs: 1000,
  timeoutMs: 5000,
  tickMs: 30_000,
  refreshMs: 900_000,
  queriesPerSecond: 50,
  replyPeersMax: 50,
  infoHashesMax: 4000,
  peersPerInfoHashMax: 1000,
  infoHashesPerAddressMax: 200,
  peerAgeMs: 2_700_000,
  itemsMax: 2000,
  itemsPerAddressMax: 100,
  itemAgeMs: 7_200_000,
};
