/** The work of `kith lab rerun` and `report`: a figure or a folder of results, run again and compared, or drawn again; owns nothing. */

import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { canonicalJson, jobsOf, runKey } from '../../lab/plan.ts';
import { NotAFigure, readFigure } from '../../lab/report/index.ts';
import type { ExperimentResult, Plan, RunRecord } from '../../lab/result.ts';
import { readRuns, RESULT_FILE, RUNS_FILE, SPEC_FILE } from '../../lab/result-folder.ts';
import { parsePlan, parseResult } from '../../lab/result-text.ts';
import { sourceVersion } from '../../lab/source-version.ts';
import { Failure, failureFrom } from '../../node/failure.ts';
import { plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { commandLine, interrupted } from '../follow.ts';
import { checkSpecs } from './lab-carry-out.ts';
import { drawResult } from './lab-draw.ts';
import { filesNamed, load } from './lab-experiments.ts';
import { doJobs, jobText } from './lab-jobs.ts';

/** As many differing runs are named; the rest is counted, or read in --json. */
const DIFFERENCES_SHOWN_MAX = 20;

export interface RerunOptions {
  readonly jobs?: number;
  /** The experiment's file, where that carries the runs out and is not known by name. */
  readonly experiment?: string;
}

/** What was run, and what came of it. A figure has traces alone. */
interface Past {
  readonly plan: Plan;
  readonly commit: string;
  readonly runs: readonly (Pick<RunRecord, 'x' | 'line' | 'seed' | 'trace'> & Partial<RunRecord>)[];
}

interface Difference {
  readonly x: number;
  readonly line: string;
  readonly seed: number;
  /** trace: events went another way. measures: the same events were measured otherwise. */
  readonly what: 'trace' | 'measures';
  readonly was: string;
  readonly is: string;
}

export async function rerun(call: Call, path: string, options: RerunOptions): Promise<void> {
  const { console } = call;
  const { plan, commit, runs } = pastOf(path);
  checkSpecs(plan);
  const module = plan.ownScenario === true ? await ownScenario(plan, options.experiment) : null;
  const now = sourceVersion(module);
  const before = new Map(runs.map((run) => [runKey(run), run]));
  const jobs = jobsOf(plan).filter((job) => before.has(runKey(job)));
  if (jobs.length === 0) throw new Failure('usage', `${path} knows of no run.`, '', 'Give a figure.svg, or the folder of a result.');
  if (commit !== now) console.say(`It was made with ${commit}; this is ${now}.`);

  const differences: Difference[] = [];
  const finished = await doJobs(call, {
    name: plan.experiment,
    jobs,
    doneBefore: 0,
    threads: options.jobs ?? null,
    module,
    onRun: (job, outcome) => {
      const { x, line, seed } = job;
      const { trace, measures } = before.get(runKey(job)) as Past['runs'][number];
      const same = trace === outcome.trace;
      if (!same) differences.push({ x, line, seed, what: 'trace', was: trace, is: outcome.trace });
      const [was, is] = [canonicalJson(measures ?? outcome.measures), canonicalJson(outcome.measures)];
      if (same && was !== is) differences.push({ x, line, seed, what: 'measures', was, is });
      console.event('run', { experiment: plan.experiment, x, line, seed, trace: outcome.trace, identical: same && was === is });
    },
  });
  if (!finished) throw interrupted('Stopped before all was run again.', `To begin again: ${commandLine()}`);
  differences.sort((a, b) => (a.line === b.line ? a.x - b.x || a.seed - b.seed : a.line < b.line ? -1 : 1));
  report(call, plan, jobs.length, differences, commit, now);
}

function report({ console }: Call, plan: Plan, runs: number, differences: readonly Difference[], commit: string, now: string): void {
  const identical = differences.length === 0;
  console.event('rerun', { experiment: plan.experiment, identical, runs, differences, commit, commitNow: now });
  if (identical) {
    console.result(`identical: ${runs} of ${plural(runs, 'run')} of ${plan.experiment}`);
    return;
  }
  for (const difference of differences.slice(0, DIFFERENCES_SHOWN_MAX)) {
    const { what, was, is } = difference;
    console.result(`${jobText(difference)}: ${what === 'trace' ? `trace ${is}, was ${was}` : 'the same trace, other measures'}`);
  }
  if (differences.length > DIFFERENCES_SHOWN_MAX) console.result(`… and ${differences.length - DIFFERENCES_SHOWN_MAX} more`);
  console.result(`different: ${differences.length} of ${plural(runs, 'run')} of ${plan.experiment}`);
  if (commit !== now) console.say(`With the sources of ${commit} they should be identical.`);
  process.exitCode = exitCodeOf('check-failed');
}

/** Draws figure, table and page of a folder again. */
export async function redraw(call: Call, path: string): Promise<void> {
  const { console } = call;
  const folder = resolve(path);
  const result = resultOf(folder);
  const page = await drawResult(folder, result);
  console.document({ folder, report: page, verdict: result.verdict });
  console.result(page);
}

function pastOf(path: string): Past {
  const full = resolve(path);
  const what = `${path} cannot be read.`;
  try {
    if (statSync(full).isDirectory()) return pastOfFolder(full);
    const { plan, commit, traces } = readFigure(readFileSync(full, 'utf8'));
    return { plan, commit, runs: traces };
  } catch (error) {
    if (!(error instanceof NotAFigure)) throw failureFrom(error, what);
    throw new Failure(
      'usage',
      `${path} is no figure of kith.`,
      `${error.message}.`,
      'Give a figure.svg, a report.html, or the folder of a result.',
    );
  }
}

/** Runs that are not judged yet count as well. */
function pastOfFolder(folder: string): Past {
  const plan = parsePlan(readFileSync(join(folder, SPEC_FILE), 'utf8'));
  if (plan === null) throw notAResult(folder);
  const { runs } = readRuns(join(folder, RUNS_FILE));
  return { plan, commit: [...new Set(runs.map((run) => run.commit))].sort().join(', '), runs };
}

function resultOf(folder: string): ExperimentResult {
  let text: string;
  try {
    text = readFileSync(join(folder, RESULT_FILE), 'utf8');
  } catch (error) {
    throw failureFrom(error, `${folder} holds no result.`);
  }
  const result = parseResult(text);
  if (result === null) throw notAResult(folder);
  return result;
}

function notAResult(folder: string): Failure {
  return new Failure('usage', `${folder} holds no result that this kith can read.`, '', 'Give a folder that kith lab run has made.');
}

/** Its code is not in the figure: it has to be here, under the same name or as the file that is named. */
async function ownScenario(plan: Plan, word: string | undefined): Promise<string> {
  const [file] = filesNamed([word ?? plan.experiment]);
  const module = file === undefined ? null : (await load(file)).module;
  if (module !== null) return module;
  const why = `Its runs were carried out by a scenario of its own, which ${word ?? plan.experiment} has not.`;
  throw new Failure('usage', `${plan.experiment} cannot be run again.`, why, 'Name its file: --experiment FILE');
}
