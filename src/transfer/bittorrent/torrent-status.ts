/** What is asked of the BitTorrent engine and what it tells: plain data between the engine and whoever runs it. */

import type { CloseReason, Endpoint, Fetcher, Multicaster, StoreFailure } from '../../core/host.ts';
import type { ChannelDialler } from '../../core/channel.ts';
import type { WebRtc } from '../../core/web-rtc.ts';
import type { CandidateSource } from './candidate.ts';
import type { ChokeReason } from './choke-reasons.ts';
import type { EncryptionPolicy } from './encryption-policy.ts';
import type { Metainfo } from './metainfo.ts';
import type { PeerTransport, TransportChoice } from './transports.ts';
import type { PeerFinder } from './peer-finder.ts';

export interface BitTorrentOptions {
  /** 20 bytes (BEP 20). Chosen by the engine from `host.random` when absent. */
  readonly peerId?: Uint8Array;
  /** Finds peers without a tracker; without it trackers, and people, are asked alone. */
  readonly peerFinder?: PeerFinder;
  /** For HTTP trackers; without it only UDP trackers are asked. */
  readonly fetcher?: Fetcher;
  /** Port told to trackers; 0 announces without listening. */
  readonly listenPort: number;
  /** How peers are dialled and let in; `tcp` when absent. */
  readonly transport?: TransportChoice;
  /** Addresses of this machine, whatever their ports; those that the host is bound to when absent. */
  readonly ownAddresses?: () => readonly Endpoint[];
  /** Upload slots: a fixed number, or `adaptive` (BEP 3's choker with as many slots as the upload rate supports). */
  readonly uploadSlots: number | 'adaptive';
  /** Bytes per second over all torrents; 0 is no limit. */
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerTorrentMax: number;
  /** Several connections from one address (needed on loopback, an abuse risk elsewhere). Loopback addresses are always allowed. */
  readonly allowManyPerAddress: boolean;
  /** Encrypted connections (MSE): `off` when absent. */
  readonly encryption?: EncryptionPolicy;
  /** Bytes that nobody can guess, for keys; `host.random` when absent, which does where nobody listens. */
  readonly secretBytes?: (length: number) => Uint8Array;
  /** For local discovery (BEP 14); without it nothing is said in our own network, and nothing heard. */
  readonly localNetwork?: Multicaster;
  /**
   * Content goes to disk only while this many bytes more are free than all that is missing of running torrents; a torrent for which there
   * is no room pauses itself, and goes on when there is. Absent: nobody looks.
   */
  readonly diskReserveBytes?: number;
  /** For peers in browsers: WebSockets to the trackers that introduce them, and the connections themselves. */
  readonly webRtc?: { readonly channels: ChannelDialler; readonly meetings: WebRtc };
  /** For experiments: how torrents that are not `sequential` choose pieces; `rarest` when absent. */
  readonly pieceOrder?: PieceOrder;
}

/** Rarest first, any at random, or in order (for previews and streams; rarest first far ahead). */
export type PieceOrder = 'rarest' | 'random' | 'sequential';

export interface AddTorrent {
  /** What is known already; without it the info dictionary is fetched from peers (BEP 9). */
  readonly metainfo: Metainfo | null;
  /** 20 bytes: the info-hash of v1, or the first of v2 where that is all that is known. */
  readonly infoHash: Uint8Array;
  /** 32 bytes of BitTorrent v2 (BEP 52), as far as they are known; the metainfo says them too. */
  readonly infoHashV2?: Uint8Array | null;
  /** Shown until the metainfo is there. */
  readonly name: string | null;
  readonly trackers: readonly (readonly string[])[];
  /** Peers to dial at once (magnet `x.pe`, `--peer`). */
  readonly peers: readonly Endpoint[];
  /** Web servers with the files (magnet `ws`, BEP 19), besides those that the metainfo names. */
  readonly webSeeds?: readonly string[];
  /** Folder below which the files lie. */
  readonly location: string;
  /** File indices to get (BEP 53 `so`), or null for all. */
  readonly selectOnly: readonly number[] | null;
  /** On top of that: priorities from 0 (not wanted) to 7 by file index; wanted files have 4. Those of files that do not exist are ignored. */
  readonly filePriorities?: ReadonlyMap<number, number>;
  /** False: seed what is there, never write. */
  readonly writable: boolean;
  readonly recheck: 'trust' | 'check';
  /** Pieces in order instead of rarest first. */
  readonly sequential: boolean;
  /** As a seed, show each peer one piece at a time (BEP 16). */
  readonly superSeed?: boolean;
  readonly paused: boolean;
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
  readonly observer: TorrentObserver;
}

/**
 * metadata: waiting for the info dictionary. checking: hashing what is on disk. downloading, seeding: as they say; with files
 * deselected `seeding` means that all wanted ones are there (a partial seed, BEP 21). failed: see `failure`.
 */
export type TorrentState = 'metadata' | 'checking' | 'downloading' | 'seeding' | 'paused' | 'failed' | 'stopped';

/** Why a torrent is paused: somebody has asked for it, all are to rest for a while, or its disk has no room for what is missing. */
export type PauseReason = 'asked' | 'rest' | 'room';

