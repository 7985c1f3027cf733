/**
 * Whether what was measured agrees with what was published: point by point, and as a whole. The rules are few, so that a reader can check them
 * by hand; `docs/lab.md` states them too. Owns no state.
 */

import type { Expectation, Experiment, Source } from './experiment.ts';
import type { Agreement, ClaimResult, Comparison, CurvePoint, CurveResult, Plan, Verdict } from './result.ts';

/** With one seed there is no band. A miss of less than so many tolerances may then be the seed's; a larger one is a disagreement. */
const NARROW_MISS_TOLERANCES = 2;

/** Each expected point that was run, beside ours; in the order of the expectations. */
export function comparisonsOf({ expect }: Pick<Experiment, 'expect'>, curves: readonly CurveResult[]): readonly Comparison[] {
  return expect.flatMap(({ curve, line, points, tolerance }) => {
    const ours = curves.find((each) => each.curve === curve && each.line === line)?.points ?? [];
    return points.flatMap(([x, published, low, high]): Comparison[] => {
      const point = ours.find((each) => each.x === x);
      if (point === undefined) return [];
      const publishedLow = low ?? null;
      const publishedHigh = high ?? null;
      const toleranceAbsolute = toleranceOf(tolerance, published);
      const agreement = agreementOf(point, published, publishedLow, publishedHigh, toleranceAbsolute);
      return [{ curve, line, x, published, publishedLow, publishedHigh, ours: point, toleranceAbsolute, agreement }];
    });
  });
}

function toleranceOf({ relative, absolute }: Expectation['tolerance'], published: number): number {
  return Math.max(relative * Math.abs(published), absolute);
}

/**
 * agrees: our mean is no farther from the published value than the tolerance; or the published value lies in our band; or our band and the
 * published one overlap. Else inconclusive: our band reaches into the tolerance though our mean does not; or there is but one seed and it
 * misses by less than two tolerances; or nothing was measured. Else disagrees.
 */
function agreementOf(
  ours: CurvePoint,
  published: number,
  publishedLow: number | null,
  publishedHigh: number | null,
  tolerance: number,
): Agreement {
  if (Number.isNaN(ours.mean)) return 'inconclusive';
  const miss = Math.abs(ours.mean - published);
  if (miss <= tolerance || overlap(ours, published, published)) return 'agrees';
  if (publishedLow !== null && publishedHigh !== null && overlap(ours, publishedLow, publishedHigh)) return 'agrees';
  if (overlap(ours, published - tolerance, published + tolerance)) return 'inconclusive';
  const seeds = ours.perSeed.filter(Number.isFinite).length;
  return seeds === 1 && miss < NARROW_MISS_TOLERANCES * tolerance ? 'inconclusive' : 'disagrees';
}

function overlap(ours: CurvePoint, low: number, high: number): boolean {
  return ours.low <= high && low <= ours.high;
}

/** Asks each claim. One that does not hold after reading a point that nobody measured cannot be told: `holds` is null. */
export function claimsOf({ claims }: Pick<Experiment, 'claims'>, curves: readonly CurveResult[], xs: readonly number[]): ClaimResult[] {
  return claims.map(({ text, holds }) => {
    let blind = false;
    const at = (curve: string, x: number, line = ''): number => {
      const found = curves.find((each) => each.curve === curve && each.line === line);
      const mean = found?.points.find((point) => point.x === x)?.mean ?? Number.NaN;
      if (Number.isNaN(mean)) blind = true;
      return mean;
    };
    const held = holds({ at, xs });
    return { text, holds: held || !blind ? held : null };
  });
}

/**
 * agrees: enough points agree (`pointsMin`, all when it is null; the same part of those that were run in the quick form) and no claim is
 * refuted. Else inconclusive, when every claim holds and the points that cannot be told would make up for those that are missing. Else
 * disagrees. Claims that nobody can tell make the full form inconclusive; the quick form leaves out sizes, and does not ask them.
 */
export function verdictOf(
  { source, expect, pointsMin, claims: declaredClaims }: Pick<Experiment, 'source' | 'expect' | 'pointsMin' | 'claims'>,
  effort: Plan['effort'],
  comparisons: readonly Comparison[],
  allClaims: readonly ClaimResult[],
): Verdict {
  const points = comparisons.length;
  const declared = expect.reduce((sum, each) => sum + each.points.length, 0);
  if (declared === 0 && declaredClaims.length === 0) {
    return { agreement: 'measured', sentence: 'measured; nothing is published to hold it against', pointsAgreeing: 0, points: 0 };
  }
  const claims = effort === 'full' ? allClaims : allClaims.filter((claim) => claim.holds !== null);
  const pointsAgreeing = comparisons.filter((each) => each.agreement === 'agrees').length;
  const pointsOpen = comparisons.filter((each) => each.agreement === 'inconclusive').length;
  const needed = pointsMin === null ? points : Math.ceil((points * pointsMin) / declared);
  const refuted = claims.some((claim) => claim.holds === false);
  const open = claims.some((claim) => claim.holds === null) || points + claims.length === 0;
  let agreement: Agreement = 'disagrees';
  if (!refuted && pointsAgreeing + pointsOpen >= needed) agreement = pointsAgreeing >= needed && !open ? 'agrees' : 'inconclusive';
  return { agreement, sentence: sentenceOf(agreement, source, pointsAgreeing, points, claims), pointsAgreeing, points };
}

/** `agrees with Chord, SIGCOMM 2001, figure 10, at 9 of 10 points and in 2 of 2 claims`. */
function sentenceOf(agreement: Agreement, source: Source, agreeing: number, points: number, claims: readonly ClaimResult[]): string {
  const where = `${source.paper}, ${source.where}`;
  if (points + claims.length === 0) return `inconclusive beside ${where}: none of its points was run`;
  const holding = claims.filter((claim) => claim.holds === true).length;
  const parts = [
    ...(points > 0 ? [`at ${agreeing} of ${points} points`] : []),
    ...(claims.length > 0 ? [`in ${holding} of ${claims.length} claims`] : []),
  ].join(' and ');
  if (agreement === 'agrees') return `agrees with ${where}, ${parts}`;
  if (agreement === 'disagrees') return `disagrees with ${where}: agrees only ${parts}`;
  return `inconclusive beside ${where}: agrees ${parts}, more cannot be told`;
}
