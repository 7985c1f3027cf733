/**
 * Sends and fetches whole files on a socket host: what search networks find is fetched here, from all of them at once; what the library shares is sent
 * from the port, if there is one. Owns the host.
 */

import { join } from 'node:path';
import type { ByteBudget } from '../../core/budget-turns.ts';
import { endpointPort } from '../../core/endpoint.ts';
import { SocketHost } from '../../net/socket-host.ts';
import type { Proxy } from '../../net/proxy.ts';
import { FileTransfers, type HolderWay, type UploadOptions, WebWay } from '../../transfer/files/index.ts';
import { parseHttpUrl } from '../../wire/http-url.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import type { BadFileList } from '../bad-file-list.ts';
import { Failure, failureFrom } from '../failure.ts';
import { makeFolder } from '../make-folder.ts';
import { discardFetch, filesOf } from './fetch-files.ts';
import { FetchedFile } from './fetched-file.ts';
import type { FetchRequest, FileFetch } from './file-fetch.ts';
import { LibraryContent, type SharedContent } from './library-content.ts';

const USER_AGENT = 'kith/0.1';
const CONNECTIONS_MAX = 512;

export interface ExchangeOptions {
  /** Records of what is there of each file, so that a fetch is continued. */
  readonly stateFolder: string;
  /** Where others come to; null: nowhere, and holders who cannot be dialled are reached by their network's port alone. */
  readonly listen?: { readonly address: string; readonly port: number } | null;
  /** What is sent to others; null: only the checked parts of what is being fetched. */
  readonly shared?: SharedContent | null;
  readonly uploads?: Pick<UploadOptions, 'slots' | 'budget' | 'browse' | 'kazaa'>;
  readonly downloadBudget?: ByteBudget | null;
  readonly proxy?: Proxy | null;
  /** What is not fetched, and what is found to be bad. */
  readonly badFiles?: BadFileList | null;
}

export class FileExchange {
  readonly transfers: FileTransfers;
  readonly #host: SocketHost;
  readonly #options: ExchangeOptions;
  readonly #fetches = new Set<FetchedFile>();

  /** Rejects with a Failure when the port cannot be opened, or the state folder not be used. */
  static async open(options: ExchangeOptions): Promise<FileExchange> {
    const { stateFolder, listen = null, proxy = null } = options;
    makeFolder(join(stateFolder, 'fetches'), `The state folder ${stateFolder} cannot be used.`);
    const host = new SocketHost({
      stateFolder,
      proxy,
      datagramPort: null,
      connectionsMax: CONNECTIONS_MAX,
      ...(listen === null ? { streamPort: null } : { address: listen.address, streamPort: listen.port }),
    });
    await host.open().catch((error: unknown) => {
      throw failureFrom(error, listen === null ? 'Files cannot be fetched.' : `Port ${listen.port} on ${listen.address} cannot be opened.`);
    });
    return new FileExchange(host, options);
  }

  private constructor(host: SocketHost, options: ExchangeOptions) {
    this.#host = host;
    this.#options = options;
    const { shared = null, downloadBudget = null, uploads } = options;
    const content = shared === null ? NOTHING_SHARED : new LibraryContent(shared);
    const listens = host.self.stream !== null;
    this.transfers = host.run(
      (asHost) => new FileTransfers(asHost, { content, userAgent: USER_AGENT, listens, downloadBudget, ...uploads }),
    );
  }

  /** Where others come to; 0: nowhere. */
  get port(): number {
    const { stream } = this.#host.self;
    return stream === null ? 0 : endpointPort(stream);
  }

  /** Begins, or goes on where the same request was stopped. Throws a Failure when the folder cannot be used. */
  fetch(request: FetchRequest): FileFetch {
    makeFolder(request.folder, `${request.folder} cannot be used.`);
    const { stateFolder, badFiles = null } = this.#options;
    const fetch = new FetchedFile(this.#host, this.transfers, stateFolder, badFiles, request);
    this.#fetches.add(fetch);
    void fetch.done.catch(() => undefined).finally(() => this.#fetches.delete(fetch));
    return fetch;
  }

  /** Where a fetch of that file lies while it is incomplete. */
  partPath(request: FetchRequest): string {
    const { folder, partName } = filesOf(request);
    return join(folder, partName);
  }

  /** Takes away what has come of a fetch that was stopped. Throws a Failure. */
  discard(request: FetchRequest): void {
    try {
      discardFetch(this.#options.stateFolder, request);
    } catch (error) {
      throw failureFrom(error, `What has come of ${request.name} cannot be removed.`);
    }
  }

  /** A web server that has the file. Throws a usage Failure for what is no http or https URL. */
  webWay(url: string): HolderWay {
    const parsed = parseHttpUrl(url);
    if (parsed === null) throw new Failure('usage', `${url} is no http or https URL.`, '', 'Check the link.');
    return new WebWay(this.#host, parsed);
  }

  /** What is there of each file stays, to go on from. */
  async close(): Promise<void> {
    await Promise.all([...this.#fetches].map((fetch) => fetch.stop()));
    await this.#host.close();
  }
}

const NOTHING_SHARED = { files: new ListedFiles(), storeSpecOf: () => null, treeOf: () => null };
