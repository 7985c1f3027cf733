import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeCallback } from './native-callback.ts';

test('the error of a callback does not get out into who calls it, but comes up by itself', (t) => {
  t.mock.timers.enable({ apis: ['setImmediate'] });
  const called: number[] = [];
  const callback = nativeCallback((value: number) => {
    called.push(value);
    throw new Error('of ours');
  });
  callback(7);
  assert.deepEqual(called, [7]);
  assert.throws(() => t.mock.timers.tick(1), /of ours/);
});
