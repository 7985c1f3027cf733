/** The work of `kith lab ls`: which experiments there are, by paper, what each asks, how long it takes, and what came of it last; owns nothing. */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { experimentsNamed, knownExperiments, type LoadedExperiment } from '../../lab/catalogue.ts';
import { jobsOf, sameRuns } from '../../lab/plan.ts';
import type { Plan, Verdict } from '../../lab/result.ts';
import { folderNameOf, RESULT_FILE } from '../../lab/result-folder.ts';
import { parseResult } from '../../lab/result-text.ts';
import { guessMs } from '../../lab/run-weight.ts';
import { failureFrom } from '../../node/failure.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { signOf } from '../result-table.ts';
import { load } from './lab-experiments.ts';
import { planFor } from './lab-run.ts';

interface Row {
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

export async function list(call: Call, folders: readonly string[]): Promise<void> {
  const { console } = call;
  const here = process.cwd();
  const files = folders.length === 0 ? knownExperiments(here) : folders.flatMap((folder) => experimentsNamed(folder, here));
  const rows: Row[] = [];
  for (const file of files) {
    try {
      rows.push(rowOf(call, await load(file)));
    } catch (error) {
      // One that is broken is no reason to hide the others.
      const failure = failureFrom(error, `${file.path} could not be read.`);
      console.warn(`${failure.message} ${failure.why}`);
    }
  }
  console.document({ experiments: rows });
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  for (const [paper, group] of Map.groupBy(rows, (row) => row.paper)) {
    console.result(paper);
    for (const row of group) {
      console.result(`${row.last === null ? ' ' : signOf(row.last)} ${row.name.padEnd(width)}  ${row.question}`);
      const where = row.path === null ? '' : `; ${relative(here, row.path)}`;
      const times = `about ${roughTime(row.guessSeconds)}, quick ${roughTime(row.quickGuessSeconds)}`;
      console.result(`  ${' '.repeat(width)}  ${row.where}; ${times}${where}`);
    }
    console.result('');
  }
  console.say(`Run one: ${programWord()} lab run --quick ${rows[0]?.name ?? 'NAME'}`);
}

function rowOf({ settings }: Call, loaded: LoadedExperiment): Row {
  const { title, question, source } = loaded.experiment;
  const full = planFor(loaded, {}, {});
  const quick = planFor(loaded, {}, { quick: true });
  const last = (plan: Plan): Verdict['agreement'] | null => {
    const path = join(settings.folders.data, 'lab', folderNameOf(plan), RESULT_FILE);
    return existsSync(path) ? (parseResult(readFileSync(path, 'utf8'))?.verdict.agreement ?? null) : null;
  };
  return {
    name: loaded.name,
    title,
    question,
    paper: source.paper,
    where: source.where,
    path: loaded.own ? null : loaded.path,
    runs: jobsOf(full).length,
    guessSeconds: guessSeconds(full),
    quickGuessSeconds: guessSeconds(quick),
    last: last(full) ?? last(quick),
  };
}

/** On this machine with all its cores. */
function guessSeconds(plan: Plan): number {
  const ms = [...sameRuns(jobsOf(plan)).keys()].map(({ spec }) => guessMs(spec));
  const evenly = ms.reduce((sum, each) => sum + each, 0) / availableParallelism();
  return Math.ceil(Math.max(evenly, ...ms) / 1000);
}

/** A guess is not told to the second. */
function roughTime(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
