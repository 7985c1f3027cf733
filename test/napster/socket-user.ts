/** A user of Napster on a real socket of this machine, whose files follow from their ids, and what he searches and gets. Owns his host. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../src/core/host.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { NAPSTER_CLIENT_DEFAULTS, type NapsterClientOptions } from '../../src/overlays/napster/client/client-options.ts';
import { NapsterClient } from '../../src/overlays/napster/client/napster-client.ts';
import { type FileDownload, reachByNapster } from '../../src/transfer/files/index.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import { NO_HASHES, type SharedFile } from '../../src/wire/shared-file.ts';
import { MemoryBytes } from './memory-bytes.ts';
import { Diary, FetchingUser, Finds } from './worlds.ts';

/** Nothing has come for so long: a download itself has patience without end. */
const IDLE_MS_MAX = 100_000;

export class SocketUser {
  readonly user: FetchingUser;
  private readonly folder: string;
  private gets = 0;
  readonly files: ListedFiles;
  readonly diary = new Diary();
  readonly host: SocketHost;

  static async open(
    options: Partial<NapsterClientOptions> & { readonly nick: string },
    files: readonly SharedFile[],
    servers: readonly Endpoint[],
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'kith-napster-user-'));
    const host = new SocketHost({ address: '127.0.0.1', datagramPort: null, stateFolder: folder });
    await host.open();
    return new SocketUser(host, folder, options, files, servers);
  }

  private constructor(
    host: SocketHost,
    folder: string,
    options: Partial<NapsterClientOptions> & { readonly nick: string },
    files: readonly SharedFile[],
    servers: readonly Endpoint[],
  ) {
    this.host = host;
    this.folder = folder;
    this.files = new ListedFiles(files);
    const all = { ...NAPSTER_CLIENT_DEFAULTS, ...options };
    this.user = host.run((side) => new FetchingUser(side, (own) => new NapsterClient(own, all, this.files, new MemoryBytes(), this.diary)));
    for (const server of servers) this.client.addServer(server);
  }

  get client(): NapsterClient {
    return this.user.client;
  }

  /** Who has what, in order. */
  search(words: string): Promise<string[]> {
    return new Promise((resolve) => {
      const finds = new Finds();
      const listener = {
        onHit: finds.onHit.bind(finds),
        onSearchEnd: () => resolve(finds.held),
      };
      this.client.search({ words: words.split(' '), limit: 500, hashes: null }, listener);
    });
  }

  /** Resolves when all is there and every byte is right; rejects with what is wrong, or when nothing has come for too long. */
  async get(
    file: { readonly id: number; readonly bytes: number },
    holders: readonly { readonly nick: string; readonly fileName: string }[],
  ): Promise<void> {
    const { client, transfers } = this.user;
    const name = `got${this.gets++}`;
    await new Promise<void>((resolve, reject) => {
      const listener = {
        onDownloadTree() {},
        onDownloadDone: () => resolve(),
        onDownloadFailed: ({ kind }: { readonly kind: string }) => reject(new Error(kind)),
      };
      const options = { wanted: { bytes: file.bytes, hashes: NO_HASHES }, location: this.folder, path: [name], key: name };
      const download = transfers.download({ ...options, tree: null, userAgent: 'kith/test', node: null }, listener);
      for (const { nick, fileName } of holders) {
        const way = { nick, fileName, bytes: file.bytes };
        download.add({ name: nick, reach: (each) => reachByNapster(client, way, each) });
      }
      watch(download, reject);
    });
    const got = readFileSync(join(this.folder, name));
    if (Buffer.compare(got, MemoryBytes.content(file)) !== 0) throw new Error(`wrong bytes of file ${file.id}`);
  }

  async close(): Promise<void> {
    await this.host.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Until it is over. */
function watch(download: FileDownload, giveUp: (error: Error) => void): void {
  let came = 0;
  let sinceMs = performance.now();
  const timer = setInterval(() => {
    const holders = [...download.holders];
    const now = holders.reduce((sum, { meter }) => sum + meter.total, 0);
    if (now > came) sinceMs = performance.now();
    came = now;
    if (download.isOver) clearInterval(timer);
    else if (performance.now() - sinceMs > IDLE_MS_MAX) {
      clearInterval(timer);
      giveUp(new Error(holders.map(({ name, detail }) => `${name}: ${detail}`).join('; ')));
    }
  }, 500);
}
