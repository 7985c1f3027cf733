/** session-get, session-set and session-stats: the settings and totals of a node in the words of Transmission. Owns no state. */

import { statfs } from 'node:fs/promises';
import type { NodeOperations } from '../../node-operations.ts';
import type { SettingKey } from '../../settings/setting-list.ts';
import { OWN_PACKAGE } from '../own-package.ts';
import type { Arguments, Json } from './arguments.ts';
import { RpcProblem } from './rpc-problem.ts';

/** The protocol that is spoken here, and the oldest one whose remotes get along with it. */
export const RPC_VERSION = 17;
const RPC_VERSION_MIN = 14;
const RPC_SEMVER = '5.3.0';
/** Remotes look for the number of a Transmission that speaks it, at the beginning. */
const VERSION = `4.0.0 (kith ${OWN_PACKAGE.version})`;

const UNITS = {
  'speed-units': ['kB/s', 'MB/s', 'GB/s', 'TB/s'],
  'speed-bytes': 1000,
  'size-units': ['kB', 'MB', 'GB', 'TB'],
  'size-bytes': 1000,
  'memory-units': ['KiB', 'MiB', 'GiB', 'TiB'],
  'memory-bytes': 1024,
};
const ANY_RATE_KB = 100;
const ANY_COUNT = 10;

/** What a remote's session has that the node does not: it holds as long as the node runs. */
export interface RpcSession {
  readonly id: string;
  /** Torrents that come without saying so are not paused. */
  startsAdded: boolean;
}

/** Everything that remotes ask for; what kith does not have has the value that says so. */
export async function sessionFields(node: NodeOperations, session: RpcSession): Promise<Json> {
  const [status, settings] = await Promise.all([node.status(), node.settings()]);
  const values = new Map<SettingKey, string | number>(settings.map(({ key, value }) => [key, value]));
  const number = (key: SettingKey): number => Number(values.get(key) ?? 0);
  const text = (key: SettingKey): string => String(values.get(key) ?? '');
  const folder = text('node.folder');
  return {
    'alt-speed-down': 50,
    'alt-speed-enabled': false,
    'alt-speed-time-begin': 540,
    'alt-speed-time-day': 127,
    'alt-speed-time-enabled': false,
    'alt-speed-time-end': 1020,
    'alt-speed-up': 50,
    'anti-brute-force-enabled': true,
    'anti-brute-force-threshold': 10,
    'blocklist-enabled': text('peers.filter') !== '',
    'blocklist-size': 0,
    'blocklist-url': '',
    'cache-size-mb': 0,
    'config-dir': '',
    'default-trackers': '',
    'dht-enabled': status.dht,
    'download-dir': folder,
    'download-dir-free-space': await freeBytes(folder),
    'download-queue-enabled': number('queue.downloads') > 0,
    'download-queue-size': number('queue.downloads') || ANY_COUNT,
    encryption: { off: 'tolerated', allow: 'tolerated', prefer: 'preferred', require: 'required' }[text('encryption')] ?? 'tolerated',
    'idle-seeding-limit': number('seed.minutes') || 30,
    'idle-seeding-limit-enabled': number('seed.minutes') > 0,
    'incomplete-dir': text('get.incomplete-folder'),
    'incomplete-dir-enabled': text('get.incomplete-folder') !== '',
    'lpd-enabled': status.localDiscovery,
    'peer-limit-global': number('peers.max'),
    'peer-limit-per-torrent': number('peers.per-torrent'),
    'peer-port': status.port,
    'peer-port-random-on-start': number('listen.port') === 0,
    'pex-enabled': true,
    'port-forwarding-enabled': status.portMapping.state !== 'off',
    'queue-stalled-enabled': number('queue.stalled') > 0,
    'queue-stalled-minutes': Math.ceil(number('queue.stalled') / 60) || 30,
    'rename-partial-files': false,
    'rpc-version': RPC_VERSION,
    'rpc-version-minimum': RPC_VERSION_MIN,
    'rpc-version-semver': RPC_SEMVER,
    'script-torrent-added-enabled': false,
    'script-torrent-added-filename': '',
    'script-torrent-done-enabled': false,
    'script-torrent-done-filename': '',
    'script-torrent-done-seeding-enabled': false,
    'script-torrent-done-seeding-filename': '',
    'seed-queue-enabled': number('queue.seeds') > 0,
    'seed-queue-size': number('queue.seeds') || ANY_COUNT,
    seedRatioLimit: number('seed.ratio') || 2,
    seedRatioLimited: number('seed.ratio') > 0,
    'session-id': session.id,
    'speed-limit-down': Math.round(number('limit.down') / 1000) || ANY_RATE_KB,
    'speed-limit-down-enabled': number('limit.down') > 0,
    'speed-limit-up': Math.round(number('limit.up') / 1000) || ANY_RATE_KB,
    'speed-limit-up-enabled': number('limit.up') > 0,
    'start-added-torrents': session.startsAdded,
    'trash-original-torrent-files': false,
    units: UNITS,
    'utp-enabled': text('transport') !== 'tcp',
    version: VERSION,
  };
}

