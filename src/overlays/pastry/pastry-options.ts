/** What can be chosen about a Pastry node. One object may serve any number of nodes. */

import type { AskerOptions } from '../../core/asker.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Upkeep } from '../values/index.ts';
import { LEAVES_MAX } from './messages.ts';

export interface PastryOptions extends AskerOptions, Upkeep {
  /** Where members are reached; none: found a network. */
  readonly join: readonly Endpoint[];
  /** The node's point; null: SHA-1 of its endpoint. */
  readonly id: Id160 | null;
  /** Where others reach this host; null: what the host says of itself, which must then be more than a wildcard. */
  readonly endpoint: Endpoint | null;
  /** b: digits are of 2^b. */
  readonly digitBits: number;
  /** |L|: leaves, half of them on each side. */
  readonly leaves: number;
  /** |M|: the nearest nodes by round-trip time that are kept, to begin tables of newcomers with. */
  readonly neighbours: number;
  /** Mean time between two rounds of upkeep; each is drawn anew, uniformly from half to one and a half. 0: none at all. */
  readonly roundMs: number;
  /** So often, in rounds, each row of the table is compared with that of a node in it, one after the other. */
  readonly tableRounds: number;
  /** So often, in rounds, keys are compared with those of replicas, and lost contacts asked whether they are back. */
  readonly repairRounds: number;
  readonly mendRounds: number;
  /** Of several nodes that would do, the table has the nearest by round-trip time; false: the first. */
  readonly byProximity: boolean;
  /** A newcomer asks each node on its way for its whole table (the paper's WT), not for the rows that follow those it has (SL). */
  readonly wholeTables: boolean;
  /** A newcomer asks all that it knows for theirs, and takes those that are nearer (section 2.5). */
  readonly secondStage: boolean;
  /** Chance that a lookup goes to another node than the best that would do (section 2.3): it may pass a liar so. */
  readonly randomShare: number;
  /** A lookup of a key ends at any of the nodes that hold it, the nearest by round-trip time (section 3.4); false: at the owner. */
  readonly endAtReplica: boolean;
  /** Who is slow is known by its round trips (mean and four deviations); false: by `slowMs` and `timeoutMs` alone. */
  readonly timeoutsByRtt: boolean;
}

export const PASTRY_DEFAULTS: PastryOptions = {
  join: [],
  id: null,
  endpoint: null,
  digitBits: 4,
  leaves: 16,
  neighbours: 32,
  roundMs: 10_000,
  tableRounds: 3,
  repairRounds: 6,
  mendRounds: 6,
  byProximity: true,
  wholeTables: false,
  secondStage: true,
  randomShare: 0,
  endAtReplica: false,
  timeoutsByRtt: true,
  slowMs: 500,
  timeoutMs: 1500,
  attempts: 2,
  replicas: 3,
  readQuorum: 2,
  writeQuorum: 2,
  itemsMax: 65_536,
  answerBytesPerSecond: 0,
  tombstoneMs: 3_600_000,
};

/** Rounds of upkeep are counted; nobody waits longer for any. */
const ROUNDS_MAX = 1_000_000;

/** Throws RangeError with what was expected. */
export function checkOptions(options: PastryOptions): void {
  const { digitBits, leaves, neighbours, replicas, readQuorum, writeQuorum, randomShare } = options;
  expectWithin('bits a digit', digitBits, 1, 5);
  expectWithin('leaves', leaves, 2, LEAVES_MAX);
  if (leaves % 2 !== 0) throw new RangeError(`an even number of leaves expected, got ${leaves}`);
  expectWithin('neighbours', neighbours, 0, LEAVES_MAX);
  // Who holds a copy has to know the others, on whichever side of it they all may be.
  expectWithin('replicas', replicas, 1, leaves / 2 + 1);
  expectWithin('nodes that answer a get', readQuorum, 1, replicas);
  expectWithin('nodes that take a put', writeQuorum, 1, replicas);
  expectWithin('rounds between two comparisons of tables', options.tableRounds, 1, ROUNDS_MAX);
  expectWithin('rounds between two comparisons of keys', options.repairRounds, 1, ROUNDS_MAX);
  expectWithin('rounds between two questions to somebody lost', options.mendRounds, 1, ROUNDS_MAX);
  if (!(randomShare >= 0 && randomShare <= 1)) throw new RangeError(`a share of random choices from 0 to 1 expected, got ${randomShare}`);
}

function expectWithin(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new RangeError(`${min} to ${max} ${what} expected, got ${value}`);
}
