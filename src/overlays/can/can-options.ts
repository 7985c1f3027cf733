/** What can be chosen about a CAN node. One object may serve any number of nodes; all of a network have the same `dims`, `units` and `zonePeers`. */

import type { AskerOptions } from '../../core/asker.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Upkeep } from '../values/index.ts';
import { PEERS_MAX } from './messages.ts';
import { DIMENSIONS_MAX, DIMENSIONS_MIN } from './zone.ts';

export interface CanOptions extends AskerOptions, Upkeep {
  /** Where members are reached; none: found a network. */
  readonly join: readonly Endpoint[];
  /** Who the node is; null: SHA-1 of its endpoint. */
  readonly id: Id160 | null;
  /** Where others reach this host; null: what the host says of itself, which must then be more than a wildcard. */
  readonly endpoint: Endpoint | null;
  /** d: dimensions of the space. */
  readonly dims: number;
  /** r: realities, in each of which the node has another zone (section 3.2 of the paper). Points of a key go round them. */
  readonly units: number;
  /** MAXPEERS: nodes that may share one zone (section 3.4); 1: each has its own. */
  readonly zonePeers: number;
  /** Of the neighbours nearer to a point, the one with the most progress for its round-trip time is next; false: the nearest. */
  readonly byRtt: boolean;
  /** The largest of the zone that was hit and those next to it is split (section 3.7); false: the one that was hit. */
  readonly uniform: boolean;
  /** Well-known hosts: the order of their round-trip times chooses the part of the space to join (section 3.6); none: anywhere. */
  readonly landmarks: readonly Endpoint[];
  /** Mean time between two rounds of upkeep; each is drawn anew, uniformly from half to one and a half. 0: none at all. */
  readonly roundMs: number;
  /** How long a node waits to take over a zone as large as its own; a smaller node waits less, in proportion. */
  readonly takeoverMs: number;
  /** So often, in rounds, keys are compared with those of replicas, and lost contacts asked whether they are back. */
  readonly repairRounds: number;
  readonly mendRounds: number;
}

export const CAN_DEFAULTS: CanOptions = {
  join: [],
  id: null,
  endpoint: null,
  dims: 2,
  units: 1,
  zonePeers: 1,
  byRtt: false,
  uniform: true,
  landmarks: [],
  roundMs: 10_000,
  takeoverMs: 2000,
  repairRounds: 6,
  mendRounds: 3,
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

const UNITS_MAX = 16;
const REPLICAS_MAX = 16;
/** With eight all portions of the space are told apart in three bytes, and none is too small to be split. */
const LANDMARKS_MAX = 8;

/** Throws RangeError with what was expected. */
export function checkOptions({ dims, units, zonePeers, landmarks, replicas, readQuorum, writeQuorum }: CanOptions): void {
  expectWithin('dimensions', dims, DIMENSIONS_MIN, DIMENSIONS_MAX);
  expectWithin('realities', units, 1, UNITS_MAX);
  expectWithin('nodes in a zone', zonePeers, 1, PEERS_MAX);
  expectWithin('landmarks', landmarks.length, 0, LANDMARKS_MAX);
  expectWithin('replicas', replicas, 1, REPLICAS_MAX);
  expectWithin('nodes that answer a get', readQuorum, 1, replicas);
  expectWithin('nodes that take a put', writeQuorum, 1, replicas);
}

function expectWithin(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new RangeError(`${min} to ${max} ${what} expected, got ${value}`);
}
