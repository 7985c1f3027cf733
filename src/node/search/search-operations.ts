/** What can be asked of the searching part of a node: by a command through the control socket, by the API. Every promise may reject with a Failure. */

import type { FetchDetail, FetchView } from './fetch-view.ts';
import type { SearchNetworkStatus } from './search-network.ts';
import type { SearchChange, SearchRowDetail, SearchView } from './search-view.ts';
import type { SearchAsk } from './search-wish.ts';

export interface SearchOperations {
  /** Those that the node takes part in. */
  networks(): Promise<readonly SearchNetworkStatus[]>;
  start(ask: SearchAsk): Promise<SearchView>;
  /** Under way, and ended lately; the oldest first. */
  list(): Promise<readonly SearchView[]>;
  /** What has changed since that `sequence`; 0: all. */
  changes(id: number, after: number): Promise<SearchChange>;
  /** The same again and again, as it changes; the last tells the end. */
  follow(id: number, after: number, signal: AbortSignal): AsyncIterable<SearchChange>;
  row(id: number, number: number): Promise<SearchRowDetail>;
  stop(id: number): Promise<SearchView>;
  /** Fetches a file by its hashes, from whoever has it. */
  get(what: GetAsk, folder: string | null): Promise<FetchView>;
  fetches(): Promise<readonly FetchView[]>;
  fetch(id: number): Promise<FetchDetail>;
  /** Resolves when it rests: what has come stays. */
  pauseFetch(id: number): Promise<FetchView>;
  /** Also after a failure. */
  resumeFetch(id: number): Promise<FetchView>;
  /** Stops and forgets it; with `data` its file, or what has come of it, goes too. */
  removeFetch(id: number, data: boolean): Promise<void>;
}

/** A magnet or ed2k link, or the number of a row of the last search; or a row of a search that the node knows. */
export type GetAsk = { readonly link: string } | { readonly search: number; readonly row: number };
