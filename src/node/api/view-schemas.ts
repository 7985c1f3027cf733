/** Schemas of what a node shows of itself: the shapes of node-view.ts, held to them by their types. Owns no state. */

import { z } from 'zod';
import { CHOKE_REASONS, type ChokeReason } from '../../transfer/bittorrent/choke-reasons.ts';
import type { CandidateSource } from '../../transfer/bittorrent/candidate.ts';
import type { DiskShortage, PeerStatus, TrackerStatus, WebSeedStatus } from '../../transfer/bittorrent/torrent-status.ts';
import type { PortMappingStatus } from '../../net/port-mapping/index.ts';
import type { Finding } from '../doctor.ts';
import type { LogLine } from '../log-tail.ts';
import type { Added } from '../node-operations.ts';
import type {
  ApiView,
  FilePriority,
  FileView,
  NodeEvent,
  NodeTotals,
  NodeView,
  SettingView,
  TransferDetail,
  TransferState,
  TransferView,
} from '../node-view.ts';
import { SETTINGS, type SettingKey } from '../settings/setting-list.ts';

import { literals, named, viewSchema } from './schema-book.ts';
import { problem } from './problem-schema.ts';
import { fetch } from './fetch-schemas.ts';
import { pieces } from './pieces-schema.ts';
import { networkSummary } from './search-schemas.ts';

const count = z.int().nonnegative();
const bytes = z.int().nonnegative().describe('bytes');
const rate = z.number().nonnegative().describe('bytes a second');
const timeMs = z.number().describe('ms since 1970');
const text = z.string();

export const infoHash = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .describe('40 digits');
export const filePriority = literals<FilePriority>()('skip', 'low', 'normal', 'high');
export const transferState = literals<TransferState>()(
  'queued',
  'metadata',
  'checking',
  'downloading',
  'seeding',
  'paused',
  'finished',
  'resting',
  'no-room',
  'moving',
  'failed',
  'stopped',
);

export const problemAnswer = named('ProblemAnswer', z.object({ error: problem }));

const shortage = viewSchema<DiskShortage>()('DiskShortage', z.object({ neededBytes: z.number(), freeBytes: z.number() }));

const transferFields = {
  number: count,
  infoHash,
  infoHashV2: text.nullable(),
  name: text,
  origin: z.enum(['get', 'share', 'folder']),
  state: transferState,
  problem: problem.nullable(),
  location: text,
  path: text,
  goesTo: text.nullable(),
  totalBytes: bytes,
  wantedBytes: bytes,
  haveBytes: bytes,
  checkedBytes: bytes,
  downloadRate: rate,
  uploadRate: rate,
  downloadedBytes: bytes,
  uploadedBytes: bytes,
  wastedBytes: bytes,
  ratio: z.number().nonnegative(),
  shortage: shortage.nullable(),
  leftMs: z.number().nullable(),
  peers: count,
  seeds: count,
  candidates: count,
  webSeeds: count,
  labels: z.array(text),
  sequential: z.boolean(),
  uploadRateMax: rate,
  downloadRateMax: rate,
  seedRatio: z.number().nullable(),
  seedMinutes: z.number().nullable(),
  addedAtMs: timeMs,
  completedAtMs: timeMs.nullable(),
  seedingMs: z.number().nonnegative(),
  link: text,
};

export const transfer = viewSchema<TransferView>()('Transfer', z.object(transferFields));

const file = viewSchema<FileView>()(
  'File',
  z.object({ number: count.describe('from 1'), path: text, bytes, offset: bytes, haveBytes: bytes, priority: filePriority }),
);
const candidateSource = literals<CandidateSource>()(
  'tracker',
  'dht',
  'pex',
  'local',
  'incoming',
  'holepunch',
  'magnet',
  'manual',
  'resume',
);
const peer = viewSchema<PeerStatus>()(
  'Peer',
  z.object({
    endpoint: text,
    client: text,
    flags: text,
    progress: z.number(),
    downloadRate: rate,
    uploadRate: rate,
    downloadedBytes: bytes,
    uploadedBytes: bytes,
    sources: z.array(candidateSource),
    transport: z.enum(['tcp', 'utp', 'webrtc']),
    encryption: z.enum(['none', 'handshake', 'all']),
    // The keys of an object are texts to the type checker; these are all there are.
    why: z.enum(Object.keys(CHOKE_REASONS) as [ChokeReason, ...ChokeReason[]]),
    whyText: text,
  }),
);
const tracker = viewSchema<TrackerStatus>()(
  'Tracker',
  z.object({
    url: text,
    tier: count,
    state: z.enum(['idle', 'announcing', 'working', 'failed']),
    message: text,
    seeders: z.number(),
    leechers: z.number(),
    downloaders: z.number().nullable(),
    askedAgoMs: z.number().nullable(),
    nextInMs: z.number(),
  }),
);
const webSeed = viewSchema<WebSeedStatus>()(
  'WebSeed',
  z.object({
    url: text,
    kind: z.enum(['url-list', 'httpseeds']),
    state: z.enum(['idle', 'asking', 'receiving', 'waiting', 'failed', 'banned']),
    message: text,
    requests: count,
    downloadRate: rate,
    downloadedBytes: bytes,
  }),
);

