/** The pages there are, each loaded when it is first shown; a new one is an entry here and an address in places.ts. Owns no state. */

import type { Component } from 'svelte';
import type { PageName } from './places.ts';

export interface PageEntry {
  readonly name: PageName;
  readonly title: string;
  /** In the navigation; null: one comes there from elsewhere. */
  readonly path: string | null;
  /** Behind `g`; '' for none. */
  readonly key: string;
  readonly load: () => Promise<{ readonly default: Component }>;
}

export const PAGES: readonly PageEntry[] = [
  { name: 'transfers', title: 'Transfers', path: '/transfers', key: 't', load: () => import('../transfers/TransfersPage.svelte') },
  { name: 'item', title: 'Item', path: null, key: 'i', load: () => import('../item/ItemPage.svelte') },
  { name: 'fetch', title: 'Fetch', path: null, key: '', load: () => import('../fetch/FetchPage.svelte') },
  { name: 'player', title: 'Player', path: null, key: '', load: () => import('../player/PlayerPage.svelte') },
  { name: 'search', title: 'Search', path: '/search', key: 's', load: () => import('../search/SearchPage.svelte') },
  { name: 'networks', title: 'Networks', path: '/networks', key: 'o', load: () => import('../networks/NetworksPage.svelte') },
  { name: 'network', title: 'Network', path: null, key: '', load: () => import('../networks/NetworkPage.svelte') },
  { name: 'lab', title: 'Lab', path: '/lab', key: 'l', load: () => import('../lab/LabPage.svelte') },
  { name: 'world', title: 'World', path: null, key: 'w', load: () => import('../lab/WorldPage.svelte') },
  { name: 'node', title: 'Node', path: '/node', key: 'n', load: () => import('../node/NodePage.svelte') },
];
