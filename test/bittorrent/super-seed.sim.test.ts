/** Super-seeding (BEP 16) against the suggestions of an ordinary seed: what each sends before the swarm can do without it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const RATE = 500_000;
const LEECHERS = 20;

/** Copies sent by the seed until everybody has everything, and how long that took, in times of one copy. */
function spread(superSeed: boolean, freeRiders: number): { copies: number; times: number } {
  const swarm = new SwarmWorld(torrentOf(256, 65_536), { seed: 1 });
  const seed = swarm.seed({ upBytesPerSecond: RATE }, {}, { superSeed });
  for (let count = 0; count < LEECHERS; count++) {
    swarm.leecher({ upBytesPerSecond: RATE, downBytesPerSecond: 8 * RATE }, count < freeRiders ? { uploadSlots: 0 } : {});
  }
  assert.ok(swarm.finish(3_000_000), JSON.stringify(seed.torrent.status()));
  const copyMs = (swarm.metainfo.totalBytes / RATE) * 1000;
  const result = { copies: swarm.copiesSentBy(seed), times: swarm.world.now / copyMs };
  checkNothingLeft(swarm);
  return result;
}

test('a super seed makes seeds of a crowd with little more than one copy (BEP 16)', () => {
  const { copies, times } = spread(true, 0);
  assert.ok(copies < 1.3 && times < 1.6, `${copies} copies in ${times} times that of one`);
});

test('suggestions do as well where all give, and sooner', () => {
  const [suggesting, showing] = [spread(false, 0), spread(true, 0)];
  assert.ok(suggesting.copies < 1.25, `${suggesting.copies} copies`);
  assert.ok(suggesting.times < showing.times, `${suggesting.times} times that of a copy, ${showing.times} when super-seeding`);
});

test('where every third peer gives nothing, a super seed sends less than half of what suggestions cost', () => {
  const [suggesting, showing] = [spread(false, 7), spread(true, 7)];
  assert.ok(showing.copies < suggesting.copies / 2, `${showing.copies} copies, ${suggesting.copies} with suggestions`);
});
