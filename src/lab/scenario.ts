/**
 * What carries a RunSpec out: builds the world, makes happen what the workload says, and measures. One for each kind of workload, listed in
 * `scenarios/index.ts`. Owns no state.
 */

import type { Measures } from './measures.ts';
import type { RunSpec } from './run-spec.ts';

/** Same spec and seed, same outcome, on every machine. Throws RangeError for a spec that it cannot carry out, saying what was expected. */
export type Scenario = (spec: RunSpec, seed: number) => RunOutcome;

export interface RunOutcome {
  /** 16 hex digits over every event of the world. */
  readonly trace: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly measures: Measures;
}
