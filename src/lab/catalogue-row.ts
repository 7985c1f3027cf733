/** What is to be said of an experiment in a list: what it asks and where that stands, how long it takes, and what came of it last. Owns no state. */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { LoadedExperiment } from './catalogue.ts';
import { jobsOf, planOf, sameRuns } from './plan.ts';
import type { Plan, Verdict } from './result.ts';
import { folderNameOf, RESULT_FILE } from './result-folder.ts';
import { parseResult } from './result-text.ts';
import { guessMs } from './run-weight.ts';

export interface CatalogueRow {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly paper: string;
  readonly where: string;
  /** Null for those that come with kith. */
  readonly path: string | null;
  readonly runs: number;
  readonly guessSeconds: number;
  readonly quickGuessSeconds: number;
  /** Of the full form, else of the quick one; null when none was run here. */
  readonly last: Verdict['agreement'] | null;
}

/** `folder`: in which results lie. Throws what the experiment's own code throws. */
export function catalogueRow({ name, path, own, experiment, module }: LoadedExperiment, folder: string): CatalogueRow {
  const { title, question, source } = experiment;
  const planFor = (effort: Plan['effort']): Plan => {
    return planOf(experiment, { name, effort, seeds: null, overrides: {}, ownScenario: module !== null });
  };
  const [full, quick] = [planFor('full'), planFor('quick')];
  return {
    name,
    title,
    question,
    paper: source.paper,
    where: source.where,
    path: own ? null : path,
    runs: jobsOf(full).length,
    guessSeconds: guessSeconds(full),
    quickGuessSeconds: guessSeconds(quick),
    last: lastVerdict(full, folder) ?? lastVerdict(quick, folder),
  };
}

function lastVerdict(plan: Plan, folder: string): Verdict['agreement'] | null {
  const path = join(folder, folderNameOf(plan), RESULT_FILE);
  return existsSync(path) ? (parseResult(readFileSync(path, 'utf8'))?.verdict.agreement ?? null) : null;
}

/** On this machine with all its cores. */
function guessSeconds(plan: Plan): number {
  const ms = [...sameRuns(jobsOf(plan)).keys()].map(({ spec }) => guessMs(spec));
  const evenly = ms.reduce((sum, each) => sum + each, 0) / availableParallelism();
  return Math.ceil(Math.max(evenly, ...ms) / 1000);
}
