/** The kinds of timers that a Chord node sets; of all but the first the argument is a number of a virtual node or of a lookup. */

export const TIMER_RPC = 1;
export const TIMER_ROUND = 2;
export const TIMER_JOIN = 3;
export const TIMER_LOOKUP = 4;
