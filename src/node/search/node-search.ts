/** The searching part of a node: what it shares with search networks, the networks it takes part in, and the searches over them. Owns all three. */

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../control/caller.ts';
import { Failure, failureFrom } from '../failure.ts';
import type { Library } from '../library/library.ts';
import { makeFolder } from '../make-folder.ts';
import type { ByteBudget } from '../../core/budget-turns.ts';
import type { NetworkSummary } from '../node-view.ts';
import type { HeldTransfer } from '../transfers/held-transfer.ts';
import { FetchBook, type FetchListener } from './fetch-book.ts';
import type { FetchDetail, FetchView } from './fetch-view.ts';
import { fileWishOf, wishOfRow } from './file-wish.ts';
import { searchNetworksOf } from './networks.ts';
import type { RunningNetworks } from './running-networks.ts';
import type { SearchNetwork, SearchNetworkStatus } from './search-network.ts';
import type { GetAsk, SearchOperations } from './search-operations.ts';
import type { SearchChange, SearchRowDetail, SearchView } from './search-view.ts';
import type { SearchAsk } from './search-wish.ts';
import { Searches } from './searches.ts';
import { sizedWish } from './sized-wish.ts';
import { TorrentHunts } from './torrent-hunts.ts';

/** Of all that the node does. */
export interface NodeBudgets {
  readonly up: ByteBudget;
  readonly down: ByteBudget;
}

export class NodeSearch implements SearchOperations {
  readonly #caller: Caller;
  readonly #downloadBudget: ByteBudget;
  readonly #networks: RunningNetworks | null;
  readonly #library: Library | null;
  readonly #searches: Searches;
  readonly #listener: FetchListener;
  readonly #closing = new AbortController();
  readonly #torrents = new TorrentHunts(() => this.#running);
  #book: Promise<FetchBook> | null = null;
  #opened: FetchBook | null = null;

  /** As the settings say; what of that cannot be is warned of, and the rest goes on. `budgets` are what the node may send and fetch, its torrents included. */
  static async open(caller: Caller, budgets: NodeBudgets, listener: FetchListener): Promise<NodeSearch> {
    const entries = searchNetworksOf(caller.settings.get('networks.use'));
    if (entries.length === 0) return new NodeSearch(caller, budgets.down, null, null, listener);
    // Loaded by those who take part: the code takes several MB.
    const library = await openLibrary(caller);
    try {
      const { RunningNetworks } = await import('./running-networks.ts');
      const networks = await RunningNetworks.open(caller, entries, { shared: library.index, passing: false, uploadBudget: budgets.up });
      return new NodeSearch(caller, budgets.down, networks, library, listener);
    } catch (error) {
      const { message, why } = failureFrom(error, 'No search network could be joined.');
      caller.console.warn(`${message} ${why}`);
      return new NodeSearch(caller, budgets.down, null, library, listener);
    }
  }

  private constructor(
    caller: Caller,
    down: ByteBudget,
    networks: RunningNetworks | null,
    library: Library | null,
    listener: FetchListener,
  ) {
    this.#caller = caller;
    this.#downloadBudget = down;
    this.#networks = networks;
    this.#library = library;
    this.#listener = listener;
    const { state } = caller.settings.folders;
    this.#searches = new Searches(state, () => this.#running);
    // What the last run was fetching goes on by itself.
    if (FetchBook.hasWork(state)) void this.#fetches().catch((error: unknown) => this.#warn(error));
  }

