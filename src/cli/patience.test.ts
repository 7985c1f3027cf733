import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from './patience.ts';

test('patience ends when nothing changes for so long, and starts again with each change', () => {
  const patience = new Patience(2, 0);
  assert.equal(patience.isOver('a', 0), false);
  assert.equal(patience.isOver('a', 1000), false);
  assert.equal(patience.isOver('b', 2000), false);
  assert.equal(patience.isOver('b', 3000), false);
  assert.equal(patience.isOver('b', 4000), true);
});

test('time in which nobody looked, because the process was stopped, is not time waited', () => {
  const patience = new Patience(2, 0);
  for (const now of [0, 1000, 3_600_000, 3_600_500]) assert.equal(patience.isOver('a', now), false);
  assert.equal(patience.isOver('a', 3_601_100), true);
});

test('0 seconds is for ever', () => {
  assert.equal(new Patience(0, 0).isOver('', 1e12), false);
});
