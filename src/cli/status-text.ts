/** A torrent's status in one line for the progress line, and as fields of a JSON event; owns no state. */

import { formatBytes, formatRate, formatSeconds, plural } from '../node/quantity.ts';
import type { TorrentStatus } from '../transfer/bittorrent/torrent-status.ts';

export function statusText(status: TorrentStatus): string {
  const { name, peers } = status;
  switch (status.state) {
    case 'metadata':
      return `${name}: looking for peers that know it (${peersText(status)})`;
    case 'checking':
      return `${name}: checking what is there, ${formatBytes(status.checkedBytes)} of ${formatBytes(status.wantedBytes)}`;
    case 'downloading': {
      const left = status.wantedBytes - status.wantedHaveBytes;
      const rest = status.downloadRate > 0 ? `, ${formatSeconds(left / status.downloadRate)} left` : '';
      const amount = `${formatBytes(status.wantedHaveBytes)} of ${formatBytes(status.wantedBytes)}`;
      return `${name}: ${amount}, ${formatRate(status.downloadRate)} from ${peersText(status)}${rest}`;
    }
    case 'seeding':
      return `${name}: sharing with ${plural(peers, 'peer')}, ${formatRate(status.uploadRate)}, ${formatBytes(status.uploadedBytes)} sent`;
    case 'paused':
      return `${name}: ${whyPaused(status)}`;
    default:
      return `${name}: ${status.state}`;
  }
}

function whyPaused({ pausedBy, shortage }: TorrentStatus): string {
  if (pausedBy.includes('asked')) return 'paused';
  if (shortage === null) return 'paused by the schedule';
  return `waiting for room on the disk: it needs ${formatBytes(shortage.neededBytes)}, there are ${formatBytes(shortage.freeBytes)}`;
}

/** 0..1, or null while nothing is known. */
export function statusFraction(status: TorrentStatus): number | null {
  if (status.wantedBytes === 0) return null;
  if (status.state === 'checking') return status.checkedBytes / status.wantedBytes;
  return status.state === 'downloading' ? status.wantedHaveBytes / status.wantedBytes : null;
}

export function statusFields(status: TorrentStatus): Record<string, unknown> {
  return {
    infoHash: status.infoHash,
    name: status.name,
    state: status.state,
    haveBytes: status.wantedHaveBytes,
    wantedBytes: status.wantedBytes,
    checkedBytes: status.checkedBytes,
    downloadedBytes: status.downloadedBytes,
    uploadedBytes: status.uploadedBytes,
    wastedBytes: status.wastedBytes,
    downloadRate: Math.round(status.downloadRate),
    uploadRate: Math.round(status.uploadRate),
    peers: status.peers,
    seeds: status.seeds,
    webSeeds: workingWebSeeds(status),
  };
}

function workingWebSeeds({ webSeeds }: TorrentStatus): number {
  return webSeeds.filter(({ state }) => state === 'asking' || state === 'receiving').length;
}

function peersText(status: TorrentStatus): string {
  const servers = workingWebSeeds(status);
  if (servers > 0) return `${status.peers === 0 ? '' : `${plural(status.peers, 'peer')} and `}${plural(servers, 'web seed')}`;
  if (status.peers > 0) return plural(status.peers, 'peer');
  return status.candidates > 0 ? `no peer yet, ${status.candidates} known` : 'no peer yet';
}
