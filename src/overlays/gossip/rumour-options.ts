/** The variants of rumour mongering (CSL-89-1, sections 1.4 and 1.5). One object may serve any number of nodes. */

import type { Endpoint } from '../../core/host.ts';

export interface RumourOptions {
  /** Everybody else, ourselves perhaps among them. */
  readonly peers: readonly Endpoint[];
  /** Who tells whom: who has a hot rumour calls and tells, anybody calls and asks, or both. */
  readonly direction: 'push' | 'pull' | 'push-pull';
  /** Interest is lost when the other knew already; false: with any contact (blind). */
  readonly feedback: boolean;
  /** It is lost after `k` such contacts; false: with a chance of one in `k` at each (coin). */
  readonly counter: boolean;
  readonly k: number;
  /** A contact that was of use sets the counter back to 0. */
  readonly resets: boolean;
  /** Of two that both have it hot, only the one with the smaller counter counts the contact, or both when they are the same. */
  readonly minimises: boolean;
  /** Calls that a node takes in a round; 0: all. */
  readonly connectionsMax: number;
  /** Others that are called in a round when one takes no more. */
  readonly hunts: number;
  readonly roundMs: number;
  /** Rounds begin at the same moment everywhere, and whether somebody knew is judged by what it knew at their beginning: as on paper. */
  readonly synchronous: boolean;
  /** So often, in rounds, all is compared with somebody's (anti-entropy); 0: never. */
  readonly antiEntropyRounds: number;
  /** How long a removed key is remembered by all, and after that by its sites. */
  readonly certificateMs: number;
  readonly dormantMs: number;
  /** Hot at the same time; more are cooled, oldest first, and left to anti-entropy. */
  readonly hotMax: number;
  /** A call that is not answered for so long has failed. */
  readonly timeoutMs: number;
}

export const RUMOUR_DEFAULTS: RumourOptions = {
  peers: [],
  direction: 'push-pull',
  feedback: true,
  counter: true,
  k: 2,
  resets: true,
  minimises: false,
  connectionsMax: 0,
  hunts: 0,
  roundMs: 1_000,
  synchronous: false,
  antiEntropyRounds: 20,
  certificateMs: 600_000,
  dormantMs: 86_400_000,
  hotMax: 1_024,
  timeoutMs: 2_000,
};
