/** The network of CAN's latencies (SIGCOMM 2001, section 3.3): 100, 10 and 1 ms a link, and as many routers that a hop at random takes what it takes in the paper. */

import type { NetworkSpec } from 'kith/lab';

/** One transit domain of five routers; the paper does not tell how many it had. */
export const TRANSIT_STUB: NetworkSpec = {
  kind: 'transit-stub',
  transitDomains: 1,
  transitPerDomain: 5,
  stubsPerTransit: 8,
  nodesPerStub: 16,
  transitMs: 100,
  transitStubMs: 10,
  stubMs: 1,
};

export const NETWORK_DEVIATION =
  'How many routers the networks of the paper have is not known to us; ours has as many that a hop takes about as long where nothing is done about it.';
