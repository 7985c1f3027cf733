/** What can be chosen about a Tapestry node. One object may serve any number of nodes. */

import type { AskerOptions } from '../../core/asker.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Upkeep } from '../values/index.ts';
import { LINKS_MAX, NEAR_MAX } from './messages.ts';

export interface TapestryOptions extends AskerOptions, Upkeep {
  /** Where members are reached; none: found a network. */
  readonly join: readonly Endpoint[];
  /** The node's point; null: SHA-1 of its endpoint. */
  readonly id: Id160 | null;
  /** Where others reach this host; null: what the host says of itself, which must then be more than a wildcard. */
  readonly endpoint: Endpoint | null;
  /** Digits are of 2^b: the base of 16 is 4. */
  readonly digitBits: number;
  /** c: links of an entry, a primary and backups. */
  readonly links: number;
  /** Mean time between two rounds of upkeep; each is drawn anew, uniformly from half to one and a half. 0: none at all. */
  readonly roundMs: number;
  /** Each link gets a beacon every so many rounds. */
  readonly beaconRounds: number;
  /** So often, in rounds, a node looks whether others find it; keys are compared; a level is compared with that of a neighbour. */
  readonly verifyRounds: number;
  readonly repairRounds: number;
  readonly levelRounds: number;
  /** k of the nearest-neighbour search: so many are asked at each level. 0: no search. */
  readonly nearest: number;
  /** Of several nodes that would do, those with the shortest round trips are links; false: the first. */
  readonly byProximity: boolean;
  /** Who is slow is known by its round trips (mean and four deviations); false: by `slowMs` and `timeoutMs` alone. */
  readonly timeoutsByRtt: boolean;
  /** Objects are published again so often, and pointers to them forgotten after so long. */
  readonly republishMs: number;
  readonly expiryMs: number;
  /** Roots that an object is published towards. */
  readonly objectRoots: number;
  /** k, l and m of the optimisations for objects nearby: pointers also at k backups and l nearest nodes, for the first m hops. */
  readonly publishBackups: number;
  readonly publishNearest: number;
  readonly publishHops: number;
  /** Object pointers kept for others, and objects published; more are refused. */
  readonly pointersMax: number;
  readonly objectsMax: number;
}

export const TAPESTRY_DEFAULTS: TapestryOptions = {
  join: [],
  id: null,
  endpoint: null,
  digitBits: 4,
  links: 3,
  roundMs: 10_000,
  beaconRounds: 3,
  verifyRounds: 6,
  repairRounds: 6,
  levelRounds: 2,
  nearest: 8,
  byProximity: true,
  timeoutsByRtt: true,
  republishMs: 300_000,
  expiryMs: 900_000,
  objectRoots: 1,
  publishBackups: 0,
  publishNearest: 0,
  publishHops: 0,
  pointersMax: 65_536,
  objectsMax: 4096,
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

const ROOTS_MAX = 8;
const HOPS_MAX = 40;

/** Throws RangeError with what was expected. */
export function checkOptions(options: TapestryOptions): void {
  const { digitBits, links, replicas, readQuorum, writeQuorum } = options;
  expectWithin('bits a digit', digitBits, 1, 5);
  expectWithin('links an entry', links, 1, LINKS_MAX);
  // Roots that fall together are told apart by passing over the first: an entry has to name as many.
  expectWithin('replicas', replicas, 1, links);
  expectWithin('nodes that answer a get', readQuorum, 1, replicas);
  expectWithin('nodes that take a put', writeQuorum, 1, replicas);
  expectWithin('roots of an object', options.objectRoots, 1, ROOTS_MAX);
  expectWithin('backups that get a pointer', options.publishBackups, 0, LINKS_MAX);
  expectWithin('near nodes that get a pointer', options.publishNearest, 0, NEAR_MAX);
  expectWithin('hops with more pointers', options.publishHops, 0, HOPS_MAX);
}

function expectWithin(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new RangeError(`${min} to ${max} ${what} expected, got ${value}`);
}
