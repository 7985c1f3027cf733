/** aria2, driven over its JSON-RPC. It cannot be told to dial: it finds peers through a tracker, or is dialled. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START_MS_MAX, type PeerOptions, type PeerProgram, type RunningPeer } from './peer.ts';
import { findProgram, freePort, ProcessGroup, until } from './process-group.ts';

const RPC_MS_MAX = 10_000;

interface DownloadRow {
  readonly completedLength: string;
  readonly totalLength: string;
  readonly status: string;
  readonly infoHash?: string;
  /** Missing while a magnet link's metadata is being fetched: that is a download of its own, followed by the real one. */
  readonly bittorrent?: { readonly info?: { readonly name: string } };
  readonly followedBy?: readonly string[];
  readonly errorMessage?: string;
}

export const aria2: PeerProgram = {
  name: 'aria2',
  dialsLoopback: true,
  skipsEmptyFiles: false,
  missing: () => (findProgram('aria2c') === null ? 'aria2 is not installed' : null),
  start: async (options: PeerOptions) => {
    const peer = new Aria2(options, await mkdtemp(join(tmpdir(), 'kith-aria2-')), await freePort());
    try {
      await until(
        'the RPC of aria2',
        START_MS_MAX,
        () => peer.listens(),
        () => peer.details(),
      );
      return peer;
    } catch (error) {
      await peer.stop();
      throw error;
    }
  },
};

class Aria2 implements RunningPeer {
  readonly name = 'aria2';
  readonly endpoint: string;
  readonly #folder: string;
  readonly #rpcPort: number;
  readonly #group: ProcessGroup;
  readonly #role: PeerOptions['role'];

  constructor(options: PeerOptions, folder: string, rpcPort: number) {
    this.endpoint = `127.0.0.1:${options.port}`;
    this.#folder = folder;
    this.#rpcPort = rpcPort;
    this.#role = options.role;
    const args = [
      '--no-conf',
      '--enable-dht=false',
      '--enable-dht6=false',
      `--bt-enable-lpd=${options.finds?.includes('lsd') === true}`,
      '--bt-lpd-interface=127.0.0.1',
      `--enable-peer-exchange=${options.finds?.includes('pex') === true}`,
      // It tells others only of peers that it has dialled of late, and nothing but a tracker makes it dial.
      ...(options.finds === undefined ? [] : ['--bt-tracker-interval=5']),
      '--interface=127.0.0.1',
      `--listen-port=${options.port}`,
      '--seed-ratio=0',
      '--seed-time=9999',
      '--disable-ipv6',
      '--file-allocation=none',
      '--bt-max-peers=0',
      '--bt-request-peer-speed-limit=0',
      '--enable-rpc',
      `--rpc-listen-port=${rpcPort}`,
      '--rpc-listen-all=false',
      '--quiet',
      '--console-log-level=error',
      ...(options.encryption === 'handshake' || options.encryption === 'rc4' ? ['--bt-require-crypto=true'] : []),
      `--bt-min-crypto-level=${options.encryption === 'rc4' ? 'arc4' : 'plain'}`,
      `--check-integrity=${options.role === 'seed'}`,
      '--dir',
      options.folder,
      options.torrent ?? options.magnet ?? '',
    ];
    // A magnet link makes it write <hash>.torrent into its folder only when asked; HOME keeps its caches out of the user's.
    this.#group = new ProcessGroup('aria2c', args, { cwd: folder, env: { ...process.env, HOME: folder } });
  }

  get pid(): number {
    return this.#group.pid;
  }

  details(): string {
    return this.#group.lastWords;
  }

  async dial(): Promise<boolean> {
    return false;
  }

  /** True once it answers, and, as a seed, once it has checked its files. */
  async listens(): Promise<boolean> {
    if (this.#group.exited) throw new Error(`expected aria2 to run; ${this.details()}`);
    try {
      return this.#role === 'leech' ? (await this.#rows()) !== null : (await this.progress()) === 1;
    } catch {
      return false; // Its RPC is not open yet.
    }
  }

  async progress(): Promise<number> {
    const content = (await this.#rows()).find((row) => row.bittorrent?.info !== undefined && Number(row.totalLength) > 0);
    return content === undefined ? 0 : Number(content.completedLength) / Number(content.totalLength);
  }

  async done(timeoutMs: number): Promise<void> {
    await until(
      'a complete download',
      timeoutMs,
      async () => (await this.progress()) === 1,
      () => this.details(),
    );
  }

  async stop(): Promise<void> {
    await this.#group.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #rows(): Promise<DownloadRow[]> {
    const keys = ['completedLength', 'totalLength', 'status', 'infoHash', 'bittorrent', 'followedBy', 'errorMessage'];
    const active = await this.#rpc('aria2.tellActive', [keys]);
    const stopped = await this.#rpc('aria2.tellStopped', [0, 10, keys]);
    const failed = stopped.find((row) => row.status === 'error');
    if (failed !== undefined) throw new Error(`expected aria2 to go on; it said: ${failed.errorMessage ?? 'error'}`);
    return [...active, ...stopped];
  }

  async #rpc(method: string, params: unknown[]): Promise<DownloadRow[]> {
    const response = await fetch(`http://127.0.0.1:${this.#rpcPort}/jsonrpc`, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: '1', method, params }),
      signal: AbortSignal.timeout(RPC_MS_MAX),
    });
    const reply = (await response.json()) as { result?: DownloadRow[]; error?: { message: string } };
    if (reply.result === undefined) throw new Error(`aria2's ${method}: ${reply.error?.message ?? 'no result'}`);
    return reply.result;
  }
}
