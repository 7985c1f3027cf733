/** qBittorrent without a window, driven over its Web API, which lets loopback in without a password. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { START_MS_MAX, type PeerOptions, type PeerProgram, type RunningPeer } from './peer.ts';
import { findProgram, freePort, ProcessGroup, until } from './process-group.ts';

const API_MS_MAX = 10_000;

interface TorrentRow {
  readonly hash: string;
  readonly progress: number;
  readonly state: string;
}

export const qbittorrent: PeerProgram = {
  name: 'qBittorrent',
  dialsLoopback: true,
  skipsEmptyFiles: false,
  missing: () => (findProgram('qbittorrent-nox') === null ? 'qbittorrent-nox is not installed' : null),
  start: async (options: PeerOptions) => {
    const peer = new QBittorrent(options, await mkdtemp(join(tmpdir(), 'kith-qbittorrent-')), await freePort());
    try {
      await peer.begin();
      return peer;
    } catch (error) {
      await peer.stop();
      throw error;
    }
  },
};

class QBittorrent implements RunningPeer {
  readonly name = 'qBittorrent';
  readonly endpoint: string;
  readonly #options: PeerOptions;
  readonly #folder: string;
  readonly #apiPort: number;
  #group: ProcessGroup | null = null;

  constructor(options: PeerOptions, folder: string, apiPort: number) {
    this.endpoint = `127.0.0.1:${options.port}`;
    this.#options = options;
    this.#folder = folder;
    this.#apiPort = apiPort;
  }

  get pid(): number {
    return this.#group?.pid ?? 0;
  }

  async begin(): Promise<void> {
    const config = join(this.#folder, 'qBittorrent', 'config');
    await mkdir(config, { recursive: true });
    await writeFile(join(config, 'qBittorrent.conf'), this.#settings());
    this.#group = new ProcessGroup('qbittorrent-nox', [`--profile=${this.#folder}`, `--webui-port=${this.#apiPort}`], {
      env: { ...process.env, HOME: this.#folder },
    });
    await until(
      'the Web API of qBittorrent',
      START_MS_MAX,
      () => this.#answers(),
      () => this.#details(),
    );
    await this.#add();
    // A small content may be complete before anybody has looked.
    const states = this.#options.role === 'seed' ? /UP$/i : /DL$|downloading|UP$|uploading/i;
    await until(
      `a torrent that matches ${states}`,
      START_MS_MAX,
      async () => states.test((await this.#row())?.state ?? ''),
      () => this.#details(),
    );
    for (const peer of this.#options.peers ?? []) await this.dial(peer);
  }

  async dial(endpoint: string): Promise<boolean> {
    const row = await this.#row();
    if (row === null) return false;
    const form = new URLSearchParams({ hashes: row.hash, peers: endpoint });
    return (await this.#api('torrents/addPeers', form)).ok;
  }

  async progress(): Promise<number> {
    return (await this.#row())?.progress ?? 0;
  }

  async done(timeoutMs: number): Promise<void> {
    // Uploading states only: files are whole by then.
    const complete = async (): Promise<boolean> => {
      const row = await this.#row();
      return row !== null && row.progress === 1 && /UP$|uploading/i.test(row.state);
    };
    await until('a complete download', timeoutMs, complete, () => this.#details());
  }

  async stop(): Promise<void> {
    await this.#group?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #add(): Promise<void> {
    const { torrent, magnet, folder } = this.#options;
    const form = new FormData();
    if (torrent !== undefined) form.set('torrents', new Blob([await readFile(torrent)]), basename(torrent));
    if (magnet !== undefined) form.set('urls', magnet);
    for (const [key, value] of Object.entries({ savepath: folder, autoTMM: 'false', contentLayout: 'Original' })) form.set(key, value);
    const response = await this.#api('torrents/add', form);
    if (!response.ok) throw new Error(`expected qBittorrent to take the torrent, got ${response.status}`);
  }

  #settings(): string {
    const session: Record<string, string | number | boolean> = {
      Port: this.#options.port,
      Interface: 'lo',
      InterfaceName: 'lo',
      InterfaceAddress: '127.0.0.1',
      BTProtocol: this.#options.utp === true ? 'UTP' : 'TCP',
      DHTEnabled: false,
      LSDEnabled: false,
      PeXEnabled: false,
      Encryption: 0,
      MultiConnectionsPerIp: true,
      QueueingSystemEnabled: false,
      AddTorrentPaused: false,
      SendBufferWatermark: 500,
      SSRFMitigation: false,
    };
    const lines = Object.entries(session).map(([key, value]) => `Session\\${key}=${value}`);
    return [
      '[LegalNotice]',
      'Accepted=true',
      '[BitTorrent]',
      ...lines,
      '[Preferences]',
      'WebUI\\Address=127.0.0.1',
      'WebUI\\LocalHostAuth=false',
      '',
    ].join('\n');
  }

  async #answers(): Promise<boolean> {
    try {
      return (await this.#api('app/version')).ok;
    } catch {
      return false;
    }
  }

  async #row(): Promise<TorrentRow | null> {
    const rows = (await (await this.#api('torrents/info')).json()) as TorrentRow[]; // Its documented shape.
    return rows[0] ?? null;
  }

  async #api(path: string, body: FormData | URLSearchParams | null = null): Promise<Response> {
    const what = body === null ? {} : { method: 'POST', body };
    return fetch(`http://127.0.0.1:${this.#apiPort}/api/v2/${path}`, { ...what, signal: AbortSignal.timeout(API_MS_MAX) });
  }

  #details(): string {
    return this.#group?.lastWords ?? 'qBittorrent did not start';
  }
}
