/** From runs to a result: the curves with their bands, each published point beside ours, the claims and the verdict. Owns no state. */

import { type Experiment, measureAt } from './experiment.ts';
import { statisticOf } from './measures.ts';
import { runKey } from './plan.ts';
import type { CurveResult, ExperimentResult, Plan, RunRecord } from './result.ts';
import { bandOfMean } from './statistics.ts';
import { claimsOf, comparisonsOf, verdictOf } from './verdict.ts';

/** `runs` in any order: the same result comes of it. Expects one for each run of the plan, and leaves out others. */
export function summaryOf(experiment: Experiment, plan: Plan, commit: string, runs: readonly RunRecord[]): ExperimentResult {
  const { title, question, source, deviations, figure } = experiment;
  const byKey = new Map(runs.map((run) => [runKey(run), run]));
  const xs = [...new Set(plan.points.map((point) => point.x))];
  const curves = curvesOf(experiment, plan, byKey);
  const comparisons = comparisonsOf(experiment, curves);
  const claims = claimsOf(experiment, curves, xs);
  return {
    v: 1,
    title,
    question,
    source,
    deviations,
    figure,
    plan,
    commit,
    curves,
    comparisons,
    claims,
    verdict: verdictOf(experiment, plan.effort, comparisons, claims),
    runs: plan.points.flatMap((point) =>
      plan.seeds.flatMap((seed) => {
        const run = byKey.get(runKey({ ...point, seed }));
        if (run === undefined) return [];
        const { x, line, trace, events, virtualMs } = run;
        return [{ x, line, seed, trace, events, virtualMs }];
      }),
    ),
  };
}

function curvesOf({ curves, lines }: Experiment, plan: Plan, byKey: ReadonlyMap<string, RunRecord>): CurveResult[] {
  return lines.flatMap(({ name: line }) =>
    curves.map(({ name: curve, of, statistic }) => ({
      curve,
      line,
      points: plan.points
        .filter((point) => point.line === line)
        .map(({ x }) => {
          const perSeed = plan.seeds.map((seed) => {
            const distribution = byKey.get(runKey({ x, line, seed }))?.measures[measureAt(of, x)];
            return distribution === undefined ? Number.NaN : statisticOf(distribution, statistic, x);
          });
          return { x, ...bandOfMean(perSeed), perSeed };
        }),
    })),
  );
}
