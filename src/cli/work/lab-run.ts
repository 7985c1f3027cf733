/** The work of `kith lab run`: experiments one after the other, what came of each, and the exit code of them all; owns nothing. */

import { join } from 'node:path';
import type { LoadedExperiment } from '../../lab/catalogue.ts';
import { planOf } from '../../lab/plan.ts';
import type { Plan, Verdict } from '../../lab/result.ts';
import { Failure } from '../../node/failure.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { resultLines } from '../result-table.ts';
import { type Carried, carryOut, type RunOptions } from './lab-carry-out.ts';
import { filesNamed, load } from './lab-experiments.ts';

export interface EffortOptions extends RunOptions {
  readonly quick?: true;
  readonly seeds?: number;
  readonly out?: string;
}

export async function run(call: Call, words: readonly string[], options: EffortOptions): Promise<void> {
  const files = filesNamed(words);
  // All are loaded before the first is run: a mistake in the last should not show an hour later.
  const loaded: LoadedExperiment[] = [];
  for (const file of files) loaded.push(await load(file));
  const verdicts: Verdict['agreement'][] = [];
  for (const each of loaded) {
    const out = options.out === undefined ? null : loaded.length > 1 ? join(options.out, each.name) : options.out;
    const { result } = await runAndShow(call, each, planFor(each, {}, options), out, options);
    verdicts.push(result.verdict.agreement);
  }
  process.exitCode = codeOf(verdicts);
}

export function planFor({ name, experiment, module }: LoadedExperiment, overrides: Plan['overrides'], options: EffortOptions): Plan {
  const effort = options.quick === true ? 'quick' : 'full';
  try {
    return planOf(experiment, { name, effort, seeds: options.seeds ?? null, overrides, ownScenario: module !== null });
  } catch (error) {
    // What sets the values of a run is code of whoever wrote the experiment.
    throw new Failure('usage', `${name} cannot be run so.`, String(error), 'Correct the experiment, or what --set says.');
  }
}

/** The figure as text on stderr, the path of the report on stdout. */
export async function runAndShow(
  call: Call,
  loaded: LoadedExperiment,
  plan: Plan,
  out: string | null,
  options: RunOptions,
): Promise<Carried> {
  const { console } = call;
  const carried = await carryOut(call, loaded, plan, out, options);
  const { result, folder, report } = carried;
  warnOfUnmeasured(call, loaded, carried);
  for (const line of resultLines(console, result)) console.say(line);
  console.event('result', { experiment: plan.experiment, folder, report, result });
  console.result(report);
  return carried;
}

/** Exit code of several verdicts: one that disagrees weighs more than one that cannot tell. */
export function codeOf(verdicts: readonly Verdict['agreement'][]): number {
  if (verdicts.includes('disagrees')) return exitCodeOf('check-failed');
  return exitCodeOf(verdicts.includes('inconclusive') ? 'inconclusive' : 'done');
}

/** A measure that no run has is a mistyped one, most likely, and the curve would be empty without a word. */
function warnOfUnmeasured({ console }: Call, { experiment }: LoadedExperiment, { result }: Carried): void {
  for (const { name, of } of experiment.curves) {
    const points = result.curves.filter(({ curve }) => curve === name).flatMap((curve) => curve.points);
    if (points.every(({ mean }) => Number.isNaN(mean))) console.warn(`No run measured "${of}", so that the curve "${name}" is empty.`);
  }
}
