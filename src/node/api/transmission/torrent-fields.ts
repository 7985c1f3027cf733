/** The fields of torrent-get (RPC 17, and what its older remotes still ask for), each made of the views of a transfer. Owns no state. */

import type { FileView, TransferDetail, TransferState, TransferView } from '../../node-view.ts';
import type { TorrentNumbers } from './torrent-numbers.ts';

/** TR_STATUS_… */
const STOPPED = 0;
const CHECKING = 2;
const WAITS_TO_DOWNLOAD = 3;
const DOWNLOADING = 4;
const WAITS_TO_SEED = 5;
const SEEDING = 6;
/** eta: there is none, or nobody knows. */
const ETA_NONE = -1;
const ETA_UNKNOWN = -2;
/** error: TR_STAT_… */
const TRACKER_ERROR = 2;
const LOCAL_ERROR = 3;

/** A transfer as the fields see it. Details are null where none of the wanted fields needs them. */
export interface TorrentSource {
  readonly id: number;
  readonly view: TransferView;
  readonly detail: TransferDetail | null;
  readonly numbers: TorrentNumbers;
}

type Field = (source: TorrentSource) => unknown;
type DetailField = (detail: TransferDetail, source: TorrentSource) => unknown;

const seconds = (ms: number | null): number => Math.floor((ms ?? 0) / 1000);

const FIELDS: Readonly<Record<string, Field>> = {
  id: ({ id }) => id,
  hashString: ({ view }) => view.infoHash,
  name: ({ view }) => view.name,
  status: ({ view }) => statusOf(view),
  error: ({ view, detail }) => errorOf(view, detail)[0],
  errorString: ({ view, detail }) => errorOf(view, detail)[1],
  downloadDir: ({ view }) => view.location,
  totalSize: ({ view }) => view.totalBytes,
  sizeWhenDone: ({ view }) => view.wantedBytes,
  leftUntilDone: ({ view }) => leftBytes(view),
  haveValid: ({ view }) => view.haveBytes,
  haveUnchecked: () => 0,
  percentDone: ({ view }) => share(view.haveBytes, view.wantedBytes),
  percentComplete: ({ view }) => share(view.haveBytes, view.totalBytes),
  metadataPercentComplete: ({ view }) => (view.totalBytes > 0 ? 1 : 0),
  recheckProgress: ({ view }) => (view.state === 'checking' ? share(view.checkedBytes, view.totalBytes) : 0),
  isFinished: ({ view }) => view.state === 'finished',
  isStalled: ({ view }) => view.state === 'downloading' && view.downloadRate === 0,
  eta: ({ view }) => (view.leftMs !== null ? seconds(view.leftMs) : leftBytes(view) > 0 ? ETA_UNKNOWN : ETA_NONE),
  etaIdle: () => ETA_NONE,
  rateDownload: ({ view }) => view.downloadRate,
  rateUpload: ({ view }) => view.uploadRate,
  downloadedEver: ({ view }) => view.downloadedBytes,
  uploadedEver: ({ view }) => view.uploadedBytes,
  corruptEver: ({ view }) => view.wastedBytes,
  uploadRatio: ({ view }) => (view.wantedBytes === 0 ? -1 : view.ratio),
  secondsDownloading: ({ view }) => seconds((view.completedAtMs ?? Date.now()) - view.addedAtMs),
  secondsSeeding: ({ view }) => seconds(view.seedingMs),
  addedDate: ({ view }) => seconds(view.addedAtMs),
  startDate: ({ view }) => seconds(view.addedAtMs),
  doneDate: ({ view }) => seconds(view.completedAtMs),
  activityDate: ({ view, numbers }) => (moves(view) ? seconds(Date.now()) : seconds(numbers.changedAtMs(view))),
  editDate: () => 0,
  manualAnnounceTime: () => 0,
  queuePosition: ({ view }) => view.number - 1,
  labels: ({ view }) => view.labels,
  group: () => '',
  bandwidthPriority: () => 0,
  honorsSessionLimits: () => true,
  downloadLimited: ({ view }) => view.downloadRateMax > 0,
  uploadLimited: ({ view }) => view.uploadRateMax > 0,
  downloadLimit: ({ view, numbers }) => kilobytes(view.downloadRateMax) || numbers.limitsOf(view.infoHash).down,
  uploadLimit: ({ view, numbers }) => kilobytes(view.uploadRateMax) || numbers.limitsOf(view.infoHash).up,
  // 0: as the session says. 1: as the torrent says. 2: without end.
  seedRatioMode: ({ view }) => (view.seedRatio === null ? 0 : view.seedRatio === 0 ? 2 : 1),
  seedRatioLimit: ({ view }) => view.seedRatio ?? 0,
  seedIdleMode: ({ view }) => (view.seedMinutes === null ? 0 : view.seedMinutes === 0 ? 2 : 1),
  seedIdleLimit: ({ view }) => view.seedMinutes ?? 0,
  magnetLink: ({ view }) => view.link,
  torrentFile: () => '',
  sequentialDownload: ({ view }) => view.sequential,
  peersConnected: ({ view }) => view.peers,
  webseedsSendingToUs: ({ view }) => view.webSeeds,
  'peer-limit': () => 0,
  maxConnectedPeers: () => 0,
  'primary-mime-type': () => 'application/octet-stream',
};

