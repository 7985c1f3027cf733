/**
 * An experiment as a declaration: one question, the runs that answer it, what is measured, and what a paper says the answer is. Files named
 * `*.experiment.ts` export one by default; `docs/lab.md` explains how to write one. Owns no state.
 *
 *     import { experiment } from 'kith/lab';
 *
 *     export default experiment({
 *       title: 'Path length',
 *       question: 'How many nodes does a lookup pass as the ring grows?',
 *       source: { paper: 'Chord, SIGCOMM 2001', where: 'figure 10' },
 *       base: { system: 'chord', nodes: 64, workload: { kind: 'lookups', count: 10_000, … } },
 *       vary: { label: 'nodes', scale: 'log', values: [64, 512, 4096], set: (spec, nodes) => ({ ...spec, nodes }) },
 *       seeds: 10,
 *       curves: [{ name: 'mean', of: 'hops', statistic: 'mean', label: 'path length' }],
 *       expect: [{ curve: 'mean', points: [[64, 2.959], [512, 4.381], [4096, 5.849]], tolerance: { relative: 0.03 } }],
 *     });
 */

import { RUN_DEFAULTS, type RunSpec } from './run-spec.ts';

export interface Experiment {
  readonly title: string;
  /** One sentence that ends with a question mark. */
  readonly question: string;
  readonly source: Source;
  /** What every run has, unless `vary` or `lines` set it. */
  readonly base: RunSpec;
  /** The axis of the figure. */
  readonly vary: Axis;
  /** Several lines in one figure (systems, options); one without a name when absent. */
  readonly lines: readonly Line[];
  /** Seeds 1 to this number. */
  readonly seeds: number;
  /** A first answer in under a minute: fewer values, smaller runs. */
  readonly quick: Quick;
  readonly curves: readonly Curve[];
  readonly expect: readonly Expectation[];
  /** What follows from the curves but is no published number: an ordering, a bound. */
  readonly claims: readonly Claim[];
  /** How many of all expected points must agree for the whole to agree; all when absent. */
  readonly pointsMin: number | null;
  /** Where our set-up differs from the paper's, one sentence each. Shown in the report. */
  readonly deviations: readonly string[];
  readonly figure: FigureLook;
}

export interface Source {
  /** `Chord, SIGCOMM 2001`; or `lecture` for a ground rule that no single paper stands for. */
  readonly paper: string;
  /** `figure 10`, `table 2`, `section 4.2`. */
  readonly where: string;
  /** `read off the vector figure`, `recalled`, `computed by a reference program`: how far the numbers can be trusted. */
  readonly trust: string;
}

export interface Axis {
  readonly name: string;
  readonly values: readonly number[];
  readonly set: (spec: RunSpec, value: number) => RunSpec;
}

export interface Line {
  readonly name: string;
  readonly set: (spec: RunSpec) => RunSpec;
}

export interface Quick {
  /** A subset of the values of `vary`. */
  readonly values: readonly number[];
  readonly seeds: number;
  /** Makes a run smaller: fewer lookups, an earlier end. Never what decides the expected value. */
  readonly shrink: (spec: RunSpec) => RunSpec;
}

/** One curve of the figure for each line: a statistic over what each run measured, then the mean over seeds with its 95% band. */
export interface Curve {
  /** Named in `expect`; the legend shows it. */
  readonly name: string;
  /** Name of a measure, as scenarios report them: `hops`, `failed`, `keysPerNode`. `{x}` in it is the x of the point: one run, seen at several moments. */
  readonly of: string;
  readonly statistic: Statistic;
  /** When its unit is not that of the figure: curves of one such axis share a panel of their own, over the same x. */
  readonly y?: AxisDeclaration;
}

/** The name of the measure that a curve `of` that name shows at x. */
export function measureAt(of: string, x: number): string {
  return of.replace('{x}', `${x}`);
}

/**
 * Of one run's distribution. `rate` is the mean of values that are 0 or 1; `total` the sum; `share` the part of them that equals the x of the
 * point, for a figure that shows the distribution itself. p1 to p99: exact percentiles.
 */
export type Statistic = 'mean' | 'rate' | 'total' | 'share' | 'min' | 'max' | 'p1' | 'p5' | 'p25' | 'p50' | 'p75' | 'p90' | 'p95' | 'p99';

/** What a paper published for one curve of one line. */
export interface Expectation {
  readonly curve: string;
  /** Name of the line; absent with a single one. */
  readonly line: string;
  /** x, y, and where it is known the published 95% band. */
  readonly points: readonly ExpectedPoint[];
  readonly tolerance: Tolerance;
}

export type ExpectedPoint = readonly [x: number, y: number] | readonly [x: number, y: number, low: number, high: number];

/** How far from the published value still agrees: the larger of both. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export interface Claim {
  /** A sentence that is true or not: `Fingers need fewer hops than successors alone at every size.` */
  readonly text: string;
  readonly holds: (read: CurveReader) => boolean;
}

/** Reads what was measured: the mean over seeds of a curve of a line at an x; NaN where there is no such point. */
export interface CurveReader {
  at(curve: string, x: number, line?: string): number;
  /** The x values that were run. */
  readonly xs: readonly number[];
}

