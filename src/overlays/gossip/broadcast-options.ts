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
  /** One round in so many, a node whose active view is full exchanges a neighbour for somebody of the passive one. 0: never, as in the paper. */
  readonly mixRounds: number;
  readonly slowMs: number;
  readonly timeoutMs: number;
  /** Plumtree (SRDS 2007): how long a broadcast that was announced is waited for, and after a first request; the second is shorter. */
  readonly missingMs: number;
  readonly graftMs: number;
  /** Announcements wait for each other so long. */
  readonly announceMs: number;
  /**
   * In so many rounds after it came, a broadcast is announced anew, to all neighbours: datagrams get lost, and with them a copy and all announcements of it.
   * And for so many it is announced to neighbours that are new. The paper's links are streams, which need neither (0).
   */
  readonly repeats: number;
  readonly recentRounds: number;
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
  mixRounds: 20,
  slowMs: 700,
  timeoutMs: 2_000,
  missingMs: 1_500,
  graftMs: 500,
  announceMs: 100,
  repeats: 3,
  recentRounds: 12,
  threshold: 3,
  floods: false,
  rememberedMax: 1_024,
};
