import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { loadExperiment } from './catalogue.ts';
import { JobPool, RunFailed } from './job-pool.ts';
import { type Job, jobsOf, planOf, runKey } from './plan.ts';
import type { RunOutcome } from './scenario.ts';

const path = resolve(import.meta.dirname, '../../test/fixtures/lab/dice.experiment.ts');
const dice = await loadExperiment({ name: 'dice', path, own: false });
const plan = planOf(dice.experiment, { name: 'dice', effort: 'full', seeds: null, overrides: {}, ownScenario: true });

interface Doing {
  readonly threads?: number;
  readonly fault?: string;
  readonly signal?: AbortSignal;
  readonly onRun?: (job: Job) => void;
}

/** All runs of the dice, and what came of them. */
async function throwAll({ threads = 2, fault = '', signal = new AbortController().signal, onRun = () => {} }: Doing) {
  const outcomes = new Map<string, RunOutcome>();
  const order: Job[] = [];
  const jobs = jobsOf(plan).map((job) => ({ ...job, spec: { ...job.spec, options: { ...job.spec.options, fault } } }));
  const pool = new JobPool(jobs, {
    threads,
    module: dice.module,
    signal,
    onRun: (job, outcome) => {
      outcomes.set(runKey(job), outcome);
      order.push(job);
      onRun(job);
    },
  });
  const finished = await pool.run();
  return { finished, outcomes, order, progress: pool.progress };
}

test('every run is done once, and one thread comes to the same as two', async () => {
  const [one, two] = await Promise.all([throwAll({ threads: 1 }), throwAll({ threads: 2 })]);
  assert.deepEqual([one.finished, one.order.length, two.order.length], [true, 12, 12]);
  const sorted = ({ outcomes }: typeof one) => [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(sorted(one), sorted(two));
});

test('one thread begins with the biggest run, and ends with the smallest', async () => {
  const { order } = await throwAll({ threads: 1 });
  const sizes = order.map(({ spec }) => spec.nodes);
  assert.deepEqual(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
});

test('jobs that differ in x alone are one run, told once for each', async () => {
  const [first] = jobsOf(plan);
  assert.ok(first !== undefined);
  const jobs = [1, 2, 3].map((x) => ({ ...first, x, spec: { ...first.spec } }));
  const told: [number, RunOutcome][] = [];
  const signal = new AbortController().signal;
  const pool = new JobPool(jobs, { threads: 2, module: dice.module, signal, onRun: ({ x }, outcome) => told.push([x, outcome]) });
  assert.equal(await pool.run(), true);
  assert.deepEqual(
    told.map(([x, outcome]) => [x, outcome === told[0]?.[1]]),
    [
      [1, true],
      [2, true],
      [3, true],
    ],
  );
});

test('progress counts what is done and has nothing left at the end', async () => {
  assert.deepEqual((await throwAll({})).progress, { done: 12, total: 12, leftMs: 0 });
});

test('a run that throws fails the whole, and says which run it was and where', async () => {
  await assert.rejects(throwAll({ fault: 'throw' }), (error) => {
    assert.ok(error instanceof RunFailed);
    const { message, job, outOfMemory } = error;
    assert.deepEqual([message, job.spec.nodes, outOfMemory], [`the dice of seed ${job.seed} fell off the table`, 2, false]);
    assert.match(error.trail, /dice\.experiment\.ts/);
    return true;
  });
});

test('a run that ends its thread fails the whole', async () => {
  await assert.rejects(
    throwAll({ fault: 'exit' }),
    (error) => error instanceof RunFailed && /its thread ended with code 3/.test(error.message),
  );
});

test('a measure that JSON could not keep fails the run', async () => {
  await assert.rejects(
    throwAll({ fault: 'nonsense' }),
    (error) => error instanceof RunFailed && /finite measures.*sum/.test(error.message),
  );
});

test('the signal ends runs that would never end, and keeps what is done', async () => {
  const stop = new AbortController();
  const { finished, outcomes } = await throwAll({ fault: 'hang', signal: stop.signal, threads: 1, onRun: () => stop.abort() });
  assert.deepEqual([finished, outcomes.size], [false, 1]);
  assert.equal((await throwAll({ signal: stop.signal })).order.length, 0);
});

test('what the caller throws on a run ends the pool', async () => {
  const full = new Error('the disk is full');
  await assert.rejects(
    throwAll({
      onRun: () => {
        throw full;
      },
    }),
    full,
  );
});

test('a file that cannot be imported in the thread fails the run that was waiting', async () => {
  const pool = new JobPool(jobsOf(plan), {
    threads: 1,
    module: 'file:///nowhere/at-all.experiment.ts',
    signal: new AbortController().signal,
    onRun: () => {},
  });
  await assert.rejects(pool.run(), (error) => error instanceof RunFailed && /at-all/.test(error.message));
});
