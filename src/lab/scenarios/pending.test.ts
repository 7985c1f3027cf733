import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OverlayRun } from '../overlay-run.ts';
import { RUN_DEFAULTS } from '../run-spec.ts';
import { Pending } from './pending.ts';

function runOf(nodes: number): OverlayRun {
  const run = new OverlayRun({ ...RUN_DEFAULTS, system: 'chord', options: { roundMs: 0 }, nodes, workload: { kind: 'keys', keys: 0 } }, 1);
  run.begin();
  return run;
}

test('waiting ends when the last has ended', () => {
  const run = runOf(3);
  const pending = new Pending();
  const [one, other] = [pending.begin(0), pending.begin(2)];
  run.world.at(1000, () => assert.ok(pending.end(other)));
  run.world.at(5000, () => assert.ok(pending.end(one)));
  assert.equal(pending.waitForAll(run), 0);
  assert.ok(run.world.now >= 5000 && run.world.now < 5300, `${run.world.now} ms`);
  assert.equal(pending.abandoned, 0);
});

test('what nobody ends is given up after ten minutes, and comes too late after that', () => {
  const run = runOf(3);
  const pending = new Pending();
  const number = pending.begin(1);
  assert.equal(pending.waitForAll(run), 1);
  assert.ok(Math.abs(run.world.now - 600_000) < 1000, `${run.world.now} ms`);
  assert.deepEqual([pending.end(number), pending.abandoned], [false, 0]);
});

test('what a node has begun that is gone is not waited for', () => {
  const run = runOf(3);
  const pending = new Pending();
  pending.begin(1);
  run.network.crash(1);
  assert.equal(pending.waitForAll(run), 0);
  assert.deepEqual([pending.abandoned, run.world.now < 10], [1, true]);
});
