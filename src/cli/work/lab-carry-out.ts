/**
 * Carries a plan out in its result folder: does the runs that are missing, shows how far it is, and draws what came of it. Owns the lock of the
 * folder meanwhile.
 */

import { join, resolve } from 'node:path';
import { specComplaint } from '../../lab/check-spec.ts';
import type { LoadedExperiment } from '../../lab/catalogue.ts';
import { jobsOf, runKey } from '../../lab/plan.ts';
import type { ExperimentResult, Plan } from '../../lab/result.ts';
import { folderNameOf, PlanConflict, ResultFolder } from '../../lab/result-folder.ts';
import type { StoredRun } from '../../lab/result-text.ts';
import { sourceVersion } from '../../lab/source-version.ts';
import { summaryOf } from '../../lab/summary.ts';
import { Failure, failureFrom } from '../../node/failure.ts';
import { makeFolder } from '../../node/make-folder.ts';
import { plural } from '../../node/quantity.ts';
import { SingleInstance } from '../../node/single-instance.ts';
import type { Call } from '../cli.ts';
import { commandLine, interrupted } from '../follow.ts';
import { drawResult } from './lab-draw.ts';
import { doJobs } from './lab-jobs.ts';

export interface RunOptions {
  readonly jobs?: number;
  readonly fresh?: true;
  readonly keep?: true;
}

export interface Carried {
  readonly result: ExperimentResult;
  readonly folder: string;
  /** Path of the page to look at. */
  readonly report: string;
}

/** `out`: the folder to use; null: the plan's own among the data. */
export async function carryOut(
  call: Call,
  loaded: LoadedExperiment,
  plan: Plan,
  out: string | null,
  options: RunOptions,
): Promise<Carried> {
  const { settings } = call;
  checkSpecs(plan);
  const path = out === null ? join(settings.folders.data, 'lab', folderNameOf(plan)) : resolve(out);
  makeFolder(path, `The result folder ${path} cannot be used.`);
  const lock = SingleInstance.take(join(path, 'lab.lock'), `kith lab in ${path}`);
  try {
    const commit = sourceVersion(loaded.module);
    const folder = openFolder(path, plan, commit, options);
    try {
      sayWhatIsThere(call, plan, folder);
      await doRuns(call, loaded, plan, folder, commit, options.jobs);
      const commits = [...new Set(folder.runs.map((run) => run.commit))].sort().join(', ');
      const result = judged(() => summaryOf(loaded.experiment, plan, commits, folder.runs), plan);
      folder.compact();
      folder.write('result.json', `${JSON.stringify(result)}\n`);
      return { result, folder: path, report: await drawResult(path, result) };
    } finally {
      folder.close();
    }
  } catch (error) {
    throw failureFrom(error, `The results cannot be kept in ${path}.`);
  } finally {
    lock.release();
  }
}

/** Before anything runs: a spec that cannot be carried out is a mistake of who wrote it. Whoever brings a scenario checks its own. */
export function checkSpecs(plan: Plan): void {
  if (plan.ownScenario === true) return;
  for (const { x, line, spec } of plan.points) {
    const complaint = specComplaint(spec);
    if (complaint === null) continue;
    const where = line === '' ? `at ${x}` : `at ${x} of "${line}"`;
    throw new Failure('usage', `${plan.experiment} cannot be run ${where}.`, complaint, 'Correct the experiment, or what --set says.');
  }
}

/** Claims are code of whoever wrote the experiment. */
function judged(judge: () => ExperimentResult, { experiment }: Plan): ExperimentResult {
  try {
    return judge();
  } catch (error) {
    throw new Failure('usage', `${experiment} cannot be judged.`, String(error), 'Correct the experiment; its runs are kept.');
  }
}

function openFolder(path: string, plan: Plan, commit: string, { fresh, keep }: RunOptions): ResultFolder {
  try {
    return ResultFolder.open(path, plan, commit, { fresh: fresh === true, keep: keep === true });
  } catch (error) {
    if (!(error instanceof PlanConflict)) throw error;
    const next = 'Name another folder with --out, or throw away what is there with --fresh.';
    throw new Failure('usage', `${path} holds other results.`, `Here ${error.message}.`, next);
  }
}

function sayWhatIsThere({ console }: Call, plan: Plan, { path, runs, strangers }: ResultFolder): void {
  const total = plan.points.length * plan.seeds.length;
  if (strangers > 0) {
    console.say(`${plural(strangers, 'run')} of other sources are there and are done again; --keep would use them as they are.`);
  }
  if (runs.length > 0)
    console.say(console.dim(`${runs.length} of ${plural(total, 'run')} are done already, in ${path}; --fresh begins anew.`));
  console.event('plan', { experiment: plan.experiment, effort: plan.effort, folder: path, runs: total, done: runs.length, strangers });
}

/** Does what is missing, and keeps each run the moment it is done. */
async function doRuns(
  call: Call,
  { module }: LoadedExperiment,
  plan: Plan,
  folder: ResultFolder,
  commit: string,
  jobs?: number,
): Promise<void> {
  const { experiment } = plan;
  const all = jobsOf(plan);
  const done = new Set(folder.runs.map(runKey));
  const finished = await doJobs(call, {
    name: experiment,
    jobs: all.filter((job) => !done.has(runKey(job))),
    doneBefore: done.size,
    module,
    threads: jobs ?? null,
    onRun: ({ x, line, seed }, { trace, events, virtualMs, measures }, tookMs) => {
      const run: StoredRun = { x, line, seed, trace, events, virtualMs, measures, commit, tookMs: Math.round(tookMs) };
      folder.append(run);
      call.console.event('run', { experiment, x, line, seed, trace, events, tookMs: run.tookMs });
    },
  });
  if (finished) return;
  // Run again as it was typed it would throw away what is kept.
  const words = process.argv.slice(2).filter((word) => word !== '--fresh');
  throw interrupted(
    `Stopped after ${folder.runs.length} of ${plural(all.length, 'run')}; they are kept.`,
    `To go on: ${commandLine(words)}`,
  );
}
