import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from './failure.ts';
import { SingleInstance } from './single-instance.ts';

function lockIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'a.lock');
}

test('a lock is there while it is held, keeps others out, and is gone when it is released', (t) => {
  const file = lockIn(t);
  const held = SingleInstance.take(file, 'kith');
  assert.ok(existsSync(file));
  assert.throws(
    () => SingleInstance.take(file, 'kith'),
    (error) => error instanceof Failure && error.message.includes(`${process.pid}`),
  );
  held.release();
  assert.ok(!existsSync(file));
});

test('a lock of a process that is no more is taken over', (t) => {
  const file = lockIn(t);
  writeFileSync(file, '999999999 1\n');
  SingleInstance.take(file, 'kith').release();
});

test('locks that were released leave nothing behind in the process', (t) => {
  const file = lockIn(t);
  const before = process.listenerCount('exit');
  for (let times = 0; times < 20; times++) SingleInstance.take(file, 'kith').release();
  assert.equal(process.listenerCount('exit'), before);
});
