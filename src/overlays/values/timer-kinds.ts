/** The kinds of timers that members of overlays set, and clients the first of them; kinds of an overlay's own begin at TIMER_OWN. */

export const TIMER_RPC = 1;
export const TIMER_ROUND = 2;
/** Its argument is the place that joins, where a member has several. */
export const TIMER_JOIN = 3;
export const TIMER_OWN = 4;
