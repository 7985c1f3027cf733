/** libtorrent through Debian's python3-libtorrent; the settings are those that made it fastest on loopback (docs/benchmarks.md). */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { JsonLinesPeer } from './json-lines-peer.ts';
import type { PeerEncryption, PeerFinding, PeerOptions, PeerProgram } from './peer.ts';

const SCRIPT = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url));
const TORRENT_SCRIPT = fileURLToPath(new URL('libtorrent-torrent.py', import.meta.url));
// Debian's package belongs to the system's Python, not to one that stands earlier in PATH.
const PYTHON = '/usr/bin/python3';

/** One torrent of a libtorrent process; `resume` is a file that an earlier run wrote. */
export interface LibtorrentItem {
  readonly torrent?: string;
  readonly magnet?: string;
  readonly folder: string;
  readonly resume?: string;
}

export interface LibtorrentOptions {
  readonly port: number;
  /** `ready` then waits until all content was checked. */
  readonly seed: boolean;
  readonly items: readonly LibtorrentItem[];
  readonly peers?: readonly string[];
  readonly encryption?: PeerEncryption;
  readonly finds?: readonly PeerFinding[];
  readonly upload_bytes_per_s?: number;
  readonly super_seeding?: boolean;
  /** Where resume data goes on `quit`. */
  readonly resume_folder?: string;
  readonly async?: boolean;
  /** Any setting of libtorrent's settings_pack. */
  readonly settings?: Readonly<Record<string, number | boolean | string>>;
}

/** With the default socket buffers packets are dropped, and µTP moves 5 MB/s. */
export const UTP_ALONE = {
  enable_incoming_utp: true,
  enable_outgoing_utp: true,
  enable_incoming_tcp: false,
  enable_outgoing_tcp: false,
  recv_socket_buffer_size: 4 << 20,
  send_socket_buffer_size: 4 << 20,
} as const;

/** Its DHT beginning at those nodes, which share an address, have ids that do not follow from it, and lie where the world does not route to. */
function dhtFrom(nodes: readonly string[]): NonNullable<LibtorrentOptions['settings']> {
  return {
    enable_dht: true,
    // It asks first before it knows anybody.
    dht_announce_interval: 5,
    dht_bootstrap_nodes: nodes.join(),
    dht_restrict_routing_ips: false,
    dht_restrict_search_ips: false,
    dht_ignore_dark_internet: false,
    dht_enforce_node_id: false,
    dht_prefer_verified_node_ids: false,
  };
}

export const libtorrent: PeerProgram = {
  name: 'libtorrent',
  dialsLoopback: true,
  skipsEmptyFiles: false,
  missing: () => (libtorrentVersion() === null ? 'python3-libtorrent is not installed' : null),
  start: (options: PeerOptions) => {
    const { torrent, magnet, folder } = options;
    return runLibtorrent({
      port: options.port,
      seed: options.role === 'seed',
      items: [{ folder, ...(torrent === undefined ? {} : { torrent }), ...(magnet === undefined ? {} : { magnet }) }],
      ...(options.peers === undefined ? {} : { peers: options.peers }),
      encryption: options.encryption ?? 'allowed',
      settings: { ...(options.utp === undefined ? {} : UTP_ALONE), ...(options.dhtNodes === undefined ? {} : dhtFrom(options.dhtNodes)) },
      finds: options.finds ?? [],
    }).ready();
  },
};

/** Starts the process; the caller waits for its `ready`. */
export function runLibtorrent(options: LibtorrentOptions): JsonLinesPeer {
  return new JsonLinesPeer('libtorrent', options.port, PYTHON, [SCRIPT], { firstLine: JSON.stringify(options) });
}

/** What libtorrent says of a torrent: hex, null for a version that it does not have. */
export interface LibtorrentInfo {
  readonly v1: string | null;
  readonly v2: string | null;
  readonly magnet: string;
}

export interface LibtorrentMake {
  /** The content is the entry `name` of this folder. */
  readonly make: string;
  readonly name: string;
  readonly version: '1' | '2' | 'hybrid';
  readonly piece_bytes: number;
  readonly trackers?: readonly string[];
}

/** Has libtorrent read the torrent at that path, and make it first if told what of. */
export function libtorrentInfo(path: string, make?: LibtorrentMake): LibtorrentInfo {
  const input = JSON.stringify({ ...make, path });
  return JSON.parse(execFileSync(PYTHON, [TORRENT_SCRIPT], { encoding: 'utf8', input })) as LibtorrentInfo; // Our own script.
}

export function libtorrentVersion(): string | null {
  try {
    return execFileSync(PYTHON, ['-c', 'import libtorrent; print(libtorrent.__version__)'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return null;
  }
}
