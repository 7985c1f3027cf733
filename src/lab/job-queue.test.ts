import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JobQueue } from './job-queue.ts';
import type { Job } from './plan.ts';
import { RUN_DEFAULTS } from './run-spec.ts';
import { guessBytes } from './run-weight.ts';

function job(nodes: number): Job {
  return { x: nodes, line: '', seed: 1, spec: { ...RUN_DEFAULTS, system: 'chord', nodes, workload: { kind: 'keys', keys: 1 } } };
}

/** Takes until nothing fits; the sizes that were given. */
function takeAll(queue: JobQueue): number[] {
  const taken: number[] = [];
  for (let next = queue.take(); next !== null; next = queue.take()) taken.push(next.x);
  return taken;
}

const PLENTY = 1e15;

test('the biggest is first, and none is given twice', () => {
  const queue = new JobQueue([10, 1000, 100].map(job), PLENTY);
  assert.equal(queue.first?.x, 1000);
  assert.deepEqual([takeAll(queue), queue.first], [[1000, 100, 10], null]);
});

test('two giants do not run at once, but smaller ones run beside one', () => {
  const giant = 1_000_000;
  const queue = new JobQueue([giant, giant, 50, 10].map(job), guessBytes(job(giant).spec) + 2 * guessBytes(job(50).spec));
  assert.deepEqual(takeAll(queue), [giant, 50, 10]);
  queue.giveBack(job(50));
  queue.giveBack(job(10));
  assert.equal(queue.take(), null);
  queue.giveBack(job(giant));
  assert.deepEqual(takeAll(queue), [giant]);
});

test('what needs more memory than there is runs alone', () => {
  const queue = new JobQueue([job(1000), job(10)], 1);
  assert.deepEqual(takeAll(queue), [1000]);
  queue.giveBack(job(1000));
  assert.deepEqual(takeAll(queue), [10]);
});
