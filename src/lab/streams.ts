/**
 * The random streams of the lab, beside those of nodes and their ways (`sim/sim-node.ts`): one for each thing that is drawn, so that what a
 * system does changes nothing of what is asked of it. Every system gets the same keys, origins, moments and faults. Owns no state.
 */

/** Above the streams of all processes that a node can have, below those of its ways. */
const LAB = 0x800_0000_0000;

export const KEY_STREAM = LAB + 1;
export const ORIGIN_STREAM = LAB + 2;
export const ARRIVAL_STREAM = LAB + 3;
/** Who fails at once. */
export const FAILURE_STREAM = LAB + 4;
/** Whom newcomers join through. */
export const ENTRY_STREAM = LAB + 5;
/** Of lookups that do not count. */
export const WARMING_KEY_STREAM = LAB + 6;
export const WARMING_ORIGIN_STREAM = LAB + 7;
/** Which of the values put is got. */
export const CHOICE_STREAM = LAB + 8;
/** How the graphs of a generated network are drawn, and who comes and goes when. */
export const NETWORK_STREAM = LAB + 0x101;
export const CHURN_JOIN_STREAM = LAB + 0x102;
export const CHURN_DEPARTURE_STREAM = LAB + 0x103;
export const CHURN_SESSION_STREAM = LAB + 0x104;
/** Whom the acts of a world that is watched concern: this and the number of the act. */
export const ACT_STREAM = LAB + 0x3_0000_0000;
/** Of each node, behind which NAT it is, and where it is: this and its number. */
export const NAT_STREAM = LAB + 0x2_0000_0000;
/** Of each user of a search network, what he shares: this and his number. */
export const CONTENT_STREAM = LAB + 0x4_0000_0000;
/** Of each servent of a flat network, how many links it wants: this and its number. */
export const DEGREE_STREAM = LAB + 0x5_0000_0000;
export const POINT_STREAM = LAB + 0x1_0000_0000;
