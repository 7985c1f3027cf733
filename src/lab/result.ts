/**
 * What an experiment came to, as plain data: the runs, the points of each curve with their bands, each published point beside ours, and the
 * verdict. `result.json` of a result folder is exactly this, and the report, the table and the pages are drawn from it. Owns no state.
 */

import type { FigureLook, Source } from './experiment.ts';
import type { Measures } from './measures.ts';
import type { RunSpec } from './run-spec.ts';

/** One line of `runs.ndjson`: a run that is done and need not be done again. */
export interface RunRecord {
  readonly x: number;
  readonly line: string;
  readonly seed: number;
  /** 16 hex digits over every event. */
  readonly trace: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly measures: Measures;
}

/** What was run: enough to run it again. The specs follow from the experiment, and are kept so that a changed one is noticed. */
export interface Plan {
  /** Version of this form. */
  readonly v: 1;
  /** File name without `.experiment.ts`. */
  readonly experiment: string;
  readonly effort: 'full' | 'quick';
  readonly seeds: readonly number[];
  readonly points: readonly { readonly x: number; readonly line: string; readonly spec: RunSpec }[];
  /** `sweep --set` and `race`: what the command line laid over the experiment. */
  readonly overrides: Readonly<Record<string, string>>;
  /** There when the experiment's own file carries the runs out, not a scenario of kith: to run it again takes that file. */
  readonly ownScenario?: true;
}

/** One x of a curve of a line. */
export interface CurvePoint {
  readonly x: number;
  /** NaN, which JSON knows as null, where no seed measured anything: draw nothing there. */
  readonly mean: number;
  /** 95% band of the mean over seeds (bootstrap); equal to the mean with one seed. */
  readonly low: number;
  readonly high: number;
  /** What each seed gave, in the order of the seeds. */
  readonly perSeed: readonly number[];
}

export interface CurveResult {
  readonly curve: string;
  readonly line: string;
  readonly points: readonly CurvePoint[];
}

export type Agreement = 'agrees' | 'disagrees' | 'inconclusive';

/** A published point beside ours. */
export interface Comparison {
  readonly curve: string;
  readonly line: string;
  readonly x: number;
  readonly published: number;
  /** The published 95% band, where there is one. */
  readonly publishedLow: number | null;
  readonly publishedHigh: number | null;
  readonly ours: CurvePoint;
  /** What still agrees, as a distance from the published value. */
  readonly toleranceAbsolute: number;
  readonly agreement: Agreement;
}

export interface ClaimResult {
  readonly text: string;
  /** null: it asked for a point at which nothing was run or measured, so that nobody can tell. */
  readonly holds: boolean | null;
}

export interface Verdict {
  /** measured: nothing is published or claimed that it could agree with. */
  readonly agreement: Agreement | 'measured';
  /** `agrees with Chord, SIGCOMM 2001, figure 10, at 9 of 10 points`. */
  readonly sentence: string;
  readonly pointsAgreeing: number;
  readonly points: number;
}

export interface ExperimentResult {
  readonly v: 1;
  readonly title: string;
  readonly question: string;
  readonly source: Source;
  readonly deviations: readonly string[];
  readonly figure: FigureLook;
  readonly plan: Plan;
  /** Of kith's sources, where git knows it; else the version of the package. */
  readonly commit: string;
  readonly curves: readonly CurveResult[];
  readonly comparisons: readonly Comparison[];
  readonly claims: readonly ClaimResult[];
  readonly verdict: Verdict;
  /** Without their measures, which `runs.ndjson` has. */
  readonly runs: readonly Omit<RunRecord, 'measures'>[];
}