export interface FigureLook {
  readonly x: AxisLook;
  readonly y: AxisLook;
  /** Small multiples in this order, when curves differ in unit; absent when `y` serves all. */
  readonly panels?: readonly PanelLook[];
}

export interface PanelLook {
  readonly y: AxisLook;
  /** Names of curves. */
  readonly curves: readonly string[];
}

export interface AxisLook {
  /** With its unit: `lookup time (ms)`. */
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

/** Linear when it is not said. */
export type AxisDeclaration = Pick<AxisLook, 'label'> & Partial<AxisLook>;

/** What has to be said of an experiment; the rest has defaults. */
export interface ExperimentDeclaration {
  readonly title: string;
  readonly question: string;
  readonly source: Omit<Source, 'trust'> & Partial<Source>;
  readonly base: Pick<RunSpec, 'system' | 'nodes' | 'workload'> & Partial<RunSpec>;
  readonly vary: AxisDeclaration & Omit<Axis, 'name'> & Partial<Axis>;
  readonly lines?: readonly Line[];
  readonly seeds: number;
  readonly quick?: Partial<Quick>;
  readonly y: AxisDeclaration;
  readonly curves: readonly Curve[];
  readonly expect?: readonly (Omit<Expectation, 'line' | 'tolerance'> & {
    readonly line?: string;
    readonly tolerance: Partial<Tolerance>;
  })[];
  readonly claims?: readonly Claim[];
  readonly pointsMin?: number;
  readonly deviations?: readonly string[];
}

/** Completes a declaration. Throws RangeError when it contradicts itself: a mistake of its author, found before anything runs. */
export function experiment(declared: ExperimentDeclaration): Experiment {
  const { vary, y, source, quick } = declared;
  const base: RunSpec = { ...RUN_DEFAULTS, ...declared.base };
  const complete: Experiment = {
    title: declared.title,
    question: declared.question,
    source: { trust: 'as published', ...source },
    base,
    vary: { name: vary.name ?? vary.label, values: vary.values, set: vary.set },
    lines: declared.lines ?? [{ name: '', set: (spec) => spec }],
    seeds: declared.seeds,
    quick: {
      values: quick?.values ?? vary.values,
      seeds: quick?.seeds ?? Math.min(3, declared.seeds),
      shrink: quick?.shrink ?? ((spec) => spec),
    },
    curves: declared.curves,
    expect: (declared.expect ?? []).map((each) => ({
      ...each,
      line: each.line ?? '',
      tolerance: { relative: 0, absolute: 0, ...each.tolerance },
    })),
    claims: declared.claims ?? [],
    pointsMin: declared.pointsMin ?? null,
    deviations: declared.deviations ?? [],
    figure: figureOf(vary, y, declared.curves),
  };
  check(complete);
  return complete;
}

function figureOf(x: AxisDeclaration, y: AxisDeclaration, curves: readonly Curve[]): FigureLook {
  const panels: { y: AxisLook; curves: string[] }[] = [];
  for (const curve of curves) {
    const look = lookOf(curve.y ?? y);
    const panel = panels.find((known) => known.y.label === look.label && known.y.scale === look.scale);
    if (panel === undefined) panels.push({ y: look, curves: [curve.name] });
    else panel.curves.push(curve.name);
  }
  return { x: lookOf(x), y: lookOf(y), ...(curves.some((curve) => curve.y !== undefined) && { panels }) };
}

function lookOf({ label, scale }: AxisDeclaration): AxisLook {
  return { label, scale: scale ?? 'linear' };
}

const SEEDS_MAX = 1000;

function check({ question, seeds, vary, quick, lines, curves, expect }: Experiment): void {
  const problems: string[] = [];
  if (!question.endsWith('?')) problems.push(`the question ends with a question mark, got "${question}"`);
  if (!(Number.isInteger(seeds) && seeds >= 1 && seeds <= SEEDS_MAX)) problems.push(`1 to ${SEEDS_MAX} seeds, got ${seeds}`);
  if (!(quick.seeds >= 1 && quick.seeds <= seeds)) problems.push(`1 to ${seeds} seeds in the quick form, got ${quick.seeds}`);
  if (vary.values.length === 0) problems.push('at least one value to vary');
  for (const value of quick.values) if (!vary.values.includes(value)) problems.push(`the quick value ${value} is none of ${vary.values}`);
  if (new Set(lines.map((line) => line.name)).size !== lines.length) problems.push('every line has a name of its own');
  if (new Set(curves.map((curve) => curve.name)).size !== curves.length) problems.push('every curve has a name of its own');
  for (const { curve, line, points } of expect) {
    if (!curves.some((known) => known.name === curve)) problems.push(`expected points are of a curve that is declared, got "${curve}"`);
    if (!lines.some((known) => known.name === line)) problems.push(`expected points are of a line that is declared, got "${line}"`);
    for (const [x] of points) if (!vary.values.includes(x)) problems.push(`a point is expected at ${x}, which is not run`);
  }
  if (problems.length > 0) throw new RangeError(`expected ${problems.join('; expected ')}`);
}
