/**
 * rtorrent as a daemon without a terminal, driven by XML-RPC in SCGI over a unix socket. It dials 127.x only when told (`add_peer`),
 * and takes neither a .torrent nor a magnet link that names no tracker.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START_MS_MAX, type PeerEncryption, type PeerOptions, type PeerProgram, type RunningPeer } from './peer.ts';
import { findProgram, ProcessGroup, until } from './process-group.ts';

const RPC_MS_MAX = 10_000;
const DIAL_AGAIN_MS = 1_000;
const SCGI_VERSION = 1;

/** The words of `protocol.encryption.set`. */
const ENCRYPTION: Readonly<Record<PeerEncryption, string>> = {
  off: 'none',
  allowed: 'allow_incoming,try_outgoing,enable_retry',
  handshake: 'allow_incoming,try_outgoing,require',
  rc4: 'allow_incoming,try_outgoing,require,require_RC4',
};

export const rtorrent: PeerProgram = {
  name: 'rtorrent',
  dialsLoopback: false,
  skipsEmptyFiles: false,
  missing: () => (findProgram('rtorrent') === null ? 'rtorrent is not installed' : null),
  start: async (options: PeerOptions) => {
    const peer = new Rtorrent(options, await mkdtemp(join(tmpdir(), 'kith-rtorrent-')));
    try {
      await peer.begin();
      return peer;
    } catch (error) {
      await peer.stop();
      throw error;
    }
  },
};

class Rtorrent implements RunningPeer {
  readonly name = 'rtorrent';
  readonly endpoint: string;
  readonly #options: PeerOptions;
  readonly #folder: string;
  readonly #socket: string;
  #group: ProcessGroup | null = null;
  readonly #dialled = new Set<string>();
  #hash = '';
  #dialledAtMs = 0;

  constructor(options: PeerOptions, folder: string) {
    this.endpoint = `127.0.0.1:${options.port}`;
    this.#options = options;
    this.#folder = folder;
    this.#socket = join(folder, 'rpc.sock');
  }

  get pid(): number {
    return this.#group?.pid ?? 0;
  }

  async begin(): Promise<void> {
    const { torrent, magnet, role } = this.#options;
    await writeFile(join(this.#folder, 'rc'), this.#configuration());
    this.#group = new ProcessGroup('rtorrent', ['-n', '-o', `import=${join(this.#folder, 'rc')}`], {
      cwd: this.#folder,
      env: { ...process.env, TERM: 'xterm', HOME: this.#folder },
    });
    await until(
      'the RPC of rtorrent',
      START_MS_MAX,
      () => this.#answers(),
      () => this.#details(),
    );
    await this.#rpc('load.start', ['', torrent ?? magnet ?? '']);
    this.#hash = await until(
      'a loaded torrent',
      START_MS_MAX,
      () => this.#firstHash(),
      () => this.#details(),
    );
    if (role === 'seed') {
      await until(
        'a checked torrent',
        START_MS_MAX,
        async () => (await this.progress()) === 1 && (await this.#isActive()),
        () => this.#details(),
      );
    } else {
      await until(
        'an active torrent',
        START_MS_MAX,
        () => this.#isActive(),
        () => this.#details(),
      );
    }
    for (const endpoint of this.#options.peers ?? []) await this.dial(endpoint);
  }

  async dial(endpoint: string): Promise<boolean> {
    this.#dialled.add(endpoint);
    this.#dialledAtMs = performance.now();
    await this.#rpc('add_peer', [this.#hash, endpoint]);
    return true;
  }

  async progress(): Promise<number> {
    if (!(await this.#hasMetadata())) return 0;
    const size = await this.#number('d.size_bytes');
    return size > 0 ? (await this.#number('d.completed_bytes')) / size : 0;
  }

  async done(timeoutMs: number): Promise<void> {
    const complete = async (): Promise<boolean> => {
      if ((await this.#hasMetadata()) && (await this.#number('d.complete')) === 1) return true;
      await this.#dialAgain();
      return false;
    };
    await until('a complete download', timeoutMs, complete, () => this.#details());
  }

  async stop(): Promise<void> {
    await this.#group?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #configuration(): string {
    const { port, folder, encryption } = this.#options;
    return [
      'system.daemon.set = true',
      `session.path.set = ${this.#folder}`,
      `directory.default.set = ${folder}`,
      'network.bind_address.set = 127.0.0.1',
      `network.port_range.set = ${port}-${port}`,
      'network.port_random.set = no',
      'dht.mode.set = disable',
      'protocol.pex.set = no',
      // Its UDP tracker client is shared by all addresses and ignores the bind address: HTTP only.
      'trackers.use_udp.set = no',
      `protocol.encryption.set = ${ENCRYPTION[encryption ?? 'allowed']}`,
      `network.scgi.open_local = ${this.#socket}`,
      '',
    ].join('\n');
  }

  async #answers(): Promise<boolean> {
    if (this.#group?.exited === true) throw new Error(`expected rtorrent to run; ${this.#details()}`);
    try {
      await this.#rpc('system.client_version', []);
      return true;
    } catch {
      return false;
    }
  }

  async #firstHash(): Promise<string | null> {
    return /<string>([0-9A-F]{40})<\/string>/.exec(await this.#rpc('download_list', ['']))?.[1] ?? null;
  }

  async #isActive(): Promise<boolean> {
    return (await this.#number('d.is_active')) === 1 && (await this.#number('d.hashing')) === 0;
  }

  /** False while it fetches the metadata of a magnet link: it shows a torrent of that metadata meanwhile, then none, then the real one. */
  async #hasMetadata(): Promise<boolean> {
    return (await this.#number('d.is_meta')) === 0;
  }

  /** It drops every peer when it goes from the metadata to the real torrent, and ignores those it is told in between. */
  async #dialAgain(): Promise<void> {
    if (performance.now() - this.#dialledAtMs < DIAL_AGAIN_MS || (await this.#number('d.peers_connected')) !== 0) return;
    for (const endpoint of this.#dialled) await this.dial(endpoint);
  }

  /** A number that a torrent's command answers, or -1 when there is no such torrent at the moment. */
  async #number(command: string): Promise<number> {
    const reply = await this.#rpc(command, [this.#hash]);
    const answer = reply.includes('faultCode') ? null : /<i[48]>(-?\d+)<\/i[48]>/.exec(reply);
    return answer === null ? -1 : Number(answer[1]);
  }

  async #rpc(method: string, params: readonly string[]): Promise<string> {
    const values = params.map((text) => `<param><value><string>${escapeXml(text)}</string></value></param>`).join('');
    const body = Buffer.from(`<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values}</params></methodCall>`);
    const headers = Buffer.from(`CONTENT_LENGTH\0${body.length}\0SCGI\0${SCGI_VERSION}\0`);
    const reply = await exchange(this.#socket, Buffer.concat([Buffer.from(`${headers.length}:`), headers, Buffer.from(','), body]));
    return reply.toString('utf8');
  }

  #details(): string {
    return this.#group?.lastWords ?? 'rtorrent did not start';
  }
}

function exchange(socketPath: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(socketPath, () => socket.write(request));
    socket.setTimeout(RPC_MS_MAX, () => socket.destroy(new Error(`rtorrent did not answer within ${RPC_MS_MAX} ms`)));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
