/** What can be chosen about a Chord node. One object may serve any number of nodes. */

import type { Endpoint } from '../../core/host.ts';
import type { AskerOptions } from '../../core/asker.ts';
import { UNITS_MAX } from '../../core/contact.ts';
import { SUCCESSORS_MAX } from './messages.ts';
import type { Upkeep } from '../values/index.ts';
import type { RingId } from './ring-id.ts';

export interface ChordOptions extends AskerOptions, Upkeep {
  /** Where members of the ring are reached; none: found a ring. */
  readonly join: readonly Endpoint[];
  /** Virtual nodes on this host (SIGCOMM 2001, section 6.1), 1 to 256. */
  readonly units: number;
  /** Points of the virtual nodes; null: SHA-1 of endpoint and number. */
  readonly ids: readonly RingId[] | null;
  /** Where others reach this host; null: what the host says of itself, which must then be more than a wildcard. */
  readonly endpoint: Endpoint | null;
  /** r: successors kept. A ring survives when no r neighbours fail within a few rounds. */
  readonly successors: number;
  /** Mean time between two rounds of stabilization; each is drawn anew, uniformly from half to one and a half. 0: none at all. */
  readonly roundMs: number;
  /**
   * Whoever gets another successor list tells its predecessor, so that a join is known all around within a few round trips; false: what has
   * changed is found out by rounds alone, as in the papers.
   */
  readonly spreadsNews: boolean;
  /** Fingers looked up in a round, one after the other; 0: no fingers at all, lookups go from successor to successor. */
  readonly fingersPerRound: number;
  /** Each of them any entry at random (SIGCOMM 2001, figure 7); false: all in turn (ToN 2003, figure 6), which leaves none stale for long. */
  readonly fingersAtRandom: boolean;
  /** For a finger, the nearest by round-trip time of so many nodes that would do (proximity finger selection); 1: the first. */
  readonly fingerChoices: number;
  /** So often, in rounds, keys are compared with those of replicas, and lost contacts asked whether they are back. */
  readonly repairRounds: number;
  readonly mendRounds: number;
  /** n: nodes that hold a key, the owner and its successors. At most `successors`. */
  readonly replicas: number;
  /** End a lookup at the first node whose successor list covers the target; false: at its predecessor, as in SIGCOMM 2001. */
  readonly endAtList: boolean;
  /** Ask each node on the way for all that it knows; false: for a few, and for all once those are dead. Fewer hops, longer answers. */
  readonly askForAll: boolean;
  /** Who does not answer a lookup is no finger any more; false: only upkeep finds the dead, as where the papers simulate. */
  readonly forgetSilent: boolean;
  /** Go round the dead; false: a lookup of a user fails at the first, as in SIGCOMM 2001, section 6.5. */
  readonly passDead: boolean;
}

export const CHORD_DEFAULTS: ChordOptions = {
  join: [],
  units: 1,
  ids: null,
  endpoint: null,
  successors: 8,
  roundMs: 30_000,
  spreadsNews: false,
  fingersPerRound: 1,
  fingersAtRandom: false,
  fingerChoices: 1,
  repairRounds: 4,
  mendRounds: 4,
  slowMs: 500,
  timeoutMs: 1500,
  attempts: 2,
  replicas: 3,
  readQuorum: 2,
  writeQuorum: 2,
  itemsMax: 65_536,
  answerBytesPerSecond: 0,
  tombstoneMs: 3_600_000,
  endAtList: true,
  askForAll: false,
  forgetSilent: true,
  passDead: true,
};

/** Throws RangeError with what was expected. */
export function checkOptions(options: ChordOptions): void {
  const { units, ids, successors, replicas, readQuorum, writeQuorum, fingerChoices } = options;
  expectWithin('virtual nodes', units, 1, UNITS_MAX);
  expectWithin('successors', successors, 1, SUCCESSORS_MAX);
  expectWithin('replicas', replicas, 1, successors);
  expectWithin('nodes that answer a get', readQuorum, 1, replicas);
  expectWithin('nodes that take a put', writeQuorum, 1, replicas);
  expectWithin('choices for a finger', fingerChoices, 1, successors);
  if (ids !== null && ids.length !== units) throw new RangeError(`${units} virtual nodes need so many ids, got ${ids.length}`);
}

function expectWithin(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new RangeError(`${min} to ${max} ${what} expected, got ${value}`);
}