/** Those that look at files, pieces, peers and trackers. */
const DETAIL_FIELDS: Readonly<Record<string, DetailField>> = {
  comment: ({ comment }) => comment ?? '',
  creator: ({ createdBy }) => createdBy ?? '',
  dateCreated: ({ creationDateMs }) => seconds(creationDateMs),
  isPrivate: (detail) => detail.private,
  pieceCount: ({ pieces }) => pieces?.count ?? 0,
  pieceSize: ({ pieces }) => pieces?.bytes ?? 0,
  pieces: ({ pieces }) => pieces?.bits ?? '',
  availability: ({ pieces }) => [...Buffer.from(pieces?.availability ?? '', 'base64')],
  desiredAvailable: (detail) => desiredBytes(detail),
  'file-count': ({ files }) => files.length,
  fileCount: ({ files }) => files.length,
  files: ({ files }) => inOrder(files).map(({ path, bytes, haveBytes }) => ({ bytesCompleted: haveBytes, length: bytes, name: path })),
  fileStats: ({ files }) =>
    inOrder(files).map(({ haveBytes, priority }) => ({
      bytesCompleted: haveBytes,
      wanted: priority !== 'skip',
      priority: LEVELS[priority],
    })),
  wanted: ({ files }) => inOrder(files).map(({ priority }) => (priority === 'skip' ? 0 : 1)),
  priorities: ({ files }) => inOrder(files).map(({ priority }) => LEVELS[priority]),
  peers: ({ peerList }) => peerList.filter(({ flags }) => !flags.includes('W')).map(peerOf),
  peersGettingFromUs: ({ peerList }) => peerList.filter(({ uploadRate }) => uploadRate > 0).length,
  peersSendingToUs: ({ peerList }) => peerList.filter(({ downloadRate }) => downloadRate > 0).length,
  peersFrom: ({ peerList }) => peersFrom(peerList),
  trackers: ({ trackers }) => trackers.map(({ url, tier }, id) => ({ id, tier, announce: url, scrape: '', sitename: hostOf(url) })),
  trackerStats: ({ trackers }) => trackers.map(trackerStats),
  trackerList: ({ trackers }) => trackers.map(({ url }) => url).join('\n'),
  webseeds: ({ webSeedList }) => webSeedList.map(({ url }) => url),
};

const LEVELS = { skip: 0, low: -1, normal: 0, high: 1 } as const;

/** Of those of details that a transfer without peers can be told without them. */
const NOUGHT_WITHOUT_PEERS: readonly string[] = ['peersGettingFromUs', 'peersSendingToUs'];

/** All field names there are, for who asks in another spelling. */
export const FIELD_NAMES: readonly string[] = [...Object.keys(FIELDS), ...Object.keys(DETAIL_FIELDS)];

/** Some of the fields cannot be told from the view alone. */
export function needsDetail(fields: readonly string[], view: TransferView): boolean {
  return fields.some((field) => Object.hasOwn(DETAIL_FIELDS, field) && (view.peers > 0 || !NOUGHT_WITHOUT_PEERS.includes(field)));
}

/** The value of one field; undefined for one that does not exist, which the answer then does not have. */
export function fieldOf(name: string, source: TorrentSource): unknown {
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name]?.(source);
  if (!Object.hasOwn(DETAIL_FIELDS, name)) return undefined;
  return source.detail === null ? 0 : DETAIL_FIELDS[name]?.(source.detail, source);
}

function statusOf({ state, haveBytes, wantedBytes, completedAtMs }: TransferView): number {
  const complete = completedAtMs !== null || (wantedBytes > 0 && haveBytes === wantedBytes);
  const byState: Readonly<Record<TransferState, number>> = {
    queued: complete ? WAITS_TO_SEED : WAITS_TO_DOWNLOAD,
    resting: complete ? WAITS_TO_SEED : WAITS_TO_DOWNLOAD,
    metadata: DOWNLOADING,
    checking: CHECKING,
    downloading: DOWNLOADING,
    seeding: SEEDING,
    moving: complete ? SEEDING : DOWNLOADING,
    paused: STOPPED,
    finished: STOPPED,
    'no-room': STOPPED,
    failed: STOPPED,
    stopped: STOPPED,
  };
  return byState[state];
}

function errorOf({ problem, state }: TransferView, detail: TransferDetail | null): readonly [number, string] {
  if (problem !== null) return [LOCAL_ERROR, `${problem.message} ${problem.why}`.trim()];
  if (state === 'no-room') return [LOCAL_ERROR, 'There is no room on the disk.'];
  const trackers = detail?.trackers ?? [];
  const failed = trackers.find(({ state }) => state === 'failed');
  return failed !== undefined && trackers.every(({ state }) => state === 'failed') ? [TRACKER_ERROR, failed.message] : [0, ''];
}

