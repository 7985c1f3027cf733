/** What the exchange is worth (Cohen 2003; Legout, Urvoy-Keller and Michiardi 2006): piece selection, tit for tat, use of the links. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PieceOrder } from '../../src/transfer/bittorrent/torrent-status.ts';
import { finishTimes, MBIT, type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';

const WORLD = { kind: 'plane', baseMs: 5, acrossMs: 60 } as const;
const HOME_LINK = { upBytesPerSecond: MBIT, downBytesPerSecond: 8 * MBIT };

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Milliseconds until the average of 40 leechers is done, by a seed no faster than any of them; the copies that the seed has sent. */
function spread(seed: number, pieceOrder: PieceOrder): { meanMs: number; copies: number } {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed, latency: WORLD });
  const source = swarm.seed(HOME_LINK, { pieceOrder });
  const leechers = Array.from({ length: 40 }, () => swarm.leecher(HOME_LINK, { pieceOrder }));
  assert.ok(swarm.finish(3_600_000), `seed ${seed}: not all finished`);
  return { meanMs: mean(finishTimes(leechers)), copies: swarm.copiesSentBy(source) };
}

test('rarest first is at least as good as random, and in order is far worse', () => {
  const seeds = [1, 2, 3, 4];
  const [rarest, random, ordered] = (['rarest', 'random', 'sequential'] as const).map((order) => {
    const runs = seeds.map((seed) => spread(seed, order));
    return { meanMs: mean(runs.map((run) => run.meanMs)), copies: mean(runs.map((run) => run.copies)) };
  }) as [{ meanMs: number; copies: number }, { meanMs: number; copies: number }, { meanMs: number; copies: number }];
  const text = JSON.stringify({ rarest, random, ordered });
  assert.ok(rarest.meanMs <= 1.02 * random.meanMs && rarest.copies <= random.copies, text);
  assert.ok(ordered.meanMs > 2 * rarest.meanMs && ordered.copies > 2 * rarest.copies, text);
});

test('free riders get less than contributors for as long as anybody downloads', () => {
  for (const seed of [1, 2, 3]) {
    const swarm = new SwarmWorld(torrentOf(200, 262_144), { seed, latency: WORLD });
    swarm.seed({ upBytesPerSecond: 2 * MBIT }, { uploadSlots: 'adaptive' });
    const contributors = Array.from({ length: 20 }, () => swarm.leecher(HOME_LINK, { uploadSlots: 'adaptive' }));
    const riders = Array.from({ length: 10 }, () => swarm.leecher(HOME_LINK, { uploadSlots: 0 }));
    while (contributors.filter((member) => member.watch.completeAtMs !== null).length < 10) swarm.world.runFor(1000);
    const progress = (members: readonly Member[]): number => mean(members.map(({ torrent }) => torrent.status().piecesHave / 200));
    assert.ok(
      progress(riders) < 0.7 * progress(contributors),
      `seed ${seed}: riders have ${progress(riders)}, contributors ${progress(contributors)}`,
    );
    assert.ok(swarm.finish(3_600_000), `seed ${seed}: not all finished`);
    const [riding, contributing] = [finishTimes(riders), finishTimes(contributors)];
    assert.ok((riding[0] as number) > (contributing[10] as number), `seed ${seed}: ${riding[0]} and ${contributing[10]} ms`);
  }
});

test('while all peers have something to trade, 95% of all uplinks carry blocks that are kept', () => {
  const swarm = new SwarmWorld(torrentOf(128, 262_144), { seed: 1, latency: WORLD });
  swarm.seed({ upBytesPerSecond: 2 * MBIT }, { uploadSlots: 'adaptive' });
  const leechers = Array.from({ length: 40 }, () => swarm.leecher(HOME_LINK, { uploadSlots: 'adaptive' }));
  const pieces = (): number => mean(leechers.map(({ torrent }) => torrent.status().piecesHave));
  const kept = (): number =>
    leechers.reduce((sum, { torrent }) => sum + torrent.status().downloadedBytes - torrent.status().wastedBytes, 0);
  while (pieces() < 128 / 10) swarm.world.runFor(500);
  const [fromMs, fromBytes] = [swarm.world.now, kept()];
  while (leechers.every((leecher) => leecher.watch.completeAtMs === null)) swarm.world.runFor(500);
  const possible = ((swarm.world.now - fromMs) / 1000) * 42 * MBIT;
  const share = (kept() - fromBytes) / possible;
  assert.ok(share >= 0.95, `${(share * 100).toFixed(1)}% of the uplinks from ${fromMs} ms to ${swarm.world.now} ms`);
});
