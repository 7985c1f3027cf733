/**
 * Napster as a search network of the node: a user at one of the index servers that it is told of. Owns the socket host, and the stores of files that are being sent.
 */

import { randomBytes } from 'node:crypto';
import { endpointPort, formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { SocketHost } from '../net/socket-host.ts';
import { isNick, NAPSTER_CLIENT_DEFAULTS, NapsterClient, type NapsterListener } from '../overlays/napster/index.ts';
import { reachByNapster, type WayAttempt, type WayListener } from '../transfer/files/index.ts';
import { SharedStores } from '../transfer/files/shared-stores.ts';
import type { Search, SearchHit, SearchListener, SearchRequest } from '../wire/search-hit.ts';
import type { SharedFile } from '../wire/shared-file.ts';
import { Failure, failureFrom } from './failure.ts';
import { LibraryContent } from './files/library-content.ts';
import { hostAndPort, linkHost } from './link-host.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker, SearchNetworkStatus } from './search/search-network.ts';

const TICK_MS = 1_000;
const WORD_BYTES = 6;

/** Rejects with a Failure. */
export const openNapsterNetwork: SearchNetworkMaker = async (place) => {
  const { caller, listenHost, port, proxy } = place;
  if (/[\s"]/.test(caller.settings.get('napster.password'))) {
    const why = 'Napster puts it between spaces as it is.';
    throw new Failure('usage', 'The password for Napster has a space or a quote in it.', why, 'Choose another one for napster.password.');
  }
  const host = new SocketHost({ address: listenHost, streamPort: port, datagramPort: null, proxy });
  await host.open().catch((error: unknown) => {
    throw failureFrom(error, `Port ${port} on ${listenHost} cannot be opened.`);
  });
  return new NapsterNetwork(host, place);
};

class NapsterNetwork implements SearchNetwork, NapsterListener {
  readonly name = 'napster';
  readonly #host: SocketHost;
  readonly #client: NapsterClient;
  readonly #stores: SharedStores;
  readonly #timer: NodeJS.Timeout;
  readonly #listenHost: string;
  #sinceMs = 0;
  #lastWhy = '';

  constructor(host: SocketHost, { caller: { settings }, listenHost, shared, uploadSlotsMax, uploadBudget, proxy }: NetworkPlace) {
    this.#host = host;
    this.#listenHost = listenHost;
    this.#stores = new SharedStores(host);
    const word = randomBytes(WORD_BYTES).toString('hex');
    const nick = settings.get('napster.nick') || `kith${word}`;
    // Whoever has no nick of his own needs no word that he could log in with again.
    const password = settings.get('napster.password') || word;
    const dataPort = proxy === null ? null : 0;
    const library = new LibraryContent(shared);
    const content = {
      open: (file: SharedFile, begin: number, end: number, operation: Parameters<SharedStores['read']>[3]) => {
        const spec = library.storeSpecOf(file);
        return spec === null ? null : this.#stores.read(spec, begin, end, operation);
      },
    };
    const options = { ...NAPSTER_CLIENT_DEFAULTS, nick, password, dataPort, uploadSlots: uploadSlotsMax, budget: uploadBudget };
    this.#client = host.run((own) => new NapsterClient(own, options, shared, content, this));
    this.#timer = setInterval(() => this.#stores.tick(host.now()), TICK_MS);
    this.#timer.unref();
  }

  status(): SearchNetworkStatus {
    const { isOnline, isFirewalled, serverEndpoint, numbers, shares, uploads, servers } = this.#client;
    const neighbours =
      isOnline && serverEndpoint !== null
        ? [{ address: formatEndpoint(serverEndpoint), role: 'index server', agent: '', sinceMs: this.#sinceMs }]
        : [];
    const { stream } = this.#host.self;
    const listens = stream === null ? 'nobody can' : hostAndPort(linkHost(this.#listenHost, ''), endpointPort(stream));
    return {
      network: this.name,
      state: isOnline ? 'member' : 'joining',
      role: 'user',
      // Where users are is no way into Napster: only index servers are told to newcomers.
      address: null,
      firewalled: isFirewalled,
      neighbours,
      wantsHosts: !isOnline,
      facts: [
        { label: 'nick', value: this.#client.options.nick },
        { label: 'users', value: numbers.users },
        { label: 'files of all', value: numbers.files },
        { label: 'files told', value: shares.count },
        { label: 'files sent', value: uploads.done },
        { label: 'files being sent', value: uploads.count },
        { label: 'dialled at', value: listens },
        { label: 'servers known', value: servers.count },
        ...(this.#lastWhy === '' || isOnline ? [] : [{ label: 'offline', value: this.#lastWhy }]),
      ],
    };
  }

  search(request: SearchRequest, listener: SearchListener): Search {
    return this.#client.search(request, listener);
  }

  browse(holder: string, listener: SearchListener): Search | null {
    return isNick(holder) ? this.#client.browse(holder, listener) : null;
  }

  reach({ holder, bytes }: SearchHit, listener: WayListener): WayAttempt {
    return reachByNapster(this.#client, { nick: holder.id, fileName: holder.locator, bytes }, listener);
  }

  addHosts(hosts: readonly Endpoint[]): void {
    for (const host of hosts) this.#client.addServer(host);
  }

  goodHosts(limit: number): readonly Endpoint[] {
    return this.#client.servers.good(limit);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stores.stop();
    await this.#host.close();
  }

  // ---- what happens to a user ------------------------------------------------------------------------------------------------

  onOnline(): void {
    this.#sinceMs = Date.now();
  }

  onOffline(why: string): void {
    this.#lastWhy = why;
  }

  // Words are for people who talk; a node searches.
  onPrivateWords(): void {}
  onSaid(): void {}
  onChannelChanged(): void {}
  onHot(): void {}
  onServerWords(): void {}
}