/** A value with its switch, as Transmission has them, and the setting that is both: 0 is off. */
const SWITCHED: readonly (readonly [value: string, enabled: string, key: SettingKey, factor: number])[] = [
  ['speed-limit-up', 'speed-limit-up-enabled', 'limit.up', 1000],
  ['speed-limit-down', 'speed-limit-down-enabled', 'limit.down', 1000],
  ['seedRatioLimit', 'seedRatioLimited', 'seed.ratio', 1],
  ['idle-seeding-limit', 'idle-seeding-limit-enabled', 'seed.minutes', 1],
  ['download-queue-size', 'download-queue-enabled', 'queue.downloads', 1],
  ['seed-queue-size', 'seed-queue-enabled', 'queue.seeds', 1],
  ['queue-stalled-minutes', 'queue-stalled-enabled', 'queue.stalled', 60],
];

/**
 * Takes over what kith has; what it has not is an error, unless it is as it is already: some remotes send back everything that they were told.
 * Written to the user's file, as Transmission does with its own.
 */
export async function setSession(node: NodeOperations, wanted: Arguments, session: RpcSession): Promise<void> {
  const present = await sessionFields(node, session);
  const known = new Set(['start-added-torrents', ...SWITCHED.flatMap(([value, enabled]) => [value, enabled])]);
  const others = wanted.names().filter((name) => !known.has(name) && !isSame(wanted.raw(name), present[name]));
  if (others.length > 0) throw new RpcProblem(`not for remotes, or not what kith has: ${others.join(', ')}`);
  const changes = SWITCHED.filter(([value, enabled]) => wanted.has(value) || wanted.has(enabled)).map(
    ([valueName, enabledName, key, factor]) => {
      const value = wanted.number(valueName) ?? Number(present[valueName]);
      const enabled = wanted.flag(enabledName) ?? present[enabledName] === true;
      if (value < 0) throw new RpcProblem(`${valueName}: expected a number from 0 on`);
      const whole = key === 'seed.ratio' ? Math.round(value * 1000) / 1000 : Math.round(value * factor);
      return [key, enabled ? String(whole) : '0'] as const;
    },
  );
  session.startsAdded = wanted.flag('start-added-torrents') ?? session.startsAdded;
  // One after the other: each writes the file.
  for (const [key, typed] of changes) await node.set(key, typed, true);
}

export async function sessionStats(node: NodeOperations): Promise<Json> {
  const [{ totals, startedAtMs }, transfers] = await Promise.all([node.status(), node.list()]);
  const paused = transfers.filter(({ state }) => state === 'paused').length;
  const sum = (of: (transfer: (typeof transfers)[number]) => number): number => transfers.reduce((all, each) => all + of(each), 0);
  const secondsActive = Math.floor((Date.now() - startedAtMs) / 1000);
  const now = { uploadedBytes: totals.uploadedBytes, downloadedBytes: totals.downloadedBytes, filesAdded: transfers.length };
  return {
    activeTorrentCount: transfers.length - paused,
    pausedTorrentCount: paused,
    torrentCount: transfers.length,
    downloadSpeed: totals.downloadRate,
    uploadSpeed: totals.uploadRate,
    'current-stats': { ...now, sessionCount: 1, secondsActive },
    // Of the transfers that are there: nothing is remembered of those that have gone.
    'cumulative-stats': {
      uploadedBytes: sum(({ uploadedBytes }) => uploadedBytes),
      downloadedBytes: sum(({ downloadedBytes }) => downloadedBytes),
      filesAdded: transfers.length,
      sessionCount: 1,
      secondsActive,
    },
  };
}

/** -1: nobody knows. */
async function freeBytes(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => -1,
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