  get #running(): readonly SearchNetwork[] {
    return this.#networks?.networks ?? [];
  }

  /** Call every second, with all torrents: those that are being downloaded get holders from search networks. */
  tick(torrents: readonly HeldTransfer[]): void {
    this.#torrents.tick(torrents);
  }

  get summaries(): readonly NetworkSummary[] {
    const statuses = this.#networks?.statuses() ?? [];
    return statuses.map(({ network, state, role, address, neighbours }) => ({
      network,
      state,
      role,
      address,
      neighbours: neighbours.length,
    }));
  }

  async networks(): Promise<readonly SearchNetworkStatus[]> {
    return this.#networks?.statuses() ?? [];
  }

  async start(ask: SearchAsk): Promise<SearchView> {
    return this.#searches.start(ask);
  }

  async list(): Promise<readonly SearchView[]> {
    return this.#searches.list();
  }

  async changes(id: number, after: number): Promise<SearchChange> {
    return this.#searches.changes(id, after);
  }

  follow(id: number, after: number, signal: AbortSignal): AsyncIterable<SearchChange> {
    return this.#searches.room(id).follow(after, signal);
  }

  async row(id: number, number: number): Promise<SearchRowDetail> {
    return this.#searches.row(id, number);
  }

  async stop(id: number): Promise<SearchView> {
    return this.#searches.stop(id);
  }

  async get(what: GetAsk, folder: string | null): Promise<FetchView> {
    const { settings } = this.#caller;
    const wish = 'link' in what ? fileWishOf(what.link, settings.folders.state) : wishOfRow(this.#searches.row(what.search, what.row));
    if (wish === null) {
      throw new Failure(
        'usage',
        'That names no file of a search network.',
        'It may be a torrent, which is added to the list of transfers.',
        'Expected a magnet link with urn:sha1, urn:tree:tiger or urn:ed2k.',
      );
    }
    const sized = await sizedWish(wish, this.#running, this.#closing.signal);
    const into = folder ?? settings.get('node.folder');
    makeFolder(into, `The folder ${into} cannot be used.`);
    return (await this.#fetches()).add(sized, into);
  }

  async fetches(): Promise<readonly FetchView[]> {
    return this.#book === null && !FetchBook.hasWork(this.#caller.settings.folders.state) ? [] : (await this.#fetches()).list();
  }

  /** As far as the list is open: for who looks often. */
  get fetchViews(): readonly FetchView[] {
    return this.#opened?.list() ?? [];
  }

  async fetch(id: number): Promise<FetchDetail> {
    return (await this.#fetches()).detail(id);
  }

  async pauseFetch(id: number): Promise<FetchView> {
    return (await this.#fetches()).pause(id);
  }

  async resumeFetch(id: number): Promise<FetchView> {
    return (await this.#fetches()).resume(id);
  }

  async removeFetch(id: number, data: boolean): Promise<void> {
    await (await this.#fetches()).remove(id, data);
  }

  /** Opened by who needs it first. */
  #fetches(): Promise<FetchBook> {
    this.#book ??= import('../files/open-fetches.ts')
      .then(({ openFetches }) => openFetches(this.#caller, this.#downloadBudget))
      .then((maker) => {
        this.#opened = new FetchBook(this.#caller.settings.folders.state, maker, () => this.#running, this.#listener);
        return this.#opened;
      });
    return this.#book;
  }

  #warn(error: unknown): void {
    const { message, why } = failureFrom(error, 'What was being fetched does not go on.');
    this.#caller.console.warn(`${message} ${why}`);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#searches.close();
    this.#torrents.close();
    // One that could not be opened has nothing to close.
    await this.#book?.then(
      (book) => book.close(),
      () => undefined,
    );
    await this.#networks?.close();
    await this.#library?.close();
  }
}

/** With the folders of the settings, which are read while the networks already run. */
async function openLibrary({ settings, console }: Caller): Promise<Library> {
  const { Library } = await import('../library/library.ts');
  const { state } = settings.folders;
  makeFolder(state, `The state folder ${state} cannot be used.`);
  const library = new Library({ database: join(state, 'library.db') });
  const folders = settings
    .get('library.folders')
    .split(',')
    .filter((folder) => folder !== '')
    .map(realFolder);
  library.keepOnly(folders);
  for (const folder of folders) {
    library.share(folder).then(
      ({ files }) => console.event('library', { folder, files }),
      (error: unknown) => {
        const { message, why } = failureFrom(error, `${folder} cannot be shared.`);
        console.warn(`${message} ${why}`);
      },
    );
  }
  return library;
}

/** As the library knows it; one that is not there stays as it is, and is told of when it is read. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
