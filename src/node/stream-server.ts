/** The web server of `kith stream`: one file for players of this machine, under a path that nobody can guess; owns its socket host. */

import { randomBytes } from 'node:crypto';
import { endpointPort } from '../core/endpoint.ts';
import { SocketHost } from '../net/socket-host.ts';
import { ContentServer, type ServedFile } from '../transfer/http/index.ts';
import { failureFrom } from './failure.ts';

const ADDRESS = '127.0.0.1';
/** A player has a handful. */
const CONNECTIONS_MAX = 32;
const TOKEN_BYTES = 16;

export class StreamServer {
  readonly #host: SocketHost;
  readonly #server: ContentServer;
  readonly #port: number;
  readonly #token = randomBytes(TOKEN_BYTES).toString('base64url');

  static async open(): Promise<StreamServer> {
    const host = new SocketHost({ address: ADDRESS, streamPort: 0, datagramPort: null, connectionsMax: CONNECTIONS_MAX });
    await host.open().catch((error: unknown) => {
      throw failureFrom(error, `No port on ${ADDRESS} can be opened for players.`);
    });
    return new StreamServer(host);
  }

  private constructor(host: SocketHost) {
    this.#host = host;
    this.#port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    const hosts = [ADDRESS, 'localhost'].map((name) => `${name}:${this.#port}`);
    this.#server = host.run((asHost) => new ContentServer(asHost, { connectionsMax: CONNECTIONS_MAX, budget: null, access: { hosts } }));
  }

  /** Where a file of that name is to be served: the path for it. */
  pathOf(name: string): readonly string[] {
    return [this.#token, name];
  }

  /** Serves it; answers its URL. */
  add(file: ServedFile): string {
    this.#server.addFile(file);
    return `http://${ADDRESS}:${this.#port}/${file.path.map(encodeURIComponent).join('/')}`;
  }

  async close(): Promise<void> {
    await this.#host.close();
  }
}
