/** transmission-daemon, driven over its RPC. It never dials 127.x, takes no node of the DHT there, and sends its first block after about ten seconds. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes } from '../../../src/core/bytes.ts';
import { parseEndpoint } from '../../../src/core/endpoint.ts';
import type { Endpoint } from '../../../src/core/host.ts';
import { bencodeDict, encodeBencode } from '../../../src/wire/bencode.ts';
import { START_MS_MAX, type PeerOptions, type PeerProgram, type RunningPeer } from './peer.ts';
import { findProgram, freePort, ProcessGroup, until } from './process-group.ts';

const RPC_MS_MAX = 10_000;
/** TR_STATUS_STOPPED, TR_STATUS_DOWNLOAD and TR_STATUS_SEED of its RPC. */
const STATUS_DOWNLOADING = 4;
const STATUS_SEEDING = 6;

interface TorrentRow {
  readonly id: number;
  readonly percentDone: number;
  readonly leftUntilDone: number;
  readonly metadataPercentComplete: number;
  readonly status: number;
  readonly errorString: string;
}

export const transmission: PeerProgram = {
  name: 'transmission',
  dialsLoopback: false,
  skipsEmptyFiles: true,
  missing: () => (findProgram('transmission-daemon') === null ? 'transmission-daemon is not installed' : null),
  start: async (options: PeerOptions) => {
    const peer = new Transmission(options, await mkdtemp(join(tmpdir(), 'kith-transmission-')), await freePort());
    try {
      await peer.begin();
      return peer;
    } catch (error) {
      await peer.stop();
      throw error;
    }
  },
};

class Transmission implements RunningPeer {
  readonly name = 'transmission';
  readonly endpoint: string;
  readonly #options: PeerOptions;
  readonly #folder: string;
  readonly #rpcPort: number;
  #group: ProcessGroup | null = null;
  #sessionId = '';

  constructor(options: PeerOptions, folder: string, rpcPort: number) {
    this.endpoint = `${options.address ?? '127.0.0.1'}:${options.port}`;
    this.#options = options;
    this.#folder = folder;
    this.#rpcPort = rpcPort;
  }

  get pid(): number {
    return this.#group?.pid ?? 0;
  }

  async begin(): Promise<void> {
    await writeFile(join(this.#folder, 'settings.json'), JSON.stringify(this.#settings()));
    if (this.#options.dhtNodes !== undefined) await writeFile(join(this.#folder, 'dht.dat'), knownNodes(this.#options.dhtNodes));
    this.#group = new ProcessGroup('transmission-daemon', ['-f', '-g', this.#folder, '-e', join(this.#folder, 'log')]);
    await until(
      'the RPC of transmission',
      START_MS_MAX,
      () => this.#answers(),
      () => this.#details(),
    );
    const { torrent, magnet, folder } = this.#options;
    const what = torrent === undefined ? { filename: magnet } : { metainfo: (await readFile(torrent)).toString('base64') };
    await this.#rpc('torrent-add', { ...what, 'download-dir': folder, paused: false });
    if (this.#options.role === 'leech') {
      await until(
        'an active torrent',
        START_MS_MAX,
        async () => (await this.#row())?.status === STATUS_DOWNLOADING,
        () => this.#details(),
      );
      return;
    }
    await this.#rpc('torrent-verify', {});
    await until(
      'a seeding torrent',
      START_MS_MAX,
      async () => (await this.#row())?.status === STATUS_SEEDING,
      () => this.#details(),
    );
  }

  async dial(): Promise<boolean> {
    return false;
  }

  async progress(): Promise<number> {
    const row = await this.#row();
    return row === null || row.metadataPercentComplete < 1 ? 0 : row.percentDone;
  }

  async done(timeoutMs: number): Promise<void> {
    const complete = async (): Promise<boolean> => {
      const row = await this.#row();
      if (row !== null && row.errorString !== '' && row.percentDone < 1 && !/tracker/i.test(row.errorString))
        throw new Error(row.errorString);
      return row !== null && row.metadataPercentComplete === 1 && row.leftUntilDone === 0 && row.percentDone === 1;
    };
    await until('a complete download', timeoutMs, complete, () => this.#details());
  }

  async stop(): Promise<void> {
    await this.#group?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #settings(): Record<string, number | boolean | string> {
    return {
      'bind-address-ipv4': this.#options.address ?? '127.0.0.1',
      'cache-size-mb': 64,
      'dht-enabled': this.#options.dhtNodes !== undefined,
      'download-queue-enabled': false,
      encryption: { off: 0, allowed: 1, handshake: 2, rc4: 2 }[this.#options.encryption ?? 'allowed'],
      'lpd-enabled': this.#options.finds?.includes('lsd') === true,
      'peer-port': this.#options.port,
      'pex-enabled': this.#options.finds?.includes('pex') === true,
      'port-forwarding-enabled': false,
      'queue-stalled-enabled': false,
      'rpc-bind-address': '127.0.0.1',
      'rpc-host-whitelist-enabled': false,
      'rpc-port': this.#rpcPort,
      'rpc-whitelist-enabled': false,
      'upload-slots-per-torrent': 50,
      // There is no way to turn its TCP off.
      'utp-enabled': this.#options.utp === true,
    };
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#rpc('session-get', {});
      return true;
    } catch {
      return false;
    }
  }

  async #row(): Promise<TorrentRow | null> {
    const fields = ['id', 'percentDone', 'leftUntilDone', 'metadataPercentComplete', 'status', 'errorString'];
    const reply = (await this.#rpc('torrent-get', { fields })) as { torrents: TorrentRow[] }; // The fields that were asked for.
    return reply.torrents[0] ?? null;
  }

  async #rpc(method: string, args: Record<string, unknown>): Promise<unknown> {
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${this.#rpcPort}/transmission/rpc`, {
        method: 'POST',
        headers: { 'X-Transmission-Session-Id': this.#sessionId },
        body: JSON.stringify({ method, arguments: args }),
        signal: AbortSignal.timeout(RPC_MS_MAX),
      });
      const sessionId = response.headers.get('X-Transmission-Session-Id') ?? '';
      if (response.status === 409 && sessionId !== this.#sessionId) {
        this.#sessionId = sessionId; // Its protection against forged requests: the first call only learns the id.
        await response.arrayBuffer();
        continue;
      }
      const reply = (await response.json()) as { result: string; arguments: unknown };
      if (reply.result !== 'success') throw new Error(`transmission's ${method}: expected success, got ${reply.result}`);
      return reply.arguments;
    }
  }

  #details(): string {
    return this.#group?.lastWords ?? 'transmission did not start';
  }
}

/** What it would remember of an earlier run: its own id, and compact nodes (BEP 5) without theirs. */
function knownNodes(nodes: readonly string[]): Uint8Array {
  const compact = nodes.map((node) => parseEndpoint(node) as Endpoint);
  return encodeBencode(bencodeDict({ id: randomBytes(ID_BYTES), nodes: concatBytes(compact) }));
}

const ID_BYTES = 20;
