/** A BitTorrent swarm in the simulator: a tracker, seeds and leechers that run the real engine; what experiments and tests run on. */

import { hexOf } from '../core/hex.ts';
import type { Endpoint, StoreFailure } from '../core/host.ts';
import { Tracker } from '../overlays/tracker/tracker.ts';
import type { NodeOptions, SimNode } from '../sim/sim-node.ts';
import { World, type WorldOptions } from '../sim/world.ts';
import { BitTorrent } from '../transfer/bittorrent/bittorrent.ts';
import { encodeInfo } from '../transfer/bittorrent/create-metainfo.ts';
import type { Metainfo } from '../transfer/bittorrent/metainfo.ts';
import { parseInfo } from '../transfer/bittorrent/parse-metainfo.ts';
import type { Torrent } from '../transfer/bittorrent/torrent.ts';
import type { AddTorrent, BitTorrentOptions, TorrentObserver, TorrentState } from '../transfer/bittorrent/torrent-status.ts';

/** Where the tracker of every swarm is. */
export const TRACKER_URL = 'udp://tracker.sim:6881/announce';

/** Bytes per second in a Mbit/s. */
export const MBIT = 125_000;

/** A torrent of one file whose piece hashes mean nothing: in the simulator a store knows genuine content by its mark. */
export function torrentOf(pieceCount: number, pieceBytes: number, isPrivate = false): Metainfo {
  return torrentOfFiles([pieceCount * pieceBytes - Math.floor(pieceBytes / 3)], pieceBytes, isPrivate);
}

/** The same of several files, by their lengths. */
export function torrentOfFiles(lengths: readonly number[], pieceBytes: number, isPrivate = false): Metainfo {
  const one = lengths.length === 1;
  const files = lengths.map((length, index) => {
    return { path: one ? ['content'] : ['content', `${index}`], length, pad: false, executable: false, symlink: null };
  });
  const pieces = Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / pieceBytes);
  const info = encodeInfo({ name: 'content', files, pieceBytes, pieceHashes: new Uint8Array(20 * pieces), private: isPrivate });
  return parseInfo(info, { trackers: [[TRACKER_URL]], webSeeds: [] });
}

/** What became of one node's torrent. */
export class Watch implements TorrentObserver {
  completeAtMs: number | null = null;
  failure: StoreFailure | null = null;
  metadata = false;
  pieces = 0;
  peersComplete = 0;
  readonly states: TorrentState[] = [];
  readonly partings: string[] = [];
  /** Pieces in the order in which they were verified. */
  readonly order: number[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  onTorrentState(_infoHash: string, state: TorrentState): void {
    this.states.push(state);
  }
  onTorrentMetadata(): void {
    this.metadata = true;
  }
  onTorrentPiece(_infoHash: string, piece: number): void {
    this.pieces++;
    this.order.push(piece);
  }
  onTorrentComplete(): void {
    this.completeAtMs ??= this.now();
  }
  onTorrentFailed(_infoHash: string, failure: StoreFailure): void {
    this.failure = failure;
  }
  onTorrentPeerComplete(): void {
    this.peersComplete++;
  }
  onTorrentPeerGone(_infoHash: string, _endpoint: Endpoint, reason: string, detail: string): void {
    this.partings.push(`${reason}: ${detail}`);
  }
}

export interface Member {
  readonly node: SimNode<BitTorrent>;
  readonly watch: Watch;
  /** The torrent of the process that runs now, or ran last. */
  torrent: Torrent;
}

export class SwarmWorld {
  readonly world: World;
  readonly metainfo: Metainfo;
  readonly members: Member[] = [];
  readonly tracker: SimNode<Tracker>;

  constructor(metainfo: Metainfo, options: WorldOptions) {
    this.metainfo = metainfo;
    this.world = new World(options);
    this.tracker = this.world.addNode((host) => new Tracker(host, { announcesPerAddressMax: 1000 }));
    this.world.name('tracker.sim', this.tracker);
  }

  seed(options: NodeOptions = {}, engine: Partial<BitTorrentOptions> = {}, spec: Partial<AddTorrent> = {}): Member {
    return this.member({ ...options, stores: { [hexOf(this.metainfo.infoHash)]: 'full' } }, engine, spec);
  }

  leecher(options: NodeOptions = {}, engine: Partial<BitTorrentOptions> = {}, spec: Partial<AddTorrent> = {}): Member {
    return this.member(options, engine, spec);
  }

  /** A node with the torrent added; it starts at this very moment. */
  private member(options: NodeOptions, engine: Partial<BitTorrentOptions>, spec: Partial<AddTorrent>): Member {
    const watch = new Watch(() => this.world.now);
    const member: { node: SimNode<BitTorrent> | null; watch: Watch; torrent: Torrent | null } = { node: null, watch, torrent: null };
    member.node = this.world.addNode((host) => {
      const bittorrent = new BitTorrent(host, { ...ENGINE_DEFAULTS, ...engine });
      member.torrent = bittorrent.add({ ...this.addSpec(watch), ...spec });
      this.onTorrent(member.torrent);
      return bittorrent;
    }, options);
    this.members.push(member as Member);
    return member as Member;
  }

  /** Called with each new torrent object, of restarted processes too, before it starts. */
  onTorrent: (torrent: Torrent) => void = () => {};

  private addSpec(observer: TorrentObserver): AddTorrent {
    return {
      metainfo: this.metainfo,
      infoHash: this.metainfo.infoHash,
      name: null,
      trackers: this.metainfo.trackers,
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
    };
  }

  get allComplete(): boolean {
    return this.members.every((member) => member.watch.completeAtMs !== null);
  }

  /** Runs until everybody is complete; false when that takes longer than `msMax`. */
  finish(msMax: number): boolean {
    return this.world.runUntil(() => this.allComplete, msMax);
  }

  /** Ends every process in an orderly way, and lets the last words arrive. */
  leaveAll(): void {
    for (const { node } of this.members) this.world.leave(node);
    this.world.runFor(1000);
  }

  /** Payload thrown away, as a part of the content, by the one who has thrown away most. */
  get wasteMax(): number {
    return Math.max(...this.members.map(({ torrent }) => torrent.status().wastedBytes)) / this.metainfo.totalBytes;
  }

  /** Copies of the content that a member has sent. */
  copiesSentBy(member: Member): number {
    return member.torrent.status().uploadedBytes / this.metainfo.totalBytes;
  }
}

/** When everybody but seeds was done, in order; Infinity for those who are not. */
export function finishTimes(members: readonly Member[]): number[] {
  return members.map(({ watch }) => watch.completeAtMs ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
}

export const ENGINE_DEFAULTS: BitTorrentOptions = {
  listenPort: 6881,
  uploadSlots: 4,
  uploadRateMax: 0,
  downloadRateMax: 0,
  connectionsMax: 200,
  connectionsPerTorrentMax: 50,
  allowManyPerAddress: false,
};
