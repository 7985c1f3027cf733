/** A held transfer as others see it: the one place where records and the engine's numbers become views. Owns no state. */

import type { Bitset } from '../../core/bitset.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { TorrentFileStatus, TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import { formatMagnet, parseInfoHash } from '../../wire/magnet.ts';
import type { HeldTransfer } from './held-transfer.ts';
import type { FilePriority, FileView, PiecesView, TransferDetail, TransferState, TransferView } from '../node-view.ts';
import type { SharingNode } from '../sharing-node.ts';
import type { TransferRecord } from './transfer-record.ts';

/** The digits that a record has for them, which are the levels of the engine. */
export const PRIORITY_DIGITS: Readonly<Record<FilePriority, string>> = { skip: '0', low: '1', normal: '4', high: '7' };
const AVAILABILITY_MAX = 255;

export function viewOf(held: HeldTransfer, number: number, sharing: SharingNode): TransferView {
  const status = held.snapshot();
  return {
    ...recordFields(held.record),
    number,
    origin: held.origin,
    state: stateOf(held, status),
    path: held.path,
    shortage: status?.shortage ?? null,
    checkedBytes: status?.checkedBytes ?? 0,
    downloadRate: Math.round(status?.downloadRate ?? 0),
    uploadRate: Math.round(status?.uploadRate ?? 0),
    ratio: held.ratio,
    leftMs: leftMs(status),
    peers: status?.peers ?? 0,
    seeds: status?.seeds ?? 0,
    candidates: status?.candidates ?? 0,
    webSeeds: status?.webSeeds.filter(({ state }) => state === 'asking' || state === 'receiving').length ?? 0,
    link: held.shared?.link ?? linkOf(held, sharing),
  };
}

/** Of a node that is not running: what its list says. */
export function viewOfRecord(record: TransferRecord, number: number): TransferView {
  const size = record.wantedBytes || record.totalBytes;
  return {
    ...recordFields(record),
    number,
    origin: record.share === null ? 'get' : 'share',
    state: record.problem !== null ? 'failed' : record.paused ? 'paused' : 'stopped',
    path: record.share?.paths.length === 1 ? (record.share.paths[0] as string) : `${record.location}/${record.name}`,
    checkedBytes: 0,
    downloadRate: 0,
    uploadRate: 0,
    ratio: size === 0 ? 0 : record.uploadedBytes / size,
    shortage: null,
    leftMs: null,
    peers: 0,
    seeds: 0,
    candidates: 0,
    webSeeds: 0,
    link: formatMagnet({ infoHash: parseInfoHash(record.infoHash), name: record.name, trackers: record.trackers.flat() }),
  };
}

export function detailOf(held: HeldTransfer, number: number, sharing: SharingNode): TransferDetail {
  const { metainfo, transfer } = held;
  const status = transfer?.status() ?? null;
  const have = transfer?.torrent.exchange?.store.have ?? null;
  const creationDate = metainfo?.creationDate ?? null;
  return {
    ...viewOf(held, number, sharing),
    private: metainfo?.private ?? false,
    comment: metainfo?.comment ?? null,
    createdBy: metainfo?.createdBy ?? null,
    creationDateMs: creationDate === null ? null : creationDate * 1000,
    files: fileViews(held),
    peerList: transfer?.peers() ?? [],
    trackers: status?.trackers ?? [],
    webSeedList: status?.webSeeds ?? [],
    lastGone: transfer?.lastGone.slice() ?? [],
    pieces: metainfo === null ? null : piecesOf(held, metainfo, have),
  };
}

function recordFields(record: TransferRecord) {
  const { infoHash, infoHashV2, name, location, goesTo, problem, totalBytes, wantedBytes, haveBytes, labels, sequential } = record;
  const { downloadedBytes, uploadedBytes, wastedBytes, uploadRateMax, downloadRateMax, seedRatio, seedMinutes } = record;
  const { addedAtMs, completedAtMs, seedingMs } = record;
  const sizes = { totalBytes, wantedBytes, haveBytes, downloadedBytes, uploadedBytes, wastedBytes };
  const limits = { uploadRateMax, downloadRateMax, seedRatio, seedMinutes };
  return {
    infoHash,
    infoHashV2,
    name,
    location,
    goesTo,
    problem,
    labels,
    sequential,
    ...sizes,
    ...limits,
    addedAtMs,
    completedAtMs,
    seedingMs,
  };
}

