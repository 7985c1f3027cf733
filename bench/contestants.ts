/** The programs that the transfer benchmarks compare, each started as a process of its own through the drivers of the interop tests. */

import { join } from 'node:path';
import type { JsonLinesPeer } from '../test/interop/peers/json-lines-peer.ts';
import { kithVersion, runKithGet, runKithShare } from '../test/interop/peers/kith.ts';
import { libtorrentVersion, runLibtorrent } from '../test/interop/peers/libtorrent.ts';
import type { PeerEncryption } from '../test/interop/peers/peer.ts';
import { runWebtorrent, webtorrentVersion } from '../test/interop/peers/webtorrent.ts';

export interface Job {
  readonly torrent: string;
  /** Of the torrent's pieces: kith makes the metainfo of what it shares itself. */
  readonly pieceBytes: number;
  readonly folder: string;
  readonly port: number;
  /** `ip:port` of those to dial at once. */
  readonly peers: readonly string[];
  /** A tracker to announce to, which the .torrent names too. */
  readonly trackerUrl?: string;
  readonly uploadBytesPerS?: number;
  /** All traffic in RC4, at both ends; else plain handshakes everywhere, since what is compared is moving bytes. */
  readonly encrypted?: boolean;
  /** Where a V8 CPU profile goes; only our own processes are profiled. */
  readonly profileFolder?: string;
}

export interface Contestant {
  readonly name: string;
  /** Its version, or null when it is not there. */
  version(): string | null;
  start(role: 'seed' | 'leech', job: Job): JsonLinesPeer;
}

const kith: Contestant = {
  name: 'kith',
  version: kithVersion,
  start: (role, job) => {
    const tracker = job.trackerUrl === undefined ? [] : ['--tracker', job.trackerUrl];
    const encryption = job.encrypted === true ? ['--encryption', 'require'] : [];
    const profile = job.profileFolder === undefined ? {} : { profileFolder: job.profileFolder };
    if (role === 'seed') {
      const limit = job.uploadBytesPerS === undefined ? [] : ['--limit-up', String(job.uploadBytesPerS)];
      const content = join(job.folder, 'content');
      return runKithShare(content, ['--piece-size', String(job.pieceBytes), ...limit, ...tracker, ...encryption], {
        port: job.port,
        ...profile,
      });
    }
    const peers = job.peers.flatMap((peer) => ['--peer', peer]);
    return runKithGet(job.torrent, job.folder, ['--seed', ...peers, ...encryption], { port: job.port, ...profile });
  },
};

const libtorrent: Contestant = {
  name: 'libtorrent',
  version: libtorrentVersion,
  start: (role, job) =>
    runLibtorrent({
      port: job.port,
      seed: role === 'seed',
      items: [{ torrent: job.torrent, folder: job.folder }],
      peers: job.peers,
      encryption: encryptionOf(job),
      ...(job.uploadBytesPerS === undefined ? {} : { upload_bytes_per_s: job.uploadBytesPerS }),
    }),
};

const webtorrent: Contestant = {
  name: 'webtorrent',
  version: webtorrentVersion,
  start: (role, job) =>
    runWebtorrent({
      port: job.port,
      seed: role === 'seed',
      items: [{ torrent: job.torrent, folder: job.folder }],
      peers: job.peers,
      encryption: encryptionOf(job),
      ...(job.uploadBytesPerS === undefined ? {} : { upload_bytes_per_s: job.uploadBytesPerS }),
    }),
};

export const CONTESTANTS: readonly Contestant[] = [kith, libtorrent, webtorrent];

function encryptionOf(job: Job): PeerEncryption {
  return job.encrypted === true ? 'rc4' : 'off';
}
