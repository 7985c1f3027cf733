import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RUN_DEFAULTS } from './run-spec.ts';
import type { Plan } from './result.ts';
import { folderNameOf, PlanConflict, readRuns, ResultFolder, RUNS_FILE, SPEC_FILE } from './result-folder.ts';
import type { StoredRun } from './result-text.ts';

const SPEC = { ...RUN_DEFAULTS, system: 'chord', nodes: 8, workload: { kind: 'keys', keys: 1 } } as const;
const PLAN: Plan = {
  v: 1,
  experiment: 'ring',
  effort: 'full',
  seeds: [1, 2],
  points: [
    { x: 8, line: '', spec: SPEC },
    { x: 16, line: '', spec: { ...SPEC, nodes: 16 } },
  ],
  overrides: {},
};
const GO_ON = { fresh: false, keep: false };

function run(x: number, seed: number, commit = 'a1'): StoredRun {
  const measures = { hops: { values: [1, 2.5], counts: [3, 4] } };
  return { x, line: '', seed, trace: `trace ${x} ${seed} of ${commit}`, events: 9, virtualMs: 10, measures, commit, tookMs: 1 };
}

function place(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kith-lab-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** What a process leaves that did these runs and was killed. */
function leave(path: string, runs: readonly StoredRun[], commit = 'a1'): void {
  const folder = ResultFolder.open(path, PLAN, commit, GO_ON);
  for (const each of runs) folder.append(each);
  folder.close();
}

/** What the next process finds. */
function find(path: string, commit = 'a1', options = GO_ON): { readonly runs: readonly StoredRun[]; readonly strangers: number } {
  const folder = ResultFolder.open(path, PLAN, commit, options);
  folder.close();
  return folder;
}

test('runs that were done are found again, whole', (t) => {
  const path = place(t);
  leave(path, [run(8, 1), run(16, 2)]);
  assert.deepEqual(find(path).runs, [run(8, 1), run(16, 2)]);
});

test('cut anywhere, the file gives the runs whose lines are whole, and goes on behind them', (t) => {
  const path = place(t);
  const file = join(path, RUNS_FILE);
  leave(path, [run(8, 1), run(16, 2)]);
  const whole = readFileSync(file);
  const firstBytes = whole.indexOf(10) + 1;
  for (let bytes = whole.length - 1; bytes >= 0; bytes--) {
    writeFileSync(file, whole);
    truncateSync(file, bytes);
    leave(path, [run(16, 1)]);
    const kept = bytes >= firstBytes ? [run(8, 1)] : [];
    assert.deepEqual(readRuns(file).runs, [...kept, run(16, 1)], `cut after ${bytes} of ${whole.length} bytes`);
  }
});

test('a line that is no run is left out', (t) => {
  const path = place(t);
  leave(path, [run(8, 1)]);
  appendFileSync(
    join(path, RUNS_FILE),
    '{"x":8}\nnonsense\n[]\nnull\n{"x":8,"line":"","seed":2,"measures":{"hops":{"values":[1],"counts":[]}}}\n',
  );
  assert.deepEqual(find(path).runs, [run(8, 1)]);
});

test('runs that are not of the plan are left out', (t) => {
  const path = place(t);
  leave(path, [run(8, 1), run(8, 3), run(9, 1)]);
  assert.deepEqual(find(path).runs, [run(8, 1)]);
});

test('runs of other sources are counted and not used, unless they are to be kept', (t) => {
  const path = place(t);
  leave(path, [run(8, 1), run(16, 1)]);
  leave(path, [run(8, 1, 'b2')], 'b2');
  const { runs, strangers } = find(path, 'b2');
  assert.deepEqual([runs, strangers], [[run(8, 1, 'b2')], 1]);
  assert.deepEqual(find(path, 'b2', { fresh: false, keep: true }), find(path, 'b2', { fresh: false, keep: true }));
  assert.deepEqual(find(path, 'b2', { fresh: false, keep: true }).runs, [run(8, 1, 'b2'), run(16, 1)]);
  assert.equal(find(path, 'a1').runs.length, 2);
});

test('begun anew, nothing of before is left', (t) => {
  const path = place(t);
  leave(path, [run(8, 1)]);
  writeFileSync(join(path, 'result.json'), '{}');
  assert.deepEqual(find(path, 'a1', { fresh: true, keep: false }).runs, []);
  assert.deepEqual(readdirSync(path).sort(), [RUNS_FILE, SPEC_FILE]);
});

test('a folder of another plan is not touched', (t) => {
  const path = place(t);
  leave(path, [run(8, 1)]);
  assert.throws(() => ResultFolder.open(path, { ...PLAN, effort: 'quick' }, 'a1', GO_ON), PlanConflict);
  writeFileSync(join(path, SPEC_FILE), '{"v":2}');
  assert.throws(() => find(path), PlanConflict);
  rmSync(join(path, SPEC_FILE));
  assert.throws(() => find(path), PlanConflict);
  assert.equal(readRuns(join(path, RUNS_FILE)).runs.length, 1);
});

test('compacted, the file holds the runs that were used and no others', (t) => {
  const path = place(t);
  leave(path, [run(8, 1), run(16, 1)]);
  const folder = ResultFolder.open(path, PLAN, 'b2', GO_ON);
  folder.append(run(8, 1, 'b2'));
  folder.compact();
  folder.close();
  assert.deepEqual(readRuns(join(path, RUNS_FILE)).runs, [run(8, 1, 'b2')]);
});

test('the name of a folder says the experiment and follows from the plan', () => {
  assert.match(folderNameOf(PLAN), /^ring-[0-9a-f]{10}$/);
  assert.notEqual(folderNameOf(PLAN), folderNameOf({ ...PLAN, seeds: [1] }));
});
