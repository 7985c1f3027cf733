/** webtorrent over TCP or WebRTC, from this folder's own node_modules. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JsonLinesPeer } from './json-lines-peer.ts';
import type { PeerEncryption, PeerFinding, PeerOptions, PeerProgram } from './peer.ts';

const SCRIPT = fileURLToPath(new URL('webtorrent-peer.mjs', import.meta.url));
const PACKAGE = fileURLToPath(new URL('node_modules/webtorrent/package.json', import.meta.url));

export interface WebtorrentOptions {
  readonly port: number;
  readonly seed: boolean;
  readonly items: readonly {
    readonly torrent?: string;
    readonly magnet?: string;
    readonly folder: string;
    readonly skipVerify?: boolean;
  }[];
  readonly peers?: readonly string[];
  readonly webRtc?: boolean;
  readonly encryption?: PeerEncryption;
  readonly finds?: readonly PeerFinding[];
  readonly upload_bytes_per_s?: number;
}

export const webtorrent: PeerProgram = {
  name: 'webtorrent',
  dialsLoopback: true,
  skipsEmptyFiles: false,
  missing: () => (existsSync(PACKAGE) ? null : 'webtorrent is not installed: npm ci --ignore-scripts in test/interop/peers'),
  start: (options: PeerOptions) => {
    const { torrent, magnet, folder } = options;
    return runWebtorrent({
      port: options.port,
      seed: options.role === 'seed',
      items: [{ folder, ...(torrent === undefined ? {} : { torrent }), ...(magnet === undefined ? {} : { magnet }) }],
      ...(options.peers === undefined ? {} : { peers: options.peers }),
      webRtc: options.webRtc === true,
      // Its default is to insist on the encrypted handshake first, and it then misses peers that speak plainly.
      encryption: options.encryption ?? 'off',
      finds: options.finds ?? [],
    }).ready();
  },
};

/** Starts the process; the caller waits for its `ready`. */
export function runWebtorrent(options: WebtorrentOptions): JsonLinesPeer {
  return new JsonLinesPeer('webtorrent', options.port, process.execPath, [SCRIPT], { firstLine: JSON.stringify(options) });
}

export function webtorrentVersion(): string | null {
  if (!existsSync(PACKAGE)) return null;
  return (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version; // npm wrote the file.
}
