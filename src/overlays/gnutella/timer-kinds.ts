/** What a timer of a servent is for, and what its argument numbers. */

export const TimerKind = {
  tick: 1,
  /** A neighbour. */
  flush: 2,
  /** A dynamic query. */
  dynamicQuery: 3,
  /** A search of ours. */
  searchEnd: 4,
  /** A search of ours: how far it has got. */
  searchLook: 5,
  /** A search of ours that goes from ultrapeer to ultrapeer. */
  guessStep: 6,
} as const;
