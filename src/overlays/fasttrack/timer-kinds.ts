/** What the timers of a FastTrack node are for; their `arg` is said with each. */

export const TimerKind = {
  /** The node's own upkeep. */
  beat: 0,
  /** The way to a supernode: what is waited for is over. */
  parent: 1,
  /** An own search; its id. */
  search: 2,
  /** A search that a supernode has passed on; its id. */
  flood: 3,
  /** The supernode's upkeep. */
  supernode: 4,
} as const;