export const transferDetail = viewSchema<TransferDetail>()(
  'TransferDetail',
  z.object({
    ...transferFields,
    private: z.boolean(),
    comment: text.nullable(),
    createdBy: text.nullable(),
    creationDateMs: timeMs.nullable(),
    files: z.array(file),
    peerList: z.array(peer),
    trackers: z.array(tracker),
    webSeedList: z.array(webSeed),
    lastGone: z.array(text),
    pieces: pieces.nullable(),
  }),
);

export const transferList = named('TransferList', z.object({ transfers: z.array(transfer) }));
export const added = viewSchema<Added>()('Added', z.object({ transfer, already: z.boolean() }));

const totals = viewSchema<NodeTotals>()(
  'Totals',
  z.object({ transfers: count, peers: count, uploadRate: rate, downloadRate: rate, uploadedBytes: bytes, downloadedBytes: bytes }),
);
const mappingProtocol = z.enum(['PCP', 'NAT-PMP', 'UPnP']);
const portMapping = viewSchema<PortMappingStatus>()(
  'PortMapping',
  z.object({
    state: z.enum(['off', 'searching', 'mapped', 'failed', 'closed']),
    protocol: mappingProtocol.nullable(),
    router: text.nullable(),
    externalAddress: text.nullable(),
    ports: z.array(
      z.object({
        role: text,
        port: count,
        externalPort: count.nullable(),
        transports: z.array(z.enum(['tcp', 'udp'])),
        why: text,
      }),
    ),
    failures: z.array(z.object({ protocol: mappingProtocol, why: text })),
    why: text,
  }),
);
const api = viewSchema<ApiView>()('Api', z.object({ url: text, tokenFile: text }));

export const node = viewSchema<NodeView>()(
  'Node',
  z.object({
    version: count,
    pid: count,
    startedAtMs: timeMs,
    listenHost: text,
    port: count,
    api: api.nullable(),
    trackers: z.array(text),
    shareFolder: text.nullable(),
    dht: z.boolean(),
    portMapping,
    localDiscovery: z.boolean(),
    networks: z.array(networkSummary),
    uploadRateMax: rate,
    downloadRateMax: rate,
    scheduled: z.boolean(),
    resting: z.boolean(),
    totals,
    states: z.partialRecord(transferState, count),
    sequence: count,
  }),
);

// As above: all keys that there are.
export const settingKey = z.enum(Object.keys(SETTINGS) as [SettingKey, ...SettingKey[]]);
export const setting = viewSchema<SettingView>()(
  'Setting',
  z.object({ key: settingKey, value: z.union([text, z.number()]), source: text, about: text, expected: text, atOnce: z.boolean() }),
);
export const settingList = named('SettingList', z.object({ settings: z.array(setting) }));

const finding = viewSchema<Finding>()(
  'Finding',
  z.object({ check: text, state: z.enum(['ok', 'note', 'warning', 'wrong']), message: text, next: text }),
);
export const findingList = named('FindingList', z.object({ findings: z.array(finding) }));
const logLine = viewSchema<LogLine>()(
  'LogLine',
  z.object({ atMs: timeMs, level: z.enum(['debug', 'info', 'warn', 'error']), message: text, infoHash: text.nullable(), name: text }),
);
export const logLineList = named('LogLineList', z.object({ lines: z.array(logLine) }));
export const drop = named('Drop', z.object({ drop: text }));
export const dropProgress = named('DropProgress', z.object({ haveBytes: bytes }));

const numbered = { sequence: count, atMs: timeMs };
const nodeEvent = viewSchema<NodeEvent>()(
  'Event',
  z.discriminatedUnion('type', [
    z.object({
      ...numbered,
      type: z.enum(['added', 'changed', 'metadata', 'completed', 'failed', 'state', 'verified']),
      transfer,
    }),
    z.object({ ...numbered, type: z.literal('removed'), infoHash, name: text }),
    z.object({ ...numbered, type: z.literal('fetch'), fetch }),
    z.object({ ...numbered, type: z.literal('fetch-removed'), id: count, name: text }),
    z.object({ ...numbered, type: z.literal('setting'), setting }),
    z.object({ ...numbered, type: z.literal('warning'), message: text }),
    z.object({ ...numbered, type: z.literal('lost'), count }),
    z.object({
      ...numbered,
      type: z.literal('progress'),
      totals,
      transfers: z.array(transfer).describe('those that have changed'),
      fetches: z.array(fetch).describe('those that have changed'),
    }),
  ]),
);
const snapshot = named(
  'Snapshot',
  z.object({
    ...numbered,
    type: z.literal('snapshot'),
    node,
    transfers: z.array(transfer).describe('all, in the order of the list'),
    fetches: z.array(fetch).describe('all'),
  }),
);
export const streamMessage = named('StreamMessage', z.union([nodeEvent, snapshot]));
export type Snapshot = z.output<typeof snapshot>;
