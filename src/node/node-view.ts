/**
 * What a node shows of itself, as JSON: the same shapes over the control socket, in `--json`, and for whatever else asks. Sizes in bytes,
 * rates in bytes a second, times in ms since 1970 unless a name says otherwise. They only grow: a changed meaning is a new VIEW_VERSION.
 */

import type { DiskShortage, PeerStatus, TrackerStatus, WebSeedStatus } from '../transfer/bittorrent/torrent-status.ts';
import type { PortMappingStatus } from '../net/port-mapping/index.ts';
import type { SearchNetworkName } from '../wire/search-hit.ts';
import type { FailureKind } from './failure.ts';
import type { FetchView } from './search/fetch-view.ts';
import type { SearchNetworkState } from './search/search-network.ts';
import type { SettingKey } from './settings/setting-list.ts';

export const VIEW_VERSION = 1;

/**
 * queued: waits for its turn. metadata: looks for peers that know the torrent. checking: hashes what is on disk. finished: seeded as much as
 * was asked for. resting: the schedule lets nothing move at this hour. no-room: what is missing does not fit on the disk. moving: its files are on their way to another folder. failed: see `problem`. stopped: the node is not running.
 */
export type TransferState =
  | 'queued'
  | 'metadata'
  | 'checking'
  | 'downloading'
  | 'seeding'
  | 'paused'
  | 'finished'
  | 'resting'
  | 'no-room'
  | 'moving'
  | 'failed'
  | 'stopped';

/** get: fetched from others. share: published by somebody here. folder: lies in the share folder, and goes when it goes from there. */
export type TransferOrigin = 'get' | 'share' | 'folder';

export interface ProblemView {
  readonly kind: FailureKind;
  readonly message: string;
  readonly why: string;
  readonly next: string;
}

export interface TransferView {
  /** Its place in the list, from 1; the queue goes by it. */
  readonly number: number;
  /** 40 digits: of v1, or the first of v2 where that is all there is. */
  readonly infoHash: string;
  readonly infoHashV2: string | null;
  readonly name: string;
  readonly origin: TransferOrigin;
  readonly state: TransferState;
  readonly problem: ProblemView | null;
  /** The folder that it lies in, and the file or folder itself. */
  readonly location: string;
  readonly path: string;
  /** Where it goes when it is complete; null: it stays, or has gone there. */
  readonly goesTo: string | null;
  /** All of it; what is wanted of it; what of that is there and checked. 0 until the metadata is there. */
  readonly totalBytes: number;
  readonly wantedBytes: number;
  readonly haveBytes: number;
  /** While checking: looked at so far. */
  readonly checkedBytes: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  /** Payload since it was added, over all runs. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
  /** Uploaded over the size of what is wanted; 0 while that is unknown. */
  readonly ratio: number;
  /** What it needs, and what there is, while it waits for room on the disk. */
  readonly shortage: DiskShortage | null;
  /** At the present rate; null while nothing comes or all is there. */
  readonly leftMs: number | null;
  readonly peers: number;
  readonly seeds: number;
  /** Peers known and not connected. */
  readonly candidates: number;
  readonly webSeeds: number;
  readonly labels: readonly string[];
  readonly sequential: boolean;
  /** 0: no limit but the node's. */
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
  /** When to stop seeding; null: as the settings say. */
  readonly seedRatio: number | null;
  readonly seedMinutes: number | null;
  readonly addedAtMs: number;
  readonly completedAtMs: number | null;
  /** How long it has been seeding, over all runs. */
  readonly seedingMs: number;
  /** What others fetch it by. */
  readonly link: string;
}

export type FilePriority = 'skip' | 'low' | 'normal' | 'high';

export interface FileView {
  /** From 1, as `--only` takes it. */
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  /** Where it begins in the content of the transfer, which pieces cut. */
  readonly offset: number;
  /** In pieces that are there and checked. */
  readonly haveBytes: number;
  readonly priority: FilePriority;
}

export interface PiecesView {
  readonly count: number;
  readonly bytes: number;
  readonly have: number;
  /** A bit a piece, the first is the highest of the first byte, in base64. */
  readonly bits: string;
  /** How many connected peers have each piece, a byte a piece, at most 255, in base64; null where nobody counts. */
  readonly availability: string | null;
}

export interface TransferDetail extends TransferView {
  readonly private: boolean;
  readonly comment: string | null;
  readonly createdBy: string | null;
  readonly creationDateMs: number | null;
  readonly files: readonly FileView[];
  /** Flags as in `kith help flags`, and why each is served or not. */
  readonly peerList: readonly PeerStatus[];
  readonly trackers: readonly TrackerStatus[];
  readonly webSeedList: readonly WebSeedStatus[];
  /** Peers that went, latest last, each with its reason. */
  readonly lastGone: readonly string[];
  /** Null until the metadata is there. */
  readonly pieces: PiecesView | null;
}

export interface NodeTotals {
  readonly transfers: number;
  readonly peers: number;
  readonly uploadRate: number;
  readonly downloadRate: number;
  /** Payload of this run. */
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
}

/** Where the web interface listens, and the file that has its token. */
export interface ApiView {
  readonly url: string;
  readonly tokenFile: string;
}

/** A search network that the node takes part in, in short. */
export interface NetworkSummary {
  readonly network: SearchNetworkName;
  readonly state: SearchNetworkState;
  readonly role: string;
  /** Where others come to; null where nobody can. */
  readonly address: string | null;
  readonly neighbours: number;
}

export interface NodeView {
  readonly version: number;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly listenHost: string;
  /** The port that peers come to. */
  readonly port: number;
  /** Null: there is no web interface. */
  readonly api: ApiView | null;
  /** What links name. */
  readonly trackers: readonly string[];
  readonly shareFolder: string | null;
  readonly dht: boolean;
  /** Whether the router lets the world in, and by which ports. */
  readonly portMapping: PortMappingStatus;
  readonly localDiscovery: boolean;
  readonly networks: readonly NetworkSummary[];
  /** What holds now; `scheduled`: as the schedule says, not the settings. */
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
  readonly scheduled: boolean;
  /** The schedule lets nothing move at this hour. */
  readonly resting: boolean;
  readonly totals: NodeTotals;
  readonly states: Readonly<Partial<Record<TransferState, number>>>;
  /** The latest event: from here on to listen. */
  readonly sequence: number;
}

export interface SettingView {
  readonly key: SettingKey;
  readonly value: string | number;
  /** Which flag, variable or file says so. */
  readonly source: string;
  readonly about: string;
  readonly expected: string;
  /** A change counts at once; otherwise from the next start on. */
  readonly atOnce: boolean;
}

/** What happened, in order. `fetch`: one of a file by its hashes was added, paused or resumed, is done, or has failed. `progress`: what of transfers and fetches has changed. `lost`: so many events passed before somebody asked for them, ask for the list again. */
export type NodeEvent = { readonly sequence: number; readonly atMs: number } & (
  | { readonly type: 'added' | 'changed' | 'metadata' | 'completed' | 'failed' | 'state' | 'verified'; readonly transfer: TransferView }
  | { readonly type: 'removed'; readonly infoHash: string; readonly name: string }
  | { readonly type: 'fetch'; readonly fetch: FetchView }
  | { readonly type: 'fetch-removed'; readonly id: number; readonly name: string }
  | { readonly type: 'setting'; readonly setting: SettingView }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'lost'; readonly count: number }
  | {
      readonly type: 'progress';
      readonly totals: NodeTotals;
      readonly transfers: readonly TransferView[];
      readonly fetches: readonly FetchView[];
    }
);
