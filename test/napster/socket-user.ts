/** A user of Napster on a real socket of this machine, whose files follow from their ids, and what he searches and gets. Owns his host. */

import type { Body, Endpoint } from '../../src/core/host.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { NAPSTER_CLIENT_DEFAULTS, type NapsterClientOptions } from '../../src/overlays/napster/client/client-options.ts';
import { NapsterClient } from '../../src/overlays/napster/client/napster-client.ts';
import type { DownloadListener, PlannedHolder } from '../../src/overlays/napster/client/napster-download.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SharedFile } from '../../src/wire/shared-file.ts';
import { MemoryBytes } from './memory-bytes.ts';
import { Diary, Finds } from './worlds.ts';

export class SocketUser {
  readonly client: NapsterClient;
  readonly files: ListedFiles;
  readonly diary = new Diary();
  readonly host: SocketHost;

  static async open(
    options: Partial<NapsterClientOptions> & { readonly nick: string },
    files: readonly SharedFile[],
    servers: readonly Endpoint[],
  ) {
    const host = new SocketHost({ address: '127.0.0.1', datagramPort: null });
    await host.open();
    return new SocketUser(host, options, files, servers);
  }

  private constructor(
    host: SocketHost,
    options: Partial<NapsterClientOptions> & { readonly nick: string },
    files: readonly SharedFile[],
    servers: readonly Endpoint[],
  ) {
    this.host = host;
    this.files = new ListedFiles(files);
    this.client = host.run(
      (own) => new NapsterClient(own, { ...NAPSTER_CLIENT_DEFAULTS, ...options }, this.files, new MemoryBytes(), this.diary),
    );
    for (const server of servers) this.client.addServer(server);
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

  /** Resolves when all is there and every byte is right; rejects with what is wrong. */
  get(file: { readonly id: number; readonly bytes: number }, holders: readonly PlannedHolder[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let at = 0;
      const listener: DownloadListener = {
        onDownloaded(body: Body, offset: number): boolean {
          const right = MemoryBytes.content(file, at, at + body.length);
          const isRight = offset === at && Buffer.compare(body as Uint8Array, right) === 0;
          if (!isRight) reject(new Error(`wrong bytes of file ${file.id} between ${at} and ${at + body.length}`));
          at += body.length;
          return true;
        },
        onDownloadDone: () => (at === file.bytes ? resolve() : reject(new Error(`${at} of ${file.bytes} bytes`))),
        onDownloadFailed: (why) => reject(new Error(why)),
      };
      this.client.download({ bytes: file.bytes, offset: 0, holders }, listener);
    });
  }

  close(): Promise<void> {
    return this.host.close();
  }
}
