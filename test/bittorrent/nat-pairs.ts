/** Two BitTorrent nodes, each behind a NAT of some kind, a tracker and a third peer in the open: whether and how the two meet. */

import { equalBytes } from '../../src/core/bytes.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint, Host } from '../../src/core/host.ts';
import { ENGINE_DEFAULTS, SwarmWorld, torrentOf, Watch } from '../../src/lab/swarm-world.ts';
import { Lan } from '../../src/sim/lan.ts';
import type { NatSpec } from '../../src/sim/nat-spec.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { BitTorrent } from '../../src/transfer/bittorrent/bittorrent.ts';
import type { PeerConnection } from '../../src/transfer/bittorrent/peer-connection.ts';
import type { Torrent } from '../../src/transfer/bittorrent/torrent.ts';
import type { PeerTransport } from '../../src/transfer/bittorrent/transports.ts';
import { LOCAL_DISCOVERY_GROUPS } from '../../src/wire/local-discovery.ts';

const MINUTE_MS = 60_000;
const MEET_MS_MAX = 6 * MINUTE_MS;
/** So slow that nobody is done, and hangs up, before they have met. */
const LINK = { upBytesPerSecond: 20_000, downBytesPerSecond: 200_000 };
const METAINFO = torrentOf(512, 262_144);

/** Where a node is: in the open, behind a NAT, or behind one that has its port open. */
export interface Whereabouts {
  readonly nat?: NatSpec;
  readonly mapped?: boolean;
}

export interface Meeting {
  readonly afterMs: number;
  readonly transport: PeerTransport;
  /** One of the two had been told to dial at that moment. */
  readonly introduced: boolean;
  /** Hash of all that had happened. */
  readonly trace: string;
}

export interface MeetingOptions {
  readonly worldSeed?: number;
  readonly mode?: 'reference' | 'bytes';
  /** Of every packet, once the seed has met the third peer. */
  readonly loss?: number;
  /** They hear each other's multicast. */
  readonly sameLan?: boolean;
  /** False: they have the tracker alone. */
  readonly hasThird?: boolean;
  /** How long they have; enough for two rounds of peer exchange, and introductions after each, when absent. */
  readonly msMax?: number;
  /** The seed hears of nobody by peers. */
  readonly seedIsDeaf?: boolean;
  /** False: the third peer introduces nobody. */
  readonly introductions?: boolean;
}

/** How a seed and a leecher meet, the leecher coming later; null when they do not. */
export function meetingOf(seed: Whereabouts, leecher: Whereabouts, options: MeetingOptions = {}): Meeting | null {
  const { worldSeed = 1, mode = 'reference', loss = 0 } = options;
  const latency = { kind: 'uniform', minMs: 10, maxMs: 80 } as const;
  const swarm = new SwarmWorld(METAINFO, { seed: worldSeed, mode, publicAddresses: true, latency });
  const { world } = swarm;
  const lan = options.sameLan === true ? new Lan(world, LOCAL_DISCOVERY_GROUPS[0] as Endpoint) : null;
  const third = options.hasThird === false ? null : torrentOn(addPeer(swarm, {}, null, false));
  if (third !== null && options.introductions === false) third.extensions.holePunching.receive = () => undefined;
  world.runFor(5000);
  const a = addPeer(swarm, seed, lan, true);
  world.runFor(20_000);
  if (options.seedIsDeaf === true) torrentOn(a).swarm.candidates.addRumour = () => true;
  world.faults = { loss };
  const b = addPeer(swarm, leecher, lan, false);
  const beganMs = world.now;
  if (!world.runUntil(() => connectionOf(a, b) !== null && connectionOf(b, a) !== null, options.msMax ?? MEET_MS_MAX)) return null;
  const { transport, holePunched } = connectionOf(b, a) as PeerConnection;
  const introduced = holePunched || connectionOf(a, b)?.holePunched === true;
  return { afterMs: world.now - beganMs, transport, introduced, trace: world.traceHash() };
}

function addPeer({ world, metainfo }: SwarmWorld, where: Whereabouts, lan: Lan | null, isSeed: boolean): SimNode<BitTorrent> {
  const stores = isSeed ? { [hexOf(metainfo.infoHash)]: 'full' as const } : {};
  return world.addNode((host) => engineOn(host, lan, new Watch(() => world.now)), { ...LINK, ...where, stores });
}

function engineOn(host: Host, lan: Lan | null, observer: Watch): BitTorrent {
  const network = lan === null ? {} : { localNetwork: lan.join(host) };
  const engine = new BitTorrent(host, { ...ENGINE_DEFAULTS, transport: 'both', ...network });
  engine.add({
    metainfo: METAINFO,
    infoHash: METAINFO.infoHash,
    name: null,
    trackers: METAINFO.trackers,
    peers: [],
    location: 'disk',
    selectOnly: null,
    writable: true,
    recheck: 'trust',
    sequential: false,
    paused: false,
    uploadRateMax: 0,
    downloadRateMax: 0,
    observer,
  });
  return engine;
}

function torrentOn({ protocol }: SimNode<BitTorrent>): Torrent {
  return protocol.torrent(hexOf(METAINFO.infoHash)) as Torrent;
}

function connectionOf(node: SimNode<BitTorrent>, other: SimNode<BitTorrent>): PeerConnection | null {
  for (const connection of torrentOn(node).connections) {
    if (connection.peerId !== null && equalBytes(connection.peerId, other.protocol.peerId)) return connection;
  }
  return null;
}
