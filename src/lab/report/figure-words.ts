/** The sentences of a figure: its description for those who do not see it, notes on what could not be drawn as it is, and where it came from. Owns no state. */

import type { AxisLook } from '../experiment.ts';
import type { ExperimentResult } from '../result.ts';
import { formatGiven, formatValue } from './number-text.ts';
import { isDrawable } from './scale.ts';
import type { Panel, Series } from './series.ts';

/** A screen reader reads it in one go: the rest is in the table. */
const SERIES_DESCRIBED_MAX = 12;
const COMMIT_DIGITS = 12;

export function describe({ question, verdict, figure }: ExperimentResult, panels: readonly Panel[]): string {
  const all = panels.flatMap((panel) =>
    panel.series.map((series) => `${panel.heading}${series.name === '' ? '' : `, ${series.name}`}: ${course(series, figure.x)}`),
  );
  const more = all.length > SERIES_DESCRIBED_MAX ? [`and ${all.length - SERIES_DESCRIBED_MAX} more`] : [];
  return `${question} Result: ${verdict.sentence}. ${[...all.slice(0, SERIES_DESCRIBED_MAX), ...more].join('; ')}.`;
}

function course({ points }: Series, x: AxisLook): string {
  const drawn = points.filter((point) => isDrawable(point.mean));
  const [first, last] = [drawn[0], drawn.at(-1)];
  if (first === undefined || last === undefined) return 'nothing measured';
  const end = `${formatValue(last.mean)} at ${formatGiven(last.x)}`;
  return first === last ? `${end} (${x.label})` : `from ${formatValue(first.mean)} at ${formatGiven(first.x)} to ${end} (${x.label})`;
}

/** What a reader would misread without being told. */
export function notes(panels: readonly Panel[], { figure, plan }: ExperimentResult): string[] {
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points, published }) => [...points, ...published].map((each) => each.x)));
  const lanes = [
    ...(hasLane(figure.x, xs) ? [figure.x.label] : []),
    ...panels.filter((panel) => hasLane(panel.y, valuesOf(panel))).map((panel) => panel.heading),
  ];
  const missing = panels.flatMap(({ series }) => series.flatMap((each) => each.points)).filter((point) => !isDrawable(point.mean)).length;
  return [
    ...(lanes.length > 0
      ? [`A logarithmic axis has no 0: where the value is 0, it lies in the lane at the edge (${lanes.join('; ')}).`]
      : []),
    ...(missing > 0
      ? [`${missing === 1 ? 'One point was' : `${missing} points were`} not measured, and ${missing === 1 ? 'is' : 'are'} left out.`]
      : []),
    ...(plan.effort === 'quick' ? ['Quick form: fewer values, fewer seeds or smaller runs than the experiment asks for.'] : []),
  ];
}

export function footer({ plan, commit }: ExperimentResult): string {
  return `${plan.experiment}, ${seedsText(plan.seeds)}, kith ${commit.slice(0, COMMIT_DIGITS)}`;
}

/** `seeds 1 to 10`, `seed 7`, `seeds 1, 2, 5`. */
export function seedsText(seeds: readonly number[]): string {
  if (seeds.length === 0) return 'no seed';
  if (seeds.length === 1) return `seed ${seeds[0]}`;
  const consecutive = seeds.every((seed, index) => index === 0 || seed === (seeds[index - 1] as number) + 1);
  return `seeds ${consecutive && seeds.length > 2 ? `${seeds[0]} to ${seeds.at(-1)}` : seeds.join(', ')}`;
}

function hasLane({ scale }: AxisLook, values: readonly number[]): boolean {
  return scale === 'log' && values.some((value) => isDrawable(value) && value <= 0);
}

function valuesOf({ series }: Panel): number[] {
  return series.flatMap(({ points, published }) => [
    ...points.flatMap((point) => [point.mean, point.low]),
    ...published.flatMap((each) => [each.published, ...(each.publishedLow === null ? [] : [each.publishedLow])]),
  ]);
}
