import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';
import { OVERLAY_SYSTEMS } from '../systems/index.ts';
import { lookups } from './lookups.ts';
import { walks } from './walks.ts';

const SPEC: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'can',
  nodes: 100,
  options: { roundMs: 0 },
  network: { kind: 'uniform', minMs: 10, maxMs: 50 },
  workload: { kind: 'walks', count: 300 },
};
const LOOKUPS: RunSpec = { ...SPEC, workload: { kind: 'lookups', count: 300, perSecond: 0, warmUpMs: 0, style: 'iterative' } };

test('a walk passes as many nodes as a lookup of the same key from the same node', () => {
  assert.deepEqual(walks(SPEC, 4).measures['hops'], lookups(LOOKUPS, 4).measures['hops']);
});

for (const { name } of OVERLAY_SYSTEMS) {
  test(`${name}: a walk through a network at rest ends at the owner, and takes the sum of its hops`, () => {
    const { measures } = walks({ ...SPEC, system: name, options: {} }, 2);
    assert.deepEqual(measures['failed'], { values: [0], counts: [300] });
    const total = (measure: string): number => statisticOf(measures[measure] ?? { values: [], counts: [] }, 'total');
    assert.ok(Math.abs(total('hopMs') - total('pathMs')) < 1e-6 * total('pathMs'));
    assert.ok(total('directMs') <= 300 * 50 && total('hopMs') >= 10 * total('hops'));
  });
}

test('churn is refused', () => {
  assert.throws(() => walks({ ...SPEC, churn: { kind: 'poisson', perSecond: 1, leaves: 'crash' } }, 1), /without churn, got poisson/);
});
