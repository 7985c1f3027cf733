/** What can be asked of the searching part of a node: by a command through the control socket, by the API. Every promise may reject with a Failure. */

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
}
