/**
 * Where an experiment keeps what it was (`spec.json`), what is done (`runs.ndjson`) and what came of it (`result.json`, the figure and the
 * report). Killed at any moment it goes on where it was: a run is one line, written at once, and a last line that is torn does not count.
 * Owns the open file of runs.
 */

import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, jobsOf, planHash, runKey } from './plan.ts';
import type { Plan } from './result.ts';
import { parsePlan, parseStoredRun, type StoredRun } from './result-text.ts';

export const SPEC_FILE = 'spec.json';
export const RUNS_FILE = 'runs.ndjson';
export const RESULT_FILE = 'result.json';

const NEWLINE = 10;

/** The name of the folder in which a plan is at home: two plans never share one. */
export function folderNameOf(plan: Plan): string {
  return `${plan.experiment}-${planHash(plan)}`;
}

/** The folder holds the runs of another plan. */
export class PlanConflict extends Error {
  override readonly name = 'PlanConflict';
}

export interface ResultFolderOptions {
  /** Throw away what is there. */
  readonly fresh: boolean;
  /** Use runs of other sources too; they are otherwise done again. */
  readonly keep: boolean;
}

export class ResultFolder {
  readonly path: string;
  /** Runs that need not be done again. */
  readonly runs: StoredRun[];
  /** So many runs of this plan are there, but of other sources, and not used. */
  readonly strangers: number;
  readonly #file: number;

  /** The folder exists. Throws PlanConflict where it holds something else, and the errors of the disk. */
  static open(path: string, plan: Plan, commit: string, { fresh, keep }: ResultFolderOptions): ResultFolder {
    const spec = join(path, SPEC_FILE);
    const runs = join(path, RUNS_FILE);
    if (fresh) for (const file of [spec, runs, join(path, RESULT_FILE)]) rmSync(file, { force: true });
    if (existsSync(spec)) {
      const there = parsePlan(readFileSync(spec, 'utf8'));
      if (there === null) throw new PlanConflict('what it holds cannot be read');
      if (canonicalJson(there) !== canonicalJson(plan)) throw new PlanConflict(`it holds the ${there.effort} form of ${there.experiment}`);
    } else {
      if (existsSync(runs)) throw new PlanConflict('it holds runs of which nobody knows the plan');
      replaceFile(spec, `${JSON.stringify(plan, null, 2)}\n`);
    }
    return new ResultFolder(path, plan, commit, keep);
  }

  private constructor(path: string, plan: Plan, commit: string, keep: boolean) {
    this.path = path;
    const { runs, wholeBytes } = readRuns(join(path, RUNS_FILE));
    const planned = new Set(jobsOf(plan).map(runKey));
    const usable = new Map<string, StoredRun>();
    const strangers = new Set<string>();
    for (const run of runs) {
      const key = runKey(run);
      if (!planned.has(key)) continue;
      if (run.commit === commit || (keep && usable.get(key)?.commit !== commit)) usable.set(key, run);
      else strangers.add(key);
    }
    this.runs = [...usable.values()];
    this.strangers = [...strangers].filter((key) => !usable.has(key)).length;
    this.#file = openSync(join(path, RUNS_FILE), 'a');
    // A line that a crash tore apart would swallow the next one.
    ftruncateSync(this.#file, wholeBytes);
  }

  append(run: StoredRun): void {
    writeSync(this.#file, `${JSON.stringify(run)}\n`);
    this.runs.push(run);
  }

  /** Leaves of the runs those that were used: with its result the folder holds nothing else. */
  compact(): void {
    const path = join(this.path, RUNS_FILE);
    const fresh = openSync(`${path}.new`, 'w');
    for (const run of this.runs) writeSync(fresh, `${JSON.stringify(run)}\n`);
    closeSync(fresh);
    renameSync(`${path}.new`, path);
  }

  write(name: string, content: string | Uint8Array): void {
    replaceFile(join(this.path, name), content);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** All whole lines that are runs, and where the last whole line ends. No file is a file without runs. */
export function readRuns(path: string): { readonly runs: readonly StoredRun[]; readonly wholeBytes: number } {
  if (!existsSync(path)) return { runs: [], wholeBytes: 0 };
  const bytes = readFileSync(path);
  const runs: StoredRun[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const run = parseStoredRun(bytes.toString('utf8', start, end));
    if (run !== null) runs.push(run);
    start = end + 1;
  }
  return { runs, wholeBytes: start };
}

/** Whoever looks sees the old content or the new, whole. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}
