/** The kinds of timers that a Tapestry node sets. */

export const TIMER_RPC = 1;
export const TIMER_ROUND = 2;
export const TIMER_JOIN = 3;
