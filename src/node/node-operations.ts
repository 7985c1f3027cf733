/** What can be asked of a node: by a command through the control socket, by an API, by a policy. Every promise may reject with a Failure. */

import type { MetainfoVersion } from '../transfer/bittorrent/metainfo.ts';
import type { SearchOperations } from './search/search-operations.ts';
import type { SettingKey } from './settings/setting-list.ts';
import type { Source } from './source.ts';
import type { FilePriority, NodeEvent, NodeView, SettingView, TransferDetail, TransferView } from './node-view.ts';

/**
 * What `get` takes, paths made absolute: who passes on what strangers say lets no path through. Or the bytes of a `.torrent`, or what was read already.
 */
export type AddSource = { readonly link: string } | { readonly metainfo: Uint8Array } | { readonly source: Source };

export interface AddOptions {
  /** Absolute; null takes the setting `node.folder`. */
  readonly folder?: string | null;
  /** Absolute: where it goes when it is complete. Absent: it stays in a `folder` that is named, and else goes where the settings say. */
  readonly completedFolder?: string;
  /** File indices to get, or null for what the link says, or all. */
  readonly only?: readonly number[] | null;
  readonly trackers?: readonly string[];
  /** `host:port`. */
  readonly peers?: readonly string[];
  readonly webSeeds?: readonly string[];
  readonly labels?: readonly string[];
  readonly paused?: boolean;
  readonly sequential?: boolean;
  /** Replace files of the same name that are something else. */
  readonly overwrite?: boolean;
  readonly uploadRateMax?: number;
  readonly downloadRateMax?: number;
  readonly seedRatio?: number | null;
  readonly seedMinutes?: number | null;
}

export interface ShareOptions {
  readonly name?: string | null;
  readonly version?: MetainfoVersion;
  readonly pieceBytes?: number | null;
  readonly private?: boolean;
  readonly labels?: readonly string[];
}

export interface Added {
  readonly transfer: TransferView;
  /** It was in the list before; nothing of it was changed. */
  readonly already: boolean;
}

/** Only what is named changes. */
export interface TransferChanges {
  readonly labels?: readonly string[];
  readonly sequential?: boolean;
  readonly uploadRateMax?: number;
  readonly downloadRateMax?: number;
  readonly seedRatio?: number | null;
  readonly seedMinutes?: number | null;
}

/** A step, or a place in the queue, from 0. */
export type QueueMove = 'top' | 'up' | 'down' | 'bottom' | number;

export interface EventOptions {
  /** The last event that was seen; absent: only what happens from now on is told. */
  readonly after?: number;
  /** Also tell the numbers of transfers that have changed, this often; 0: never. */
  readonly progressMs?: number;
  readonly signal?: AbortSignal;
}

/** Transfers are named by the `infoHash` of their view. */
export interface NodeOperations {
  /** Searches, and the networks that they go over. */
  readonly search: SearchOperations;
  status(): Promise<NodeView>;
  /** In the order of the queue; what lies in the share folder comes last. */
  list(): Promise<readonly TransferView[]>;
  info(infoHash: string): Promise<TransferDetail>;
  add(source: AddSource, options: AddOptions): Promise<Added>;
  /** Resolves when it was hashed and is shared. */
  share(paths: readonly string[], options: ShareOptions): Promise<Added>;
  pause(infoHash: string): Promise<TransferView>;
  /** Also after a failure, and after it has seeded enough: then for as long as it likes. */
  resume(infoHash: string): Promise<TransferView>;
  /** With `data` its files go too. */
  remove(infoHash: string, data: boolean): Promise<void>;
  /** Hashes again all that is on disk. Resolves when it has begun; a `verified` event tells the end. */
  verify(infoHash: string): Promise<TransferView>;
  /** Asks its trackers for peers as soon as they allow it. */
  reannounce(infoHash: string): Promise<TransferView>;
  change(infoHash: string, changes: TransferChanges): Promise<TransferView>;
  /** Indices from 0. */
  prioritize(infoHash: string, files: readonly number[], priority: FilePriority): Promise<TransferView>;
  /** Resolves when the files are there. */
  move(infoHash: string, folder: string): Promise<TransferView>;
  reorder(infoHash: string, to: QueueMove): Promise<TransferView>;
  settings(): Promise<readonly SettingView[]>;
  /** `lasting` writes it to the user's file. `typed` is as in a file or on a command line. */
  set(key: SettingKey, typed: string, lasting: boolean): Promise<SettingView>;
  events(options: EventOptions): AsyncIterable<NodeEvent>;
  /** A link by which a browser opens the pages, once; null where there is no web interface. */
  pagesLink(): Promise<string | null>;
  /** Asks the node to stop in good order; does not wait for it. */
  stop(): Promise<void>;
}
