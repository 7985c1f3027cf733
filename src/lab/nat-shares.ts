/** Behind which kind of NAT each node of a run is: drawn from the seed and the node's number alone. Owns no state. */

import { Random } from '../core/random.ts';
import type { NodeOptions } from '../sim/sim-node.ts';
import { NAT_KINDS, type NatKind } from '../sim/nat-spec.ts';
import type { NatShares } from './run-spec.ts';
import { NAT_STREAM } from './streams.ts';

const KINDS = Object.keys(NAT_KINDS) as NatKind[]; // The keys of a constant.

/** Options of the node of that number; none when it is in the open. */
export function natOptionsOf(shares: NatShares, number: number, seed: number): Pick<NodeOptions, 'nat' | 'mapped'> {
  let rest = new Random(seed, NAT_STREAM + number).unit();
  for (const kind of KINDS) {
    if (rest < shares[kind]) return { nat: { kind } };
    rest -= shares[kind];
  }
  return rest < shares.mapped ? { nat: { kind: 'port-restricted' }, mapped: true } : {};
}
