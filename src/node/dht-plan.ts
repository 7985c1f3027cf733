/** Whether a session takes part in the Mainline DHT, and where it begins there; owns no state. */

import { endpointOf, isLoopback } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { Failure } from './failure.ts';
import { resolvePeer } from './peer-address.ts';
import type { DhtUse } from './settings/setting-list.ts';

export interface DhtPlan {
  /** Nodes that were named. */
  readonly nodes: readonly Endpoint[];
  /** We listen to other machines: the routers that everybody knows may be asked. */
  readonly public: boolean;
  /** Somebody on another machine may be asked: what is remembered is of use. */
  readonly reachesElsewhere: boolean;
}

/** Null: there is no node. Nothing leaves this machine that nobody asked for. Rejects with a usage Failure for names that nobody knows. */
export async function planDht(use: DhtUse, listenHost: string, names: readonly string[], looksUp = true): Promise<DhtPlan | null> {
  const own = endpointOf(listenHost, 0);
  const isPublic = own === null || !isLoopback(own);
  if (use === 'off' || (use === 'auto' && !isPublic && names.length === 0)) return null;
  const nodes = await Promise.all(names.map((name) => resolveNode(name, looksUp)));
  return { nodes, public: isPublic, reachesElsewhere: isPublic || nodes.some((node) => !isLoopback(node)) };
}

async function resolveNode(name: string, looksUp: boolean): Promise<Endpoint> {
  const node = await resolvePeer(name, looksUp);
  if (node !== null) return node;
  throw new Failure('usage', `${name} is no node of the DHT.`, 'There is no address for that name.', 'Correct --dht-node or dht.nodes.');
}
