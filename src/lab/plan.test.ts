import assert from 'node:assert/strict';
import { test } from 'node:test';
import { experiment, type ExperimentDeclaration } from './experiment.ts';
import { canonicalJson, jobsOf, planHash, planOf, type PlanOptions, runKey } from './plan.ts';

const FULL: PlanOptions = { name: 'ring', effort: 'full', seeds: null, overrides: {}, ownScenario: false };

/** Two lines over three sizes, with a quick form of one size and fewer lookups. */
function rings(more: Partial<ExperimentDeclaration> = {}) {
  return experiment({
    title: 'Rings',
    question: 'How long?',
    source: { paper: 'Chord', where: 'figure 10' },
    base: { system: 'chord', nodes: 1, workload: { kind: 'keys', keys: 900 } },
    vary: { label: 'nodes', values: [16, 64, 256], set: (spec, nodes) => ({ ...spec, nodes }) },
    lines: [
      { name: 'plain', set: (spec) => spec },
      { name: 'lossy', set: (spec) => ({ ...spec, loss: 1 / spec.nodes }) },
    ],
    seeds: 4,
    quick: { values: [16], seeds: 2, shrink: (spec) => ({ ...spec, workload: { kind: 'keys', keys: 9 } }) },
    y: { label: 'hops' },
    curves: [{ name: 'mean', of: 'hops', statistic: 'mean' }],
    ...more,
  });
}

test('a plan is every line at every value, and its jobs are those with every seed', () => {
  const plan = planOf(rings(), FULL);
  assert.deepEqual(
    plan.points.map(({ line, x, spec }) => [line, x, spec.nodes, spec.loss]),
    [
      ['plain', 16, 16, 0],
      ['plain', 64, 64, 0],
      ['plain', 256, 256, 0],
      ['lossy', 16, 16, 1 / 16],
      ['lossy', 64, 64, 1 / 64],
      ['lossy', 256, 256, 1 / 256],
    ],
  );
  assert.equal(jobsOf(plan).length, 24);
  assert.equal(new Set(jobsOf(plan).map(runKey)).size, 24);
});

test('the quick form has fewer values and seeds, and makes each run smaller', () => {
  const plan = planOf(rings(), { ...FULL, effort: 'quick' });
  assert.deepEqual(plan.seeds, [1, 2]);
  assert.deepEqual(
    plan.points.map(({ line, x, spec }) => [line, x, spec.workload]),
    [
      ['plain', 16, { kind: 'keys', keys: 9 }],
      ['lossy', 16, { kind: 'keys', keys: 9 }],
    ],
  );
});

test('a number of seeds that was asked for wins over both forms', () => {
  for (const effort of ['full', 'quick'] as const) assert.equal(planOf(rings(), { ...FULL, effort, seeds: 7 }).seeds.length, 7);
});

test('plans that differ in anything have different hashes, and the order of fields is nothing', () => {
  const plan = planOf(rings(), FULL);
  const others = [
    planOf(rings(), { ...FULL, name: 'circle' }),
    planOf(rings(), { ...FULL, seeds: 3 }),
    planOf(rings(), { ...FULL, overrides: { loss: '0.1' } }),
    planOf(rings(), { ...FULL, ownScenario: true }),
    planOf(rings({ base: { system: 'chord', nodes: 1, loss: 0.01, workload: { kind: 'keys', keys: 900 } } }), FULL),
  ];
  assert.equal(new Set([plan, ...others].map(planHash)).size, 6);
  const backwards = Object.fromEntries(Object.entries(plan).reverse()) as unknown as typeof plan;
  assert.equal(planHash(backwards), planHash(plan));
});

test('canonical JSON sorts keys at every depth and leaves lists as they are', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: undefined, a: 2 }, 1], a: null }), '{"a":null,"b":[{"a":2,"d":1},1]}');
});
