/** What experiments are written with: `kith/lab`. Begin with `experiment`; `docs/lab.md` explains it. */

export {
  type Claim,
  type Curve,
  type CurveReader,
  type Expectation,
  type Experiment,
  type ExperimentDeclaration,
  experiment,
  type Line,
} from './experiment.ts';
export { type Distribution, type Measures, Meter } from './measures.ts';
export type { LookupOutcome, OverlayNetwork, OverlaySystem, Step } from './overlay-model.ts';
export { frontierLines, raceLines, withNodes, withRounds } from './racers.ts';
export {
  type ChurnSpec,
  type FailureSpec,
  NO_CHURN,
  type NetworkSpec,
  RUN_DEFAULTS,
  type RunSpec,
  type SystemOptions,
  type TimeSpec,
  type WorkloadSpec,
} from './run-spec.ts';
export type { RunOutcome, Scenario } from './scenario.ts';
