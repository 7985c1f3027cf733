/** Crowds: a thousand peers that come at once, a seed that leaves, a seed that is the bottleneck. `KITH_SOAK=1` runs bigger ones. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import { finishTimes, MBIT, type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';

type Mode = 'reference' | 'bytes';

const SOAK = process.env['KITH_SOAK'] === '1';
const WORLD = { kind: 'plane', baseMs: 5, acrossMs: 100 } as const;
const MBIT_DOWN = [1, 2, 5, 10, 20, 50, 100];

/** Peers with links of 1 to 100 Mbit/s down and a quarter of that up, who all come in the first moment; the seed has 10 Mbit/s. */
function flashCrowd(seed: number, peers: number, metainfo: Metainfo, connections: number, mode: Mode = 'reference'): SwarmWorld {
  const swarm = new SwarmWorld(metainfo, { seed, latency: WORLD, mode });
  const random = new Random(seed, 5);
  const engine = { connectionsPerTorrentMax: connections };
  swarm.seed({ upBytesPerSecond: 10 * MBIT, downBytesPerSecond: 100 * MBIT }, engine);
  for (let count = 0; count < peers; count++) {
    const down = (MBIT_DOWN[random.below(MBIT_DOWN.length)] as number) * MBIT;
    swarm.leecher({ upBytesPerSecond: Math.max(MBIT, down / 4), downBytesPerSecond: down }, engine);
  }
  return swarm;
}

test('a flash crowd of 1,000 peers with links of 1 to 100 Mbit/s finishes', () => {
  const metainfo = SOAK ? torrentOf(256, 262_144) : torrentOf(32, 131_072);
  const swarm = flashCrowd(1, 1000, metainfo, SOAK ? 50 : 12);
  assert.ok(swarm.finish(3_600_000), `${swarm.members.filter((member) => member.watch.completeAtMs === null).length} did not finish`);
  // The slowest link needs this long for the content alone.
  const idealMs = (metainfo.totalBytes / MBIT) * 1000;
  const last = finishTimes(swarm.members).at(-1) as number;
  assert.ok(last < 2 * idealMs, `the last peer took ${last} ms, its link needs ${idealMs} ms`);
});

test('a crowd seen again with the same seed has the same trace, and with another seed another', () => {
  const [first, second, other] = [3, 3, 4].map((seed) => {
    const swarm = flashCrowd(seed, 100, torrentOf(16, 65_536), 20);
    assert.ok(swarm.finish(600_000));
    return swarm.world.traceHash();
  });
  assert.equal(first, second);
  assert.notEqual(first, other);
});

test('a crowd that encodes all it says has the same trace as one that passes objects on', () => {
  const [reference, bytes] = (['reference', 'bytes'] as const).map((mode) => {
    const swarm = flashCrowd(5, 25, torrentOf(16, 32_768), 10, mode);
    assert.ok(swarm.finish(600_000));
    return swarm.world.traceHash();
  });
  assert.equal(bytes, reference);
});

test('a seed that leaves after one copy leaves a swarm that completes', () => {
  for (const seed of [1, 2, 3]) {
    const swarm = new SwarmWorld(torrentOf(96, 131_072), { seed, latency: WORLD });
    const source = swarm.seed({ upBytesPerSecond: 2 * MBIT });
    const leechers: Member[] = [];
    for (let count = 0; count < 25; count++) leechers.push(swarm.leecher({ upBytesPerSecond: MBIT, downBytesPerSecond: 8 * MBIT }));
    while (!haveOneCopy(leechers)) swarm.world.runFor(250);
    assert.ok(
      leechers.every((leecher) => leecher.watch.completeAtMs === null),
      `seed ${seed}: somebody had everything already`,
    );
    assert.ok(swarm.copiesSentBy(source) < 1.4, `seed ${seed}: it sent ${swarm.copiesSentBy(source)} copies before there was one`);
    swarm.world.leave(source.node);
    assert.ok(swarm.finish(600_000), `seed ${seed}: not all completed without the seed`);
  }
});

function haveOneCopy(members: readonly Member[]): boolean {
  const stores = members.map(({ torrent }) => torrent.exchange?.store.have);
  for (let piece = 0; piece < 96; piece++) if (!stores.some((have) => have?.has(piece) === true)) return false;
  return true;
}

for (const how of ['by its link', 'by a limit'] as const) {
  test(`eight leechers share what a seed of 20 MB/s sends once, capped ${how}`, () => {
    const rate = 20_000_000;
    const swarm = new SwarmWorld(torrentOf(256, 1 << 20), { seed: 1, latency: { kind: 'constant', ms: 1 } });
    const source = how === 'by its link' ? swarm.seed({ upBytesPerSecond: rate }) : swarm.seed({}, { uploadRateMax: rate });
    for (let count = 0; count < 8; count++) {
      swarm.leecher({ upBytesPerSecond: 1000 * MBIT, downBytesPerSecond: 1000 * MBIT }, { uploadSlots: 'adaptive' });
    }
    const idealMs = (swarm.metainfo.totalBytes / rate) * 1000;
    assert.ok(swarm.finish(1.15 * idealMs), `not done within ${1.15 * idealMs} ms`);
    assert.ok(swarm.copiesSentBy(source) <= 1.1, `the seed sent ${swarm.copiesSentBy(source)} copies`);
  });
}