export function stateOf(held: HeldTransfer, status: TorrentStatus | null): TransferState {
  if (held.busy === 'moving') return 'moving';
  if (held.record.problem !== null) return 'failed';
  if (status?.state === 'checking' || held.publishing) return 'checking';
  if (held.record.paused) return 'paused';
  if (held.verdict === 'finished') return 'finished';
  if (held.verdict === 'wait' && held.origin !== 'folder') return 'queued';
  if (status?.state === 'paused' && !status.pausedBy.includes('asked')) return status.pausedBy.includes('room') ? 'no-room' : 'resting';
  const state = status?.state ?? 'stopped';
  // Between two states of the queue, or before its beginning is through.
  return state === 'paused' || state === 'stopped' ? 'queued' : state;
}

function leftMs(status: TorrentStatus | null): number | null {
  if (status === null || status.state !== 'downloading' || status.downloadRate <= 0) return null;
  return Math.round(((status.wantedBytes - status.wantedHaveBytes) / status.downloadRate) * 1000);
}

function linkOf(held: HeldTransfer, sharing: SharingNode): string {
  const { metainfo, record } = held;
  const trackers = record.share === null ? held.trackers.flat() : sharing.trackers;
  if (metainfo !== null) return sharing.linkOf(metainfo, trackers);
  return formatMagnet({ infoHash: parseInfoHash(record.infoHash), name: record.name, trackers });
}

/** Padding is in none of them, but between them. */
function fileViews({ metainfo, transfer, record, complete }: HeldTransfer): FileView[] {
  let end = 0;
  const offsets = (metainfo?.files ?? []).map(({ length }) => {
    end += length;
    return end - length;
  });
  const statuses = transfer === null ? filesOf(metainfo, record.priorities, complete) : transfer.torrent.content.fileStatuses();
  return statuses.map(({ index, path, length, priority, haveBytes }) => ({
    number: index + 1,
    path: path.join('/'),
    bytes: length,
    offset: offsets[index] ?? 0,
    haveBytes,
    priority: priorityOf(String(priority)),
  }));
}

/** Of a transfer that is not in the engine: nobody knows which pieces of an incomplete one are there. */
function filesOf(metainfo: Metainfo | null, priorities: string | null, complete: boolean): TorrentFileStatus[] {
  const files = [...(metainfo?.files ?? []).entries()].filter(([, { pad }]) => !pad);
  return files.map(([index, { path, length }]) => {
    const digit = priorities?.[index] ?? PRIORITY_DIGITS.normal;
    return { index, path, length, priority: Number(digit), haveBytes: complete && digit !== PRIORITY_DIGITS.skip ? length : 0 };
  });
}

function priorityOf(digit: string): FilePriority {
  const names = Object.keys(PRIORITY_DIGITS) as FilePriority[];
  return names.find((name) => PRIORITY_DIGITS[name] === digit) ?? 'normal';
}

function piecesOf(held: HeldTransfer, { pieceCount, pieceBytes, totalBytes }: Metainfo, have: Bitset | null): PiecesView {
  const picker = held.transfer?.torrent.exchange?.activeDownloader?.picker ?? null;
  const availability = picker === null ? null : new Uint8Array(pieceCount);
  if (picker !== null && availability !== null) {
    for (let piece = 0; piece < pieceCount; piece++) availability[piece] = Math.min(AVAILABILITY_MAX, picker.availabilityOf(piece));
  }
  return {
    count: pieceCount,
    bytes: Math.min(pieceBytes, totalBytes),
    have: have?.count ?? 0,
    bits: Buffer.from(have?.bytes ?? new Uint8Array(Math.ceil(pieceCount / 8))).toString('base64'),
    availability: availability === null ? null : Buffer.from(availability).toString('base64'),
  };
}
