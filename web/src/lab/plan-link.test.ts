import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf } from '../../../src/lab/live/live-plan.ts';
import { linkTo, planIn } from './plan-link.ts';

test('a link carries the whole plan, and one that was changed says so', () => {
  const plan = planOf({ system: 'chord', nodes: 64, loss: 0.05 }, 9, [
    { atMs: 1_000, deed: { kind: 'lookup', from: 3, key: 'Ferien – été.mp4' } },
    { atMs: 2_000, deed: { kind: 'crash-share', share: 0.3 } },
  ]);
  const link = linkTo(plan, 'http://127.0.0.1:8640');
  assert.match(link, /^http:\/\/127\.0\.0\.1:8640\/lab#plan=[\w-]+$/);
  assert.deepEqual(planIn(new URL(link).hash), plan);
  assert.equal(planIn('#elsewhere'), null);
  assert.throws(() => planIn(new URL(link).hash.slice(0, -9)), RangeError);
  assert.throws(() => planIn('#plan=%%%'), /cut off/);
});
