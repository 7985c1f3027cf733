/** What a node keeps of a transfer from run to run: one row of its list, as JSON. Owns no state. */

import type { MetainfoVersion } from '../../transfer/bittorrent/metainfo.ts';
import type { ProblemView } from '../node-view.ts';
import type { HashesView } from '../search/search-view.ts';

/** How a `share` is made again at the next start: by the hashes that are remembered, or by hashing. */
export interface SharePlan {
  readonly paths: readonly string[];
  readonly name: string | null;
  readonly version: MetainfoVersion;
  readonly pieceBytes: number | null;
  readonly private: boolean;
}

/** What a link says of the one file of a torrent, for networks that know files by their hashes. */
export interface BesideFile {
  /** Null: the metadata will tell. */
  readonly bytes: number | null;
  readonly hashes: HashesView;
}

export interface TransferRecord {
  readonly infoHash: string;
  infoHashV2: string | null;
  name: string;
  location: string;
  /** Where it goes when it is complete; null: it stays. */
  goesTo: string | null;
  /** Null: it was fetched from others. */
  readonly share: SharePlan | null;
  /** As they were given; those of the metainfo come in addition. */
  readonly trackers: readonly (readonly string[])[];
  readonly peers: readonly string[];
  readonly webSeeds: readonly string[];
  /** Null: the link named no other hash. */
  readonly beside: BesideFile | null;
  /** What the link or the caller chose, until the metadata turns it into priorities. */
  readonly selectOnly: readonly number[] | null;
  /** A digit a file: 0 skip, 1 low, 4 normal, 7 high; null: all normal, or not known yet. */
  priorities: string | null;
  labels: readonly string[];
  paused: boolean;
  /** Somebody resumed it after it had seeded enough. */
  seedsOn: boolean;
  sequential: boolean;
  readonly overwrite: boolean;
  uploadRateMax: number;
  downloadRateMax: number;
  seedRatio: number | null;
  seedMinutes: number | null;
  readonly addedAtMs: number;
  completedAtMs: number | null;
  seedingMs: number;
  downloadedBytes: number;
  uploadedBytes: number;
  wastedBytes: number;
  totalBytes: number;
  wantedBytes: number;
  haveBytes: number;
  problem: ProblemView | null;
}

type NewRecord = Pick<TransferRecord, 'infoHash' | 'infoHashV2' | 'name' | 'location' | 'addedAtMs'> & Partial<TransferRecord>;

export function newRecord(known: NewRecord): TransferRecord {
  return {
    goesTo: null,
    share: null,
    trackers: [],
    peers: [],
    webSeeds: [],
    beside: null,
    selectOnly: null,
    priorities: null,
    labels: [],
    paused: false,
    seedsOn: false,
    sequential: false,
    overwrite: false,
    uploadRateMax: 0,
    downloadRateMax: 0,
    seedRatio: null,
    seedMinutes: null,
    completedAtMs: null,
    seedingMs: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    wastedBytes: 0,
    totalBytes: 0,
    wantedBytes: 0,
    haveBytes: 0,
    problem: null,
    ...known,
  };
}

/** The record of a row that this or an older kith wrote: what it did not know yet has its default. Null for what is no record. */
export function recordOf(text: string): TransferRecord | null {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    return null;
  }
  // Nobody but this program writes the list: what could be missing is looked at, not every leaf.
  const { infoHash, name, location, addedAtMs } = (row ?? {}) as Partial<TransferRecord>;
  if (typeof infoHash !== 'string' || !/^[0-9a-f]{40}$/.test(infoHash)) return null;
  if (typeof name !== 'string' || typeof location !== 'string' || typeof addedAtMs !== 'number') return null;
  return newRecord(row as TransferRecord);
}
