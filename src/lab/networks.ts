/** What the simulator has to know of each kind of network that a RunSpec can name. Owns no state; `docs/lab-models.md` explains the kinds. */

import type { LatencySpec } from '../sim/latency.ts';
import { kingMatrix } from './king.ts';
import type { NetworkSpec } from './run-spec.ts';
import { TransitStub } from './transit-stub.ts';

/** One way between two nodes at the same site: the round trip of a local network. */
const KING_LOCAL_MS = 0.5;

/** The seed draws what is generated here; the world, which has the same one, draws where its nodes are. */
export function latencySpecOf(network: NetworkSpec, seed: number): LatencySpec {
  switch (network.kind) {
    case 'constant':
    case 'uniform':
    case 'exponential':
    case 'plane':
      return network;
    case 'transit-stub': {
      const topology = new TransitStub(network, seed);
      return { kind: 'formula', ms: (from, to) => topology.ms(from, to) };
    }
    case 'king':
      return { kind: 'matrix', sites: network.sites, ...kingMatrix(network.sites, seed), localMs: KING_LOCAL_MS };
  }
}
