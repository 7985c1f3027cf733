/** The thread that carries runs out, one after the other: a spec and a seed come in, an outcome or an error goes back. Owns nothing between runs. */

import { parentPort, workerData } from 'node:worker_threads';
import { serveKithImports } from './kith-imports.ts';
import type { RunSpec } from './run-spec.ts';
import type { RunOutcome, Scenario } from './scenario.ts';

export interface LabWorkerData {
  /** URL of the experiment's file when its own scenario carries the runs out: functions do not travel, so it is imported here. */
  readonly module: string | null;
}

export interface RunRequest {
  readonly spec: RunSpec;
  readonly seed: number;
}

export type RunReply =
  | { readonly outcome: RunOutcome; readonly tookMs: number; readonly error: null }
  | { readonly outcome: null; readonly tookMs: number; readonly error: { readonly message: string; readonly stack: string } };

const scenarioOf = await scenarios((workerData as LabWorkerData).module);

parentPort?.on('message', ({ spec, seed }: RunRequest) => parentPort?.postMessage(carryOut(spec, seed)));

async function scenarios(module: string | null): Promise<(spec: RunSpec) => Scenario> {
  serveKithImports();
  if (module !== null) {
    // The catalogue has looked that it is there.
    const { scenario } = (await import(module)) as { scenario: Scenario };
    return () => scenario;
  }
  const known = await import('./scenarios/index.ts');
  return (spec) => known.scenarioOf(spec.workload.kind);
}

function carryOut(spec: RunSpec, seed: number): RunReply {
  const startedAt = performance.now();
  try {
    const outcome = scenarioOf(spec)(spec, seed);
    checkFinite(outcome);
    return { outcome, tookMs: performance.now() - startedAt, error: null };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { outcome: null, tookMs: performance.now() - startedAt, error: { message, stack: stack ?? message } };
  }
}

/** JSON has no NaN: it would come back from the disk as something else. */
function checkFinite({ measures }: RunOutcome): void {
  for (const [name, { values }] of Object.entries(measures)) {
    const odd = values.find((value) => !Number.isFinite(value));
    if (odd !== undefined) throw new RangeError(`expected finite measures, got ${odd} for ${name}`);
  }
}
