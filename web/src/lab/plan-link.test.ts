import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf } from '../../../src/lab/live/live-plan.ts';
import { linkTo, planIn } from './plan-link.ts';

test('a link carries what is shared or passed on, where somebody has chosen it, and the searches', () => {
  const content = { titles: 50, zipf: 1, filesPerUser: 4, spread: 'even' } as const;
  const workload = { kind: 'searches', content, count: 1, perSecond: 0, warmUpMs: 0, waitMs: 0 } as const;
  const searched = planOf({ system: 'gnutella', nodes: 40, workload }, 3, [
    { atMs: 2_001, deed: { kind: 'search', from: -1, words: 'artist0 title3' } },
    { atMs: 2_500, deed: { kind: 'crash', nodes: [0] } },
  ]);
  const swarm = planOf({ system: 'bittorrent', nodes: 20 }, 4, [{ atMs: 9_000, deed: { kind: 'leave', nodes: [1] } }]);
  for (const plan of [searched, swarm]) assert.deepEqual(planIn(new URL(linkTo(plan, 'http://127.0.0.1')).hash), plan);
});

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
