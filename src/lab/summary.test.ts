import assert from 'node:assert/strict';
import { test } from 'node:test';
import { experiment } from './experiment.ts';
import { jobsOf, planOf } from './plan.ts';
import type { RunRecord } from './result.ts';
import { parseResult } from './result-text.ts';
import { summaryOf } from './summary.ts';

const RINGS = experiment({
  title: 'Rings',
  question: 'How long?',
  source: { paper: 'Chord', where: 'figure 10' },
  base: { system: 'chord', nodes: 1, workload: { kind: 'keys', keys: 900 } },
  vary: { label: 'nodes', values: [16, 64], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: ['a', 'b'].map((name) => ({ name, set: (spec) => spec })),
  seeds: 3,
  y: { label: 'hops' },
  curves: [
    { name: 'mean', of: 'hops', statistic: 'mean' },
    { name: 'worst', of: 'hops', statistic: 'max' },
    { name: 'lost', of: 'nobody', statistic: 'mean' },
  ],
  expect: [{ curve: 'mean', line: 'a', points: [[16, 17]], tolerance: { relative: 0.01 } }],
});
const PLAN = planOf(RINGS, { name: 'rings', effort: 'full', seeds: null, overrides: {}, ownScenario: false });

/** Each run measured its size, and its size plus twice its seed. */
const RUNS: readonly RunRecord[] = jobsOf(PLAN).map(({ x, line, seed }) => ({
  x,
  line,
  seed,
  trace: `${seed}`.padStart(16, '0'),
  events: 1,
  virtualMs: 1,
  measures: { hops: { values: [x, x + 2 * seed], counts: [1, 1] } },
}));

test('a point is the mean over seeds of what each run measured, with what each seed gave', () => {
  const { curves } = summaryOf(RINGS, PLAN, 'a1', RUNS);
  const [mean, worst] = curves.filter(({ line }) => line === 'b');
  assert.deepEqual([mean?.points[1]?.mean, mean?.points[1]?.perSeed], [66, [65, 66, 67]]);
  assert.deepEqual([worst?.points[0]?.mean, worst?.points[0]?.perSeed], [20, [18, 20, 22]]);
});

test('one run seen at several moments gives a measure for each x, which the curve names with {x}', () => {
  const moments = { ...RINGS, curves: [{ name: 'failed', of: 'failed at {x} s', statistic: 'rate' as const }] };
  const measures = { 'failed at 16 s': { values: [0, 1], counts: [3, 1] }, 'failed at 64 s': { values: [0], counts: [4] } };
  const { curves } = summaryOf(
    moments,
    PLAN,
    'a1',
    RUNS.map((run) => ({ ...run, measures })),
  );
  assert.deepEqual(
    curves[0]?.points.map(({ x, mean }) => [x, mean]),
    [
      [16, 0.25],
      [64, 0],
    ],
  );
});

test('the order in which runs ended is nothing', () => {
  assert.deepEqual(summaryOf(RINGS, PLAN, 'a1', RUNS.toReversed()), summaryOf(RINGS, PLAN, 'a1', RUNS));
});

test('runs of other plans are left out, and each run of the plan is named once, without its measures', () => {
  const stranger: RunRecord = { ...(RUNS[0] as RunRecord), seed: 9 };
  const { runs } = summaryOf(RINGS, PLAN, 'a1', [stranger, ...RUNS]);
  assert.deepEqual(
    runs,
    RUNS.map(({ measures: _measures, ...run }) => run),
  );
});

test('what is published stands beside what was measured, and decides the verdict', () => {
  const { comparisons, verdict } = summaryOf(RINGS, PLAN, 'a1', RUNS);
  assert.deepEqual(
    comparisons.map(({ line, x, ours, published, agreement }) => [line, x, ours.mean, published, agreement]),
    [['a', 16, 18, 17, 'agrees']],
  );
  assert.equal(verdict.sentence, 'agrees with Chord, figure 10, at 1 of 1 points');
});

test('a result survives being written as JSON, with what was not measured', () => {
  const result = summaryOf(RINGS, PLAN, 'a1', RUNS);
  assert.ok(Number.isNaN(result.curves.find(({ curve }) => curve === 'lost')?.points[0]?.mean));
  assert.deepEqual(parseResult(JSON.stringify(result)), result);
});

test('what is no result is null', () => {
  const { verdict: _verdict, ...torn } = summaryOf(RINGS, PLAN, 'a1', RUNS);
  for (const value of [null, 3, [], {}, torn, { ...torn, verdict: {}, v: 2 }]) assert.equal(parseResult(JSON.stringify(value)), null);
  assert.equal(parseResult('{"v":1'), null);
});
