import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentModel, titleOf } from '../content-model.ts';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';
import { SEARCH_SYSTEMS } from '../systems/index.ts';
import { searches } from './searches.ts';

const CONTENT = { titles: 100, zipf: 0.8, filesPerUser: 5, spread: 'measured' } as const;
const WORK = { kind: 'searches', content: CONTENT, count: 60, perSecond: 2, warmUpMs: 30_000, waitMs: 20_000 } as const;
const SPEC: Omit<RunSpec, 'system'> = { ...RUN_DEFAULTS, nodes: 60, network: { kind: 'uniform', minMs: 10, maxMs: 90 }, workload: WORK };

function mean(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'mean');
}

for (const { name: system } of SEARCH_SYSTEMS) {
  test(`${system}: the same spec and seed give the same trace and measures, another seed others`, () => {
    const spec: RunSpec = { ...SPEC, system, loss: 0.01, churn: { kind: 'poisson', perSecond: 0.2, leaves: 'crash' } };
    const first = searches(spec, 7);
    assert.deepEqual(searches(spec, 7), first);
    assert.notEqual(searches(spec, 8).trace, first.trace);
  });

  test(`${system}: in a network at rest nearly every title that is there is found, whether it has grown or was there`, () => {
    for (const start of ['ideal', 'grown'] as const) {
      const { measures } = searches({ ...SPEC, system, start }, 2);
      assert.ok(mean(measures, 'found') > 0.95, `${start}: ${mean(measures, 'found')}`);
      assert.equal(mean(measures, 'dead'), 0);
      assert.ok(mean(measures, 'messages') >= 1);
      assert.ok(mean(measures, 'firstMs') > 0);
    }
  });

  test(`${system}: a third of the users falls silent, and what the others hold is found after two minutes`, () => {
    const { measures } = searches({ ...SPEC, system, failure: { share: 0.33, repairMs: 120_000 } }, 3);
    assert.ok(mean(measures, 'found') > 0.9, String(mean(measures, 'found')));
  });
}

test('every network has the same content, spread as it was measured: a quarter share nothing, one in fourteen more than all others', () => {
  const content = new ContentModel({ titles: 5_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' }, 1);
  const counts = Array.from({ length: 4_000 }, (_, user) => content.filesOf(user).count).sort((a, b) => b - a);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, count) => total + count, 0);
  const nothing = counts.filter((count) => count === 0).length / counts.length;
  assert.ok(Math.abs(nothing - 0.25) < 0.03, String(nothing));
  const generous = counts.slice(0, 280);
  assert.ok(sum(generous) > sum(counts.slice(280)));
  assert.ok(Math.abs(sum(counts) / counts.length - 20) < 2);
  const again = new ContentModel({ titles: 5_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' }, 1);
  assert.deepEqual(again.filesOf(17).after(0, 100), content.filesOf(17).after(0, 100));
});

test('the most popular titles are shared most', () => {
  const content = new ContentModel({ titles: 1_000, zipf: 1, filesPerUser: 10, spread: 'even' }, 2);
  const copies = new Array<number>(1_000).fill(0);
  for (let user = 0; user < 1_000; user++) {
    for (const { name } of content.filesOf(user).after(0, 100)) copies[titleOf(name)] = (copies[titleOf(name)] ?? 0) + 1;
  }
  const first = copies.slice(0, 10).reduce((sum, count) => sum + count, 0);
  const last = copies.slice(-500).reduce((sum, count) => sum + count, 0);
  assert.ok(first > last, `${first} and ${last}`);
});
