/** From a declaration to the runs it stands for: every point with its complete spec, and a name that two different plans never share. Owns no state. */

import { createHash } from 'node:crypto';
import type { Experiment } from './experiment.ts';
import type { Plan } from './result.ts';
import type { RunSpec } from './run-spec.ts';

/** So many digits tell apart the plans of one experiment, of which there are a handful. */
const HASH_DIGITS = 10;

export interface PlanOptions {
  /** File name of the experiment without `.experiment.ts`. */
  readonly name: string;
  readonly effort: Plan['effort'];
  /** Seeds 1 to this number; what the experiment says when null. */
  readonly seeds: number | null;
  /** What was laid over the experiment already, kept for the record. */
  readonly overrides: Plan['overrides'];
  readonly ownScenario: boolean;
}

/** One run that is to be done. */
export interface Job {
  readonly x: number;
  readonly line: string;
  readonly seed: number;
  readonly spec: RunSpec;
}

/** A spec is the base, then what the axis says, then what the line says, and in the quick form at last what makes it smaller. */
export function planOf(experiment: Experiment, { name, effort, seeds, overrides, ownScenario }: PlanOptions): Plan {
  const { base, vary, lines, quick } = experiment;
  const full = effort === 'full';
  const xs = [...new Set(full ? vary.values : quick.values)];
  const count = seeds ?? (full ? experiment.seeds : quick.seeds);
  return {
    v: 1,
    experiment: name,
    effort,
    seeds: Array.from({ length: count }, (_, index) => index + 1),
    points: lines.flatMap((line) =>
      xs.map((x) => {
        const spec = line.set(vary.set(base, x));
        return { x, line: line.name, spec: full ? spec : quick.shrink(spec) };
      }),
    ),
    overrides,
    ...(ownScenario && { ownScenario }),
  };
}

/** The runs in the order of the plan. */
export function jobsOf({ points, seeds }: Plan): readonly Job[] {
  return points.flatMap((point) => seeds.map((seed) => ({ ...point, seed })));
}

/** Tells the runs of one plan apart. */
export function runKey({ x, line, seed }: Omit<Job, 'spec'>): string {
  return `${seed} ${x} ${line}`;
}

/**
 * Jobs that ask for the same run, by the first of them: the points of a figure that shows a distribution differ in x and in nothing that is
 * run.
 */
export function sameRuns(jobs: readonly Job[]): ReadonlyMap<Job, readonly Job[]> {
  const groups = new Map<string, Job[]>();
  const texts = new Map<Job['spec'], string>();
  for (const job of jobs) {
    // A spec is one object for all seeds, and may hold a long trace.
    const text = texts.get(job.spec) ?? JSON.stringify(job.spec);
    texts.set(job.spec, text);
    const key = `${job.seed} ${text}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [job]);
    else group.push(job);
  }
  return new Map([...groups.values()].map((group) => [group[0] as Job, group]));
}

/** Two plans have the same hash when they say the same, in whatever order their fields stand. */
export function planHash(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex').slice(0, HASH_DIGITS);
}

/** JSON with sorted keys and without what is undefined: equal text for equal data. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
