/** Every point of a result once, beside what is published for it: what the table of a report and its CSV have in common. Owns no state. */

import type { Comparison, CurvePoint, ExperimentResult } from '../result.ts';
import { isDrawable } from './scale.ts';

export interface PointRow {
  readonly curve: string;
  readonly line: string;
  readonly ours: CurvePoint;
  /** Null where nothing is published. */
  readonly comparison: Comparison | null;
}

/** In the order of the curves and of x as it was run. A point that two papers tell something about has a row for each. */
export function pointRowsOf({ curves, comparisons }: Pick<ExperimentResult, 'curves' | 'comparisons'>): PointRow[] {
  return curves.flatMap(({ curve, line, points }) =>
    points.flatMap((ours): PointRow[] => {
      const found = comparisons.filter((each) => each.curve === curve && each.line === line && each.x === ours.x);
      if (found.length === 0) return [{ curve, line, ours, comparison: null }];
      return found.map((comparison) => ({ curve, line, ours, comparison }));
    }),
  );
}

/** Ours less the published value, as a part of that; null where there is none, or it is 0. */
export function differenceOf({ ours, comparison }: PointRow): number | null {
  if (comparison === null || comparison.published === 0 || !isDrawable(ours.mean) || !isDrawable(comparison.published)) return null;
  return (ours.mean - comparison.published) / Math.abs(comparison.published);
}
