/** What can be chosen about a node that broadcasts. One object may serve any number of nodes. */

import type { Endpoint } from '../../core/host.ts';

export interface BroadcastOptions {
  /** Whom a newcomer joins through. */
  readonly join: readonly Endpoint[];
  /** HyParView (DSN 2007): neighbours, log10 N + 1; and nodes kept for when those fail, six times as many. */
  readonly activeSize: number;
  readonly passiveSize: number;
  /** ARWL and PRWL: steps that a newcomer's word goes, and after how many steps left it enters a passive view. */
  readonly activeWalk: number;
  readonly passiveWalk: number;
  /** Nodes of the active and of the passive view in a shuffle. */
  readonly shuffledActive: number;
  readonly shuffledPassive: number;
  /** Time between two rounds of shuffling and of pinging neighbours. */
  readonly roundMs: number;
  readonly slowMs: number;
  readonly timeoutMs: number;
  /** Plumtree (SRDS 2007): how long a broadcast that was announced is waited for, and after a first request; the second is shorter. */
  readonly missingMs: number;
  readonly graftMs: number;
  /** Announcements wait for each other so long. */
  readonly announceMs: number;
  /** The tree changes for a path that is so many hops shorter. 0: never. */
  readonly threshold: number;
  /** All links are eager: a flood, to compare with. */
  readonly floods: boolean;
  /** Broadcasts that are remembered, and kept for those who ask. */
  readonly rememberedMax: number;
}

export const BROADCAST_DEFAULTS: BroadcastOptions = {
  join: [],
  activeSize: 5,
  passiveSize: 30,
  activeWalk: 6,
  passiveWalk: 3,
  shuffledActive: 3,
  shuffledPassive: 4,
  roundMs: 10_000,
  slowMs: 700,
  timeoutMs: 2_000,
  missingMs: 1_500,
  graftMs: 500,
  announceMs: 100,
  threshold: 3,
  floods: false,
  rememberedMax: 1_024,
};
