/** The engine exchanging in the simulator: two peers, magnets, swarms. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MBIT, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';

test('a leecher gets everything from a seed that the tracker named', () => {
  const swarm = new SwarmWorld(torrentOf(40, 65_536), { seed: 1 });
  swarm.seed();
  const leecher = swarm.leecher();
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.node.protocol.inspect()));
  assert.equal(leecher.watch.pieces, 40);
});

test('a leecher that only knows the info-hash gets the metadata first', () => {
  const swarm = new SwarmWorld(torrentOf(3000, 16_384), { seed: 2 });
  swarm.seed();
  const leecher = swarm.leecher({}, {}, { metainfo: null });
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.node.protocol.inspect()));
  assert.ok(leecher.watch.metadata);
});

test('a link of 8 Mbit/s is filled to 95%', () => {
  const swarm = new SwarmWorld(torrentOf(64, 262_144), { seed: 3 });
  const link = { upBytesPerSecond: MBIT * 8, downBytesPerSecond: MBIT * 8 };
  swarm.seed(link);
  const leecher = swarm.leecher(link);
  assert.ok(swarm.finish(120_000));
  const idealMs = (swarm.metainfo.totalBytes / (MBIT * 8)) * 1000;
  assert.ok((leecher.watch.completeAtMs as number) < idealMs / 0.95 + 1000, `${leecher.watch.completeAtMs} ms, ideal ${idealMs}`);
});
