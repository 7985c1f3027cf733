/** An experiment with other values laid over it: one key along the axis, one for the lines, others fixed. Nothing published speaks of that. Owns no state. */

import type { Axis, Experiment, Line } from './experiment.ts';
import { canonicalJson, planOf } from './plan.ts';
import { valueAt, withText, withValue } from './spec-path.ts';
import type { RunSpec } from './run-spec.ts';
import { lastOf, type Sweep, sweepQuestion, sweepText } from './sweep-words.ts';

export type { Sweep } from './sweep-words.ts';

const NUMBER = /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/i;
/** An axis whose ends are so far apart is logarithmic. */
const LOG_SPAN = 16;

/**
 * Of the sweeps with several values, the first whose values are numbers is the axis, and the next one makes lines: of each line that the
 * experiment has, one for each value. What has one value is so everywhere. Where none is left for the axis, the experiment's own stays; so does
 * the axis of a figure that shows a distribution, whose points are one run. Under another axis, what the experiment's own sets stays as at its
 * first value. Throws RangeError when more than two have several values, or a value fits no run.
 */
export function sweepOf(experiment: Experiment, sweeps: readonly Sweep[]): Experiment {
  const several = sweeps.filter(({ values }) => values.length > 1);
  const isDistribution = !tellsPointsApart(experiment);
  const axis = isDistribution ? null : (several.find(({ values }) => values.every((value) => NUMBER.test(value))) ?? null);
  const [lines = null, ...more] = several.filter((each) => each !== axis);
  if (more.length > 0)
    throw new RangeError(`one axis and one set of lines expected, got several values for ${several.map(({ key }) => key).join(', ')}`);
  const fixed = sweeps.filter(({ values }) => values.length === 1);
  const swept = laidOver(experiment, axis, lines, fixed);
  // `nodes=64` over an experiment whose own axis is nodes: the axis is that one point.
  const point = fixed.find(({ values }) => NUMBER.test(values[0] as string));
  if (axis !== null || isDistribution || point === undefined || tellsPointsApart(swept)) return swept;
  return laidOver(
    experiment,
    point,
    lines,
    fixed.filter((each) => each !== point),
  );
}

function laidOver(experiment: Experiment, axis: Sweep | null, lines: Sweep | null, fixed: readonly Sweep[]): Experiment {
  const { base, vary, quick, title, figure } = experiment;
  const isFixed = fixed.map(({ key }) => key);
  const isSwept = [...isFixed, ...(axis === null ? [] : [axis.key])];
  // What the own axis says besides its value, such as the time to repair, goes on being said: at its first point.
  const start = axis === null ? base : vary.set(base, vary.values[0] as number);
  const newBase = fixed.reduce((spec, { key, values }) => withText(spec, key, values[0] as string), start);
  const newVary: Axis =
    axis === null ? { ...vary, set: (spec, x) => holding(isFixed, spec, (free) => vary.set(free, x)) } : axisOf(axis, newBase);
  const xs = newVary.values;
  const inQuick = axis === null ? quick.values : xs;
  const varied = [axis, lines].filter((sweep) => sweep !== null);
  // What has one value, and is a point on the axis all the same.
  const [several, single] = [varied.filter(({ values }) => values.length > 1), varied.filter(({ values }) => values.length === 1)];
  return {
    ...experiment,
    title: `${title} with ${sweepText([...several, ...single, ...fixed])}`,
    question: sweepQuestion(title, several, [...single, ...fixed]),
    base: newBase,
    vary: newVary,
    lines: experiment.lines.flatMap((line) => linesOf(line, lines, isSwept)),
    quick: {
      ...quick,
      values: inQuick,
      shrink: (spec) => holding([...isSwept, ...(lines === null ? [] : [lines.key])], spec, quick.shrink),
    },
    expect: [],
    claims: [],
    pointsMin: null,
    figure: { ...figure, x: axis === null ? figure.x : { label: axis.key, scale: scaleOf(xs) } },
  };
}

function axisOf({ key, values }: Sweep, base: RunSpec): Axis {
  for (const value of values) withText(base, key, value);
  return { name: key, values: values.map(Number), set: (spec, x) => withText(spec, key, `${x}`) };
}

/** One line for each value; the line itself where there are none. */
function linesOf(line: Line, sweep: Sweep | null, isSwept: readonly string[]): Line[] {
  const set = (spec: RunSpec): RunSpec => holding(isSwept, spec, line.set);
  if (sweep === null) return [{ name: line.name, set }];
  const { key, values } = sweep;
  const short = lastOf(key);
  return values.map((value) => ({
    name: line.name === '' ? `${short} ${value}` : `${line.name}, ${short} ${value}`,
    set: (spec) => withText(set(spec), key, value),
  }));
}

/** What the user asked for stays as it is, whatever the experiment does to the rest. */
function holding(keys: readonly string[], spec: RunSpec, change: (spec: RunSpec) => RunSpec): RunSpec {
  return keys.reduce((next, key) => withValue(next, key, valueAt(spec, key)), change(spec));
}

function tellsPointsApart(experiment: Experiment): boolean {
  const { points } = planOf(experiment, { name: '', effort: 'full', seeds: 1, overrides: {}, ownScenario: false });
  return new Set(points.map(({ line, spec }) => canonicalJson([line, spec]))).size === points.length;
}

function scaleOf(xs: readonly number[]): 'linear' | 'log' {
  const least = Math.min(...xs);
  return least > 0 && Math.max(...xs) / least >= LOG_SPAN ? 'log' : 'linear';
}
