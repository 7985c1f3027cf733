/** What can be chosen about a Kelips node. One object may serve any number of nodes. */

import type { AskerOptions } from '../../core/asker.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Upkeep } from '../values/index.ts';
import { ENTRIES_MAX, TUPLES_MAX } from './messages.ts';

export interface KelipsOptions extends AskerOptions, Upkeep {
  /** Where members are reached; none: found a network. */
  readonly join: readonly Endpoint[];
  /** The node's point; null: SHA-1 of its endpoint. */
  readonly id: Id160 | null;
  /** Where others reach this host; null: what the host says of itself, which must then be more than a wildcard. */
  readonly endpoint: Endpoint | null;
  /** k: affinity groups, about the square root of the number of nodes. Who founds a network decides; who joins takes what it has. */
  readonly groups: number;
  /** c: contacts kept for each other group; as many as there are replicas, so that a group which is too small to hold a key is known as such. */
  readonly contacts: number;
  /** Time between two rounds of gossip, give or take a tenth. 0: none at all. */
  readonly roundMs: number;
  /** Who is sent news in a round: members of the own group, and contacts in others. */
  readonly viewTargets: number;
  readonly contactTargets: number;
  /** What a message tells: members of the group, contacts, filetuples. With 4, 2 and 1 it has about 272 bytes, as in the paper. */
  readonly viewRation: number;
  readonly contactRation: number;
  readonly tupleRation: number;
  /** Rounds that an entry counts as fresh: half of a ration is for those. */
  readonly freshRounds: number;
  /** An entry is forgotten when there was no news of it for so long, or, where many are known, for as long as news take. */
  readonly viewTimeoutMs: number;
  readonly contactTimeoutMs: number;
  readonly tupleTimeoutMs: number;
  /** So often, in rounds, keys are compared with those of replicas. */
  readonly repairRounds: number;
  /** Walks that a file is inserted or looked up by before that fails, and how long each may take. */
  readonly fileTriesMax: number;
  readonly walkTimeoutMs: number;
  /** Nodes that a lookup asks, one after the other, before it fails. */
  readonly triesMax: number;
}

export const KELIPS_DEFAULTS: KelipsOptions = {
  join: [],
  id: null,
  endpoint: null,
  groups: 8,
  contacts: 3,
  roundMs: 2_000,
  viewTargets: 3,
  contactTargets: 3,
  viewRation: 4,
  contactRation: 2,
  tupleRation: 1,
  freshRounds: 2,
  viewTimeoutMs: 60_000,
  contactTimeoutMs: 120_000,
  tupleTimeoutMs: 120_000,
  repairRounds: 10,
  fileTriesMax: 4,
  walkTimeoutMs: 6_000,
  triesMax: 6,
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

/** Groups are numbered in 16 bits. */
const GROUPS_MAX = 65_535;
const REPLICAS_MAX = 16;
const CONTACTS_MAX = 64;

/** Throws RangeError with what was expected. */
export function checkOptions(options: KelipsOptions): void {
  const { groups, contacts, replicas, readQuorum, writeQuorum, viewRation, contactRation, tupleRation } = options;
  expectWithin('affinity groups', groups, 1, GROUPS_MAX);
  expectWithin('replicas', replicas, 1, REPLICAS_MAX);
  expectWithin('contacts a group', contacts, replicas, CONTACTS_MAX);
  expectWithin('members and contacts in a message', viewRation + contactRation, 1, ENTRIES_MAX);
  expectWithin('filetuples in a message', tupleRation, 0, TUPLES_MAX);
  expectWithin('nodes that answer a get', readQuorum, 1, replicas);
  expectWithin('nodes that take a put', writeQuorum, 1, replicas);
}

function expectWithin(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new RangeError(`${min} to ${max} ${what} expected, got ${value}`);
}