/** What a torrent that is paused for want of room would need, and what there is; the need contains what is promised to others, and the reserve. */
export interface DiskShortage {
  readonly neededBytes: number;
  readonly freeBytes: number;
}

/** All torrents together; bytes of payload since each was added, rates in bytes per second. */
export interface TorrentTotals {
  torrents: number;
  peers: number;
  uploadedBytes: number;
  downloadedBytes: number;
  uploadRate: number;
  downloadRate: number;
}

export interface TorrentStatus {
  readonly infoHash: string;
  readonly name: string;
  readonly state: TorrentState;
  readonly failure: StoreFailure | null;
  /** While `paused`, or to be so after checking. */
  readonly pausedBy: readonly PauseReason[];
  readonly shortage: DiskShortage | null;
  /** The folder below which the files lie; they are on their way to another one while `moving`. */
  readonly location: string;
  readonly moving: boolean;
  readonly pieceCount: number;
  readonly piecesHave: number;
  /** Bytes of wanted files, and how many of them are verified. 0 until the metainfo is there. */
  readonly wantedBytes: number;
  readonly wantedHaveBytes: number;
  /** While checking: bytes looked at. */
  readonly checkedBytes: number;
  /** Payload bytes since the torrent was added. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Payload thrown away: failed pieces and blocks that came twice. */
  readonly wastedBytes: number;
  /** Bytes per second, averaged over some seconds. */
  readonly downloadRate: number;
  readonly uploadRate: number;
  /** Connected peers; how many of them have everything; peers known and not connected. */
  readonly peers: number;
  readonly seeds: number;
  readonly candidates: number;
  readonly trackers: readonly TrackerStatus[];
  readonly webSeeds: readonly WebSeedStatus[];
}

export interface TorrentFileStatus {
  /** In the metainfo, padding counted. */
  readonly index: number;
  readonly path: readonly string[];
  readonly length: number;
  /** 0: not wanted; 4 is usual; 7: first of all. */
  readonly priority: number;
  /** Verified bytes. */
  readonly haveBytes: number;
}

export interface WebSeedStatus {
  readonly url: string;
  /** Which key of the metainfo it is of: BEP 19's or BEP 17's. */
  readonly kind: 'url-list' | 'httpseeds';
  /**
   * idle: peers are enough, or nothing is left for it. waiting: it has failed, and is asked again later. failed: it has other files.
   * banned: it sent what is not the content.
   */
  readonly state: 'idle' | 'asking' | 'receiving' | 'waiting' | 'failed' | 'banned';
  /** What went wrong last. */
  readonly message: string;
  readonly requests: number;
  readonly downloadRate: number;
  readonly downloadedBytes: number;
}

export interface TrackerStatus {
  readonly url: string;
  readonly tier: number;
  readonly state: 'idle' | 'announcing' | 'working' | 'failed';
  /** The tracker's own words: failure reason, warning, or the error. */
  readonly message: string;
  readonly seeders: number;
  readonly leechers: number;
  /** Leechers that want something, which partial seeds (BEP 21) do not; null where the tracker does not tell. Known after a scrape. */
  readonly downloaders: number | null;
  /** Milliseconds since the latest announce came to an end, good or bad; null before the first. */
  readonly askedAgoMs: number | null;
  /** Milliseconds until the next announce. */
  readonly nextInMs: number;
}

export interface PeerStatus {
  /** `1.2.3.4:80` as text; the URL of a web seed. */
  readonly endpoint: string;
  /** Name and version read out of the peer id or the extension handshake. */
  readonly client: string;
  /** qBittorrent's letters: `D d U u K ? O S F I H h X L E e P`, in this order, without blanks; then `R` over WebRTC; and `W` for a web seed. */
  readonly flags: string;
  /** Fraction 0..1 of the pieces that the peer has. */
  readonly progress: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Where it is known from; `incoming` is among them when it has come to us. */
  readonly sources: readonly CandidateSource[];
  readonly transport: PeerTransport;
  readonly encryption: 'none' | 'handshake' | 'all';
  /** Why we serve it or do not: the code, and its sentence. */
  readonly why: ChokeReason;
  readonly whyText: string;
}

/** Told of what happens to one torrent; every method may be empty. Called in events; a call to the engine also reports the state it causes. */
export interface TorrentObserver {
  onTorrentState(infoHash: string, state: TorrentState): void;
  onTorrentMetadata(infoHash: string, metainfo: Metainfo): void;
  /** A piece has been verified and is on disk. */
  onTorrentPiece(infoHash: string, piece: number): void;
  /** All wanted files are there. Also once after adding, when they were there already. */
  onTorrentComplete(infoHash: string): void;
  onTorrentFailed(infoHash: string, failure: StoreFailure): void;
  /** A peer has said that it has all pieces now. */
  onTorrentPeerComplete(infoHash: string, endpoint: Endpoint): void;
  /** A peer has gone, with the reason: for logs. */
  onTorrentPeerGone(infoHash: string, endpoint: Endpoint, reason: CloseReason, detail: string): void;
}
