/** The workload that a scenario is for, or what was expected instead; owns no state. */

import type { RunSpec, WorkloadSpec } from '../run-spec.ts';

/** Throws RangeError when the spec has a workload of another kind. */
export function workloadOf<K extends WorkloadSpec['kind']>(spec: RunSpec, kind: K): Extract<WorkloadSpec, { readonly kind: K }> {
  const { workload } = spec;
  if (workload.kind !== kind) throw new RangeError(`a workload of ${kind} expected, got ${workload.kind}`);
  // The kind tells which of the union it is.
  return workload as Extract<WorkloadSpec, { readonly kind: K }>;
}

/** Throws RangeError when a spec asks for churn or failures of a scenario that has none. */
export function expectQuiet({ churn, failure, workload }: RunSpec): void {
  if (churn.kind !== 'none') throw new RangeError(`a workload of ${workload.kind} goes without churn, got ${churn.kind}`);
  if (failure !== null) throw new RangeError(`a workload of ${workload.kind} goes without failures, got a share of ${failure.share}`);
}
