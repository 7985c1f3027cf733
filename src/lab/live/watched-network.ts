/** Makes the network that a plan speaks of, of whichever kind its system is; what the plan does not say of its content is here. Owns no state. */

import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { SystemOptions } from '../run-spec.ts';
import { bittorrent } from '../systems/bittorrent.ts';
import { OVERLAY_SYSTEMS, SEARCH_SYSTEMS } from '../systems/index.ts';
import type { LiveShape } from './live-frame.ts';
import { LIVE_NODES_MAX } from './live-plan.ts';
import type { LiveNetwork, Say } from './live-network.ts';
import { WatchedOverlay } from './overlay-network.ts';
import { WatchedSearchNetwork } from './search-network.ts';
import { WatchedSwarm } from './swarm-network.ts';

/** Each peer has up to fifty connections, whose state is looked at ten times a second. */
const SWARM_NODES_MAX = 500;

type Searches = Extract<WorkloadSpec, { kind: 'searches' }>;
type Swarm = Extract<WorkloadSpec, { kind: 'swarm' }>;

/** As shared as it was measured: a quarter shares nothing, a few share most. Who searches, and when, they who watch decide. */
const SEARCHES: Searches = {
  kind: 'searches',
  content: { titles: 1_000, zipf: 0.8, filesPerUser: 10, spread: 'measured' },
  count: 1,
  perSecond: 0,
  warmUpMs: 0,
  waitMs: 0,
};
/** Six megabytes over the lines of about 2005: a minute or two, in which there is something to see. */
const SWARM: Swarm = { kind: 'swarm', pieces: 96, pieceBytes: 65_536, upBytesPerSecond: 100_000, downBytesPerSecond: 500_000 };

/** What can be watched, and what can be chosen about it. */
export interface WatchableSystem {
  readonly name: string;
  readonly title: string;
  readonly kind: 'overlay' | 'search' | 'swarm';
  readonly shape: LiveShape;
  readonly nodesMax: number;
  readonly options: SystemOptions;
  /** What had better be chosen where there are more than a hundred nodes. */
  readonly forMany: SystemOptions;
  /** What it has where a plan says nothing of it. */
  readonly workload: Searches | Swarm | null;
}

export function watchableSystems(): readonly WatchableSystem[] {
  const overlays = OVERLAY_SYSTEMS.map(({ name, title, shape, defaults: options }): WatchableSystem => {
    return { name, title, kind: 'overlay', shape, nodesMax: LIVE_NODES_MAX, options, forMany: {}, workload: null };
  });
  const searches = SEARCH_SYSTEMS.map(({ name, title, shape, defaults: options, forMany = {} }): WatchableSystem => {
    return { name, title, kind: 'search', shape, nodesMax: LIVE_NODES_MAX, options, forMany, workload: SEARCHES };
  });
  const { name, title, defaults: options } = bittorrent;
  const swarm = {
    name,
    title,
    kind: 'swarm',
    shape: 'swarm',
    nodesMax: SWARM_NODES_MAX,
    options,
    forMany: {},
    workload: SWARM,
  } as const;
  return [...overlays, ...searches, swarm];
}

/** Throws RangeError when the system or one of its options is not known, or when what is to be done does not suit it. */
export function watchedNetwork(spec: RunSpec, seed: number, say: Say): LiveNetwork {
  const { system, workload, nodes } = spec;
  if (SEARCH_SYSTEMS.some(({ name }) => name === system)) {
    return new WatchedSearchNetwork(spec, suitable(spec, 'searches', workload.kind === 'searches' ? workload : SEARCHES), seed, say);
  }
  if (system === bittorrent.name) {
    if (nodes > SWARM_NODES_MAX) throw new RangeError(`nodes: a swarm of at most ${SWARM_NODES_MAX} expected, got ${nodes}`);
    return new WatchedSwarm(spec, suitable(spec, 'swarm', workload.kind === 'swarm' ? workload : SWARM), seed, say);
  }
  suitable(spec, 'keys', workload);
  return new WatchedOverlay(spec, seed, say);
}

/** A plan that says nothing of it has no keys. */
function suitable<W extends WorkloadSpec>({ system, workload }: RunSpec, kind: WorkloadSpec['kind'], chosen: W): W {
  if (workload.kind === kind || workload.kind === 'keys') return chosen;
  throw new RangeError(`workload: ${kind} expected of ${system}, or nothing, got ${workload.kind}`);
}
