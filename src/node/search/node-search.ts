/** The searching part of a node: what it shares with search networks, the networks it takes part in, and the searches over them. Owns all three. */

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../control/caller.ts';
import { failureFrom } from '../failure.ts';
import { Library } from '../library/library.ts';
import { makeFolder } from '../make-folder.ts';
import type { NetworkSummary } from '../node-view.ts';
import { searchNetworksOf } from './networks.ts';
import { RunningNetworks } from './running-networks.ts';
import type { SearchNetworkStatus } from './search-network.ts';
import type { SearchOperations } from './search-operations.ts';
import type { SearchChange, SearchRowDetail, SearchView } from './search-view.ts';
import type { SearchAsk } from './search-wish.ts';
import { Searches } from './searches.ts';

export class NodeSearch implements SearchOperations {
  readonly #networks: RunningNetworks | null;
  readonly #library: Library | null;
  readonly #searches: Searches;

  /** As the settings say; what of that cannot be is warned of, and the rest goes on. */
  static async open(caller: Caller): Promise<NodeSearch> {
    const { settings } = caller;
    const entries = searchNetworksOf(settings.get('networks.use'));
    if (entries.length === 0) return new NodeSearch(settings.folders.state, null, null);
    const library = openLibrary(caller);
    try {
      const networks = await RunningNetworks.open(caller, entries, { shared: library.index, passing: false });
      return new NodeSearch(settings.folders.state, networks, library);
    } catch (error) {
      const { message, why } = failureFrom(error, 'No search network could be joined.');
      caller.console.warn(`${message} ${why}`);
      return new NodeSearch(settings.folders.state, null, library);
    }
  }

  private constructor(stateFolder: string, networks: RunningNetworks | null, library: Library | null) {
    this.#networks = networks;
    this.#library = library;
    this.#searches = new Searches(stateFolder, () => networks?.networks ?? []);
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

  async close(): Promise<void> {
    this.#searches.close();
    await this.#networks?.close();
    await this.#library?.close();
  }
}

/** With the folders of the settings, which are read while the networks already run. */
function openLibrary({ settings, console }: Caller): Library {
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
