/** The kinds of timers that a Kademlia node sets. */

export const TIMER_RPC = 1;
export const TIMER_TICK = 2;
