/** The web server that a sharing node brings along (`kith share --http`), on a socket host of its own; owns that host. */

import { endpointPort } from '../core/endpoint.ts';
import { hexOf } from '../core/hex.ts';
import { SocketHost } from '../net/socket-host.ts';
import { parseInfo } from '../transfer/bittorrent/parse-metainfo.ts';
import type { ByteBudget } from '../core/budget-turns.ts';
import { ContentServer } from '../transfer/http/index.ts';
import { failureFrom } from './failure.ts';
import { makeFolder } from './make-folder.ts';
import { type Publication, vouch } from './publication.ts';

/** Browsers and download managers open a handful each. */
const CONNECTIONS_MAX = 256;

export class WebServer {
  readonly port: number;
  readonly #host: SocketHost;
  readonly #server: ContentServer;
  readonly #stateFolder: string;

  /** `budget` is what this program may upload, peers and web clients together. Records of what was hashed lie below `stateFolder`. */
  static async open(listenHost: string, port: number, budget: ByteBudget, stateFolder: string): Promise<WebServer> {
    makeFolder(stateFolder, `The state folder ${stateFolder} cannot be used.`);
    const host = new SocketHost({
      address: listenHost,
      streamPort: port,
      datagramPort: null,
      stateFolder,
      connectionsMax: CONNECTIONS_MAX,
    });
    await host.open().catch((error: unknown) => {
      throw failureFrom(error, `Port ${port} on ${listenHost} cannot be opened.`);
    });
    return new WebServer(host, budget, stateFolder);
  }

  private constructor(host: SocketHost, budget: ByteBudget, stateFolder: string) {
    this.#host = host;
    this.#stateFolder = stateFolder;
    this.port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    this.#server = host.run((asHost) => new ContentServer(asHost, { connectionsMax: CONNECTIONS_MAX, budget }));
  }

  get sentBytes(): number {
    return this.#server.sentBytes;
  }

  /** Serves the content under the names that it has in the torrent, which clients make URLs of; on this disk they may be others. */
  add(publication: Publication): void {
    const { metainfo, location } = publication;
    try {
      vouch(publication, this.#stateFolder);
    } catch {
      // Without the record it is hashed once more, and works as well.
    }
    const { files, totalBytes, pieceBytes, pieceHashes, v2 } = metainfo;
    const spec = {
      location,
      files,
      totalBytes,
      pieceBytes,
      pieceHashes,
      pieceRoots: v2?.pieceRoots ?? null,
      key: hexOf(metainfo.infoHash),
      writable: false,
      recheck: 'trust',
    } as const;
    const { files: named } = parseInfo(metainfo.infoBytes, { trackers: [], webSeeds: [] });
    this.#server.add(
      spec,
      named.map(({ path }) => path),
    );
  }

  async close(): Promise<void> {
    await this.#host.close();
  }
}
