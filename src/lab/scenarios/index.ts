/** Which scenario carries a workload out. Owns no state. */

import type { WorkloadSpec } from '../run-spec.ts';
import type { Scenario } from '../scenario.ts';
import { joins } from './joins.ts';
import { keys } from './keys.ts';
import { lookups } from './lookups.ts';
import { poisoning } from './poisoning.ts';
import { recovery } from './recovery.ts';
import { searches } from './searches.ts';
import { swarm } from './swarm.ts';
import { values } from './values.ts';
import { walks } from './walks.ts';

const SCENARIOS: Readonly<Record<WorkloadSpec['kind'], Scenario>> = {
  lookups,
  recovery,
  walks,
  keys,
  joins,
  values,
  searches,
  poisoning,
  swarm,
};

export function scenarioOf(kind: WorkloadSpec['kind']): Scenario {
  return SCENARIOS[kind];
}