function moves({ uploadRate, downloadRate }: TransferView): boolean {
  return uploadRate > 0 || downloadRate > 0;
}

function leftBytes({ wantedBytes, haveBytes, completedAtMs }: TransferView): number {
  return completedAtMs !== null ? 0 : Math.max(0, wantedBytes - haveBytes);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function kilobytes(rate: number): number {
  return rate === 0 ? 0 : Math.max(1, Math.round(rate / 1000));
}

/** What is missing and lies with peers, piece by piece. */
function desiredBytes({ pieces, wantedBytes, haveBytes, completedAtMs }: TransferDetail): number {
  if (pieces === null || pieces.availability === null || completedAtMs !== null) return 0;
  const have = Buffer.from(pieces.bits, 'base64');
  const availability = Buffer.from(pieces.availability, 'base64');
  let count = 0;
  for (const [piece, peers] of availability.entries()) {
    const isHere = (((have[piece >> 3] ?? 0) >> (7 - (piece & 7))) & 1) === 1;
    if (!isHere && peers > 0) count++;
  }
  return Math.min(count * pieces.bytes, wantedBytes - haveBytes);
}

/** Files are known by their place: padding has one, too, and is nobody's business but then an index would be another's. */
function inOrder(files: readonly FileView[]): readonly FileView[] {
  const filled: FileView[] = [];
  for (const file of files) {
    while (filled.length < file.number - 1) {
      filled.push({ number: filled.length + 1, path: '.pad', bytes: 0, offset: file.offset, haveBytes: 0, priority: 'skip' });
    }
    filled.push(file);
  }
  return filled;
}

function peerOf(peer: TransferDetail['peerList'][number]): Record<string, unknown> {
  const { endpoint, client, flags, progress, downloadRate, uploadRate, transport, encryption } = peer;
  const colon = endpoint.lastIndexOf(':');
  return {
    address: endpoint.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(endpoint.slice(colon + 1)) || 0,
    clientName: client,
    // Transmission's letters differ in those that only ours have.
    flagStr: flags,
    progress,
    rateToClient: Math.round(downloadRate),
    rateToPeer: Math.round(uploadRate),
    isDownloadingFrom: downloadRate > 0,
    isUploadingTo: uploadRate > 0,
    isEncrypted: encryption !== 'none',
    isIncoming: flags.includes('I'),
    isUTP: transport === 'utp',
    clientIsChoked: flags.includes('d'),
    clientIsInterested: /[dD]/.test(flags),
    peerIsChoked: flags.includes('u'),
    peerIsInterested: /[uU]/.test(flags),
  };
}

function peersFrom(peerList: TransferDetail['peerList']): Record<string, number> {
  const from = { fromCache: 0, fromDht: 0, fromIncoming: 0, fromLpd: 0, fromLtep: 0, fromPex: 0, fromTracker: 0 };
  for (const { sources } of peerList) {
    const [first] = sources;
    if (first === 'dht') from.fromDht++;
    else if (first === 'incoming') from.fromIncoming++;
    else if (first === 'local') from.fromLpd++;
    else if (first === 'pex') from.fromPex++;
    else if (first === 'tracker') from.fromTracker++;
    else if (first === 'resume') from.fromCache++;
    else from.fromLtep++;
  }
  return from;
}

function trackerStats(tracker: TransferDetail['trackers'][number], id: number): Record<string, unknown> {
  const { url, tier, state, message, seeders, leechers, downloaders, askedAgoMs, nextInMs } = tracker;
  return {
    id,
    tier,
    announce: url,
    scrape: '',
    host: hostOf(url),
    sitename: hostOf(url),
    // TR_TRACKER_INACTIVE, WAITING, QUEUED, ACTIVE
    announceState: state === 'announcing' ? 3 : 1,
    scrapeState: 0,
    isBackup: false,
    hasAnnounced: askedAgoMs !== null,
    hasScraped: false,
    lastAnnounceSucceeded: state === 'working',
    lastAnnounceTimedOut: false,
    lastAnnounceResult: state === 'working' && message === '' ? 'Success' : message,
    lastAnnouncePeerCount: 0,
    lastAnnounceStartTime: 0,
    lastAnnounceTime: askedAgoMs === null ? 0 : seconds(Date.now() - askedAgoMs),
    nextAnnounceTime: Number.isFinite(nextInMs) ? seconds(Date.now() + Math.max(0, nextInMs)) : 0,
    lastScrapeResult: '',
    lastScrapeStartTime: 0,
    lastScrapeSucceeded: false,
    lastScrapeTime: 0,
    lastScrapeTimedOut: false,
    nextScrapeTime: 0,
    seederCount: seeders,
    leecherCount: leechers,
    downloadCount: -1,
    downloaderCount: downloaders ?? -1,
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
