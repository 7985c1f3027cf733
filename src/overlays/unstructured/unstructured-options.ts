/** What can be chosen about an unstructured network, each with where its default is from. */

import type { Endpoint } from '../../core/host.ts';

/** `ring`: floods with a growing reach, until something is found. */
export type SearchStyle = 'flood' | 'ring' | 'walk' | 'percolate' | 'gossip';

export interface UnstructuredOptions {
  /** Whom a newcomer begins with. */
  readonly join: readonly Endpoint[];
  readonly style: SearchStyle;
  /** Links that a node looks for. It takes more from newcomers, up to `linksMax`. */
  readonly links: number;
  readonly linksMax: number;
  /** Hops of a flood and of a rumour (Gnutella 0.4: 7). */
  readonly ttl: number;
  /** Between two rounds of a growing flood. */
  readonly ringMs: number;
  /** k: walkers of one search (Lv et al.: 16 to 64). */
  readonly walkers: number;
  readonly walkTtl: number;
  /** A walker asks the origin every so many steps whether to go on (Lv et al.: 4). */
  readonly checkSteps: number;
  /** Hits after which walkers are not wanted any more, and rings do not grow. */
  readonly hitsWanted: number;
  /** Chance of each link to carry a query on (Sarshar et al.: somewhat above the threshold of the graph). */
  readonly percolation: number;
  /** Hops of the walks that leave a node's content behind, and that plant a query (Sarshar et al.: of the order of log n). */
  readonly implantSteps: number;
  /** Links that a rumour goes on by at each node. */
  readonly fanout: number;
  /** Neighbours are asked this often whether they live; who has not answered twice is dead. */
  readonly pingMs: number;
}

export const UNSTRUCTURED_DEFAULTS: UnstructuredOptions = {
  join: [],
  style: 'flood',
  links: 4,
  linksMax: 200,
  ttl: 7,
  ringMs: 2_000,
  walkers: 32,
  walkTtl: 1_024,
  checkSteps: 4,
  hitsWanted: 1,
  percolation: 0.2,
  implantSteps: 12,
  fanout: 3,
  pingMs: 30_000,
};
