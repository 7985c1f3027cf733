/** What is in the list of transfers, whichever it is: a torrent, or a file that is fetched by its hashes. One shape of both, made once for each view. Owns no state. */

import { FETCH_STATE_WORDS, type FetchView, STATE_WORDS, type TransferState, type TransferView } from '../api/views.ts';
import { fetchPath, itemPath } from '../shell/places.ts';

/** In one word, as it is shown. removed: no longer in the list, and in its place until nobody points at the rows. */
export type RowState = TransferState | 'opening' | 'waiting' | 'done' | 'removed';

export interface ListRow {
  /** The info-hash, or `f3`. */
  readonly key: string;
  /** As commands name it: `3`, `f3`. */
  readonly word: string;
  /** Fetches stand behind torrents. */
  readonly number: number;
  readonly name: string;
  /** Of a fetch the networks that it comes from. */
  readonly labels: readonly string[];
  readonly state: RowState;
  readonly stateWords: string;
  /** Besides the key: what it is found by. */
  readonly hashes: string;
  readonly bytes: number;
  /** From 0 to 1; while it is checked, how far that is. */
  readonly done: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly leftMs: number | null;
  /** Peers that are connected, or holders that are known. */
  readonly others: number;
  readonly othersText: string;
  /** Null: it is not shared by what it is. */
  readonly ratio: number | null;
  readonly addedAtMs: number;
  /** Its page. */
  readonly path: string;
  readonly transfer: TransferView | null;
  readonly fetch: FetchView | null;
}

/** More torrents than anybody has. */
const BEHIND_TORRENTS = 1e9;

const FETCH_STATES: Readonly<Record<FetchView['state'], RowState>> = {
  opening: 'opening',
  moving: 'downloading',
  waiting: 'waiting',
  checking: 'checking',
  done: 'done',
  failed: 'failed',
  stopped: 'stopped',
  paused: 'paused',
};

const made = new WeakMap<TransferView | FetchView, ListRow>();

export function rowOfTransfer(transfer: TransferView): ListRow {
  return made.get(transfer) ?? remembered(transfer, transferRow(transfer));
}

export function rowOfFetch(fetch: FetchView): ListRow {
  return made.get(fetch) ?? remembered(fetch, fetchRow(fetch));
}

export function fetchKey(id: number): string {
  return `f${id}`;
}

/** The same row when it has left the list. */
export function goneRow(row: ListRow): ListRow {
  if (row.state === 'removed') return row;
  return { ...row, state: 'removed', stateWords: 'removed', downloadRate: 0, uploadRate: 0, leftMs: null, transfer: null, fetch: null };
}

function remembered(view: TransferView | FetchView, row: ListRow): ListRow {
  made.set(view, row);
  return row;
}

function transferRow(transfer: TransferView): ListRow {
  const { infoHash, number, name, labels, state, problem, wantedBytes, totalBytes, peers, ratio } = transfer;
  const { downloadRate, uploadRate, leftMs, addedAtMs } = transfer;
  return {
    key: infoHash,
    word: String(number),
    number,
    name,
    labels,
    state,
    stateWords: problem?.message ?? STATE_WORDS[state],
    hashes: '',
    bytes: wantedBytes || totalBytes,
    done: doneOf(transfer),
    downloadRate,
    uploadRate,
    leftMs,
    others: peers,
    othersText: String(peers),
    ratio,
    addedAtMs,
    path: itemPath(infoHash),
    transfer,
    fetch: null,
  };
}

function fetchRow(fetch: FetchView): ListRow {
  const { id, name, networks, state, problem, hashes, bytes, haveBytes, downloadRate, leftMs, holders, sending, addedAtMs } = fetch;
  const key = fetchKey(id);
  return {
    key,
    word: key,
    number: BEHIND_TORRENTS + id,
    name,
    labels: networks.map(({ network }) => network),
    state: FETCH_STATES[state],
    stateWords: problem?.message ?? FETCH_STATE_WORDS[state],
    hashes: Object.values(hashes).join(' '),
    bytes,
    done: bytes === 0 ? Number(state === 'done') : Math.min(1, haveBytes / bytes),
    downloadRate,
    uploadRate: 0,
    leftMs,
    others: holders,
    othersText: sending === 0 ? String(holders) : `${sending}/${holders}`,
    ratio: null,
    addedAtMs,
    path: fetchPath(id),
    transfer: null,
    fetch,
  };
}

export function doneOf({ state, wantedBytes, haveBytes, checkedBytes }: TransferView): number {
  if (wantedBytes === 0) return 0;
  return Math.min(1, (state === 'checking' ? checkedBytes : haveBytes) / wantedBytes);
}
