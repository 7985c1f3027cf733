/** The kinds of timers that a CAN node sets. */

export const TIMER_RPC = 1;
export const TIMER_ROUND = 2;
/** Its argument is the reality. */
export const TIMER_JOIN = 3;
/** Its argument is the reality and, in steps of UNITS_MAX, the number of the takeover. */
export const TIMER_TAKEOVER = 4;
