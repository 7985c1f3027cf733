import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measures, statisticOf } from '../measures.ts';
import { RUN_DEFAULTS, type RunSpec, type WorkloadSpec } from '../run-spec.ts';
import { poisoning } from './poisoning.ts';

const WORK = {
  kind: 'poisoning',
  content: { titles: 40, zipf: 0.8, filesPerUser: 5, spread: 'even' },
  perSecond: 0.5,
  warmUpMs: 30_000,
  windows: 2,
  windowMs: 300_000,
  decoys: 0.3,
  decoyFiles: 15,
  altered: 0,
  noticed: 1,
  listMs: 0,
  checksTrees: false,
} as const;

function run(
  work: Partial<Extract<WorkloadSpec, { kind: 'poisoning' }>>,
  options: RunSpec['options'] = {},
  seed = 1,
): ReturnType<typeof poisoning> {
  return poisoning({ ...RUN_DEFAULTS, system: 'fasttrack', nodes: 60, options, workload: { ...WORK, ...work } }, seed);
}

function mean(measures: Measures, name: string): number {
  return statisticOf(measures[name] ?? { values: [], counts: [] }, 'mean');
}

test('the same spec and seed poison the same downloads, another seed others', () => {
  const first = run({});
  assert.deepEqual(run({}), first);
  assert.notEqual(run({}, {}, 2).trace, first.trace);
});

test('nobody lies, and every download is genuine', () => {
  const { measures } = run({ decoys: 0 });
  assert.equal(mean(measures, 'poisoned1'), 0);
  assert.equal(mean(measures, 'badCopies'), 0);
});

test('decoys are taken until a list names their hashes, and not any more then', () => {
  const { measures } = run({ listMs: 60_000 }, { honoursBadHashes: true });
  assert.ok(mean(measures, 'poisoned1') > 0.1, String(mean(measures, 'poisoned1')));
  assert.ok(mean(measures, 'poisoned2') < mean(measures, 'poisoned1') / 2, String(mean(measures, 'poisoned2')));
  assert.ok(mean(measures, 'listed') > 0);
});

test('a list that nobody trusts changes nothing', () => {
  const { measures } = run({ listMs: 60_000 });
  assert.ok(mean(measures, 'poisoned2') > mean(measures, 'poisoned1') / 2);
});

test('altered files are taken for genuine by their hash, and most of those who are asked for the root of their tree know better', () => {
  const plain = run({ decoys: 0, altered: 0.2 }).measures;
  const checked = run({ decoys: 0, altered: 0.2, checksTrees: true }).measures;
  assert.ok(mean(plain, 'poisoned1') > 0.1, String(mean(plain, 'poisoned1')));
  assert.ok(mean(checked, 'poisoned1') < mean(plain, 'poisoned1') / 2, String(mean(checked, 'poisoned1')));
});

test('a network that knows no list of bad hashes is refused one, and churn is refused', () => {
  assert.throws(
    () => poisoning({ ...RUN_DEFAULTS, system: 'napster', nodes: 10, workload: { ...WORK, listMs: 1_000 } }, 1),
    /lists of bad hashes expected/,
  );
  const churn = { kind: 'poisson', perSecond: 1, leaves: 'crash' } as const;
  assert.throws(() => poisoning({ ...RUN_DEFAULTS, system: 'fasttrack', nodes: 10, churn, workload: WORK }, 1), /without churn/);
});
