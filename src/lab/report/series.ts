/**
 * What a figure shows, sorted out before anything is drawn: panels by unit, series with a colour, a mark and a dash each, and the published
 * points that belong to them. Owns no state.
 */

import type { AxisLook } from '../experiment.ts';
import type { Comparison, CurvePoint, ExperimentResult } from '../result.ts';
import { isDrawable } from './scale.ts';

export interface Panel {
  /** What stands over it: the label of its axis, and of several panels also the curve, where that says more. */
  readonly heading: string;
  readonly y: AxisLook;
  readonly series: readonly Series[];
}

/** One curve of one line. */
export interface Series {
  /** What tells it from the others of the figure: the line, the curve, or both. */
  readonly name: string;
  readonly curve: string;
  readonly line: string;
  readonly hue: number;
  readonly mark: number;
  readonly dash: number;
  /** By x; a mean that cannot be drawn is a gap. */
  readonly points: readonly CurvePoint[];
  readonly published: readonly Comparison[];
}

export const HUES = 6;
export const MARKS = 6;
export const DASHES = 6;

export function panelsOf(result: ExperimentResult): Panel[] {
  const { figure, curves, comparisons } = result;
  const names = unique([...curves, ...comparisons].map((each) => each.curve));
  const lines = unique([...curves, ...comparisons].map((each) => each.line));
  const manyLines = lines.length > 1;
  const looks = looksOf(figure, names);
  const dashesTellCurves = manyLines && looks.some((each) => each.curves.length > 1);
  return looks.map(({ y, curves: shown }) => ({
    heading: looks.length > 1 ? headingOf(y, shown) : y.label,
    y,
    series: lines.flatMap((line, lineNumber) =>
      shown.flatMap((curve, curveNumber): Series[] => {
        const points = curves.filter((each) => each.curve === curve && each.line === line).flatMap((each) => each.points);
        const published = comparisons.filter((each) => each.curve === curve && each.line === line);
        if (points.length + published.length === 0) return [];
        return [
          {
            name: nameOf(curve, line, shown.length > 1, manyLines),
            curve,
            line,
            ...look(manyLines ? lineNumber : curveNumber, dashesTellCurves ? curveNumber : null),
            points: points.filter((point) => isDrawable(point.x)).sort((a, b) => a.x - b.x),
            published: published.filter((each) => isDrawable(each.x) && isDrawable(each.published)),
          },
        ];
      }),
    ),
  }));
}

/** Curves that no panel names, as an older or a changed experiment may have, share the axis of the figure. */
function looksOf({ y, panels = [] }: ExperimentResult['figure'], names: readonly string[]): { y: AxisLook; curves: string[] }[] {
  const looks = panels.map((panel) => ({ y: panel.y, curves: names.filter((name) => panel.curves.includes(name)) }));
  const rest = names.filter((name) => !panels.some((panel) => panel.curves.includes(name)));
  const all = [...looks, { y, curves: rest }].filter((each) => each.curves.length > 0);
  return all.length > 0 ? all : [{ y, curves: [] }];
}

/** `contacts, entries per node`; but `lookup time (ms)` says already that it is of the lookup time. */
function headingOf({ label }: AxisLook, [curve = '', ...more]: readonly string[]): string {
  return more.length > 0 || label.toLowerCase().includes(curve.toLowerCase()) ? label : `${curve}, ${label}`;
}

/** Hue and mark tell lines apart; the dash does too, unless it has to tell curves of one line apart. Beyond the palette, marks move on with each round, so that no two are alike. */
export function look(number: number, ofLine: number | null): Pick<Series, 'hue' | 'mark' | 'dash'> {
  const round = Math.floor(number / HUES);
  return { hue: number % HUES, mark: (number + round) % MARKS, dash: (ofLine ?? number + round) % DASHES };
}

function nameOf(curve: string, line: string, manyCurves: boolean, manyLines: boolean): string {
  if (!manyLines) return curve;
  return manyCurves || line === '' ? `${line} ${curve}`.trim() : line;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
