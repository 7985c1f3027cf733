/** The engine over µTP: the same swarms on the other transport, and swarms whose members do not agree on one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MBIT, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const UTP = { transport: 'utp' } as const;
const BOTH = { transport: 'both' } as const;
const TCP = { transport: 'tcp' } as const;

function flagsOf(swarm: SwarmWorld): string[] {
  return swarm.members.flatMap(({ torrent }) => torrent.peers().map(({ flags }) => flags));
}

test('a leecher gets everything from a seed over µTP, and both show it', () => {
  const swarm = new SwarmWorld(torrentOf(40, 65_536), { seed: 1, links: { upBytesPerSecond: 8 * MBIT } });
  swarm.seed({}, UTP);
  const leecher = swarm.leecher({}, UTP);
  swarm.world.runFor(1000);
  const flags = flagsOf(swarm);
  assert.ok(flags.length === 2 && flags.every((letters) => letters.endsWith('P')), flags.join());
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.node.protocol.inspect()));
  assert.equal(swarm.world.counters.streamsOpened, 0, 'no TCP');
});

test('a swarm over µTP finishes through loss, reordering and duplication, in both modes alike', () => {
  const run = (seed: number, mode: 'reference' | 'bytes'): string => {
    const faults = { loss: 0.02, duplication: 0.02, reordering: 0.05, reorderingMs: 50, jitterMs: 5 };
    const swarm = new SwarmWorld(torrentOf(20, 32_768), { seed, mode, faults, links: { upBytesPerSecond: 8 * MBIT } });
    swarm.seed({}, UTP);
    for (let count = 0; count < 5; count++) swarm.leecher({}, UTP);
    assert.ok(swarm.finish(300_000), `seed ${seed}: ${JSON.stringify(swarm.members.map(({ torrent }) => torrent.status()))}`);
    return swarm.world.traceHash();
  };
  forSeeds(10, (seed) => {
    const trace = run(seed, 'reference');
    if (seed % 5 === 0) assert.equal(run(seed, 'bytes'), trace);
  });
});

test('members that know only one transport finish together with those that know both', () => {
  const swarm = new SwarmWorld(torrentOf(30, 32_768), { seed: 3, links: { upBytesPerSecond: 8 * MBIT } });
  swarm.seed({}, UTP);
  for (const transport of [UTP, BOTH, TCP, BOTH, TCP]) swarm.leecher({}, transport);
  assert.ok(swarm.finish(120_000), JSON.stringify(swarm.members.map(({ torrent }) => torrent.status())));
});

test('a swarm over µTP in which all require encryption finishes through loss, in both modes alike', () => {
  const run = (seed: number, mode: 'reference' | 'bytes'): string => {
    const swarm = new SwarmWorld(torrentOf(20, 32_768), { seed, mode, faults: { loss: 0.02 }, links: { upBytesPerSecond: 8 * MBIT } });
    const secretly = { ...UTP, encryption: 'require' } as const;
    swarm.seed({}, secretly);
    for (let count = 0; count < 4; count++) swarm.leecher({}, secretly);
    swarm.world.runFor(1000);
    const flags = flagsOf(swarm);
    assert.ok(flags.length > 0 && flags.every((letters) => letters.endsWith('EP')), flags.join());
    assert.ok(swarm.finish(300_000), `seed ${seed}: ${JSON.stringify(swarm.members.map(({ torrent }) => torrent.status()))}`);
    checkNothingLeft(swarm);
    return swarm.world.traceHash();
  };
  forSeeds(3, (seed) => assert.equal(run(seed, 'bytes'), run(seed, 'reference')));
});

test('who speaks only µTP and only secretly is the last of four ways, and the first the next time', () => {
  const swarm = new SwarmWorld(torrentOf(400, 65_536), { seed: 8, links: { upBytesPerSecond: 8 * MBIT } });
  const seed = swarm.seed({}, { ...UTP, encryption: 'require' }, { trackers: [] });
  const leecher = swarm.leecher({}, { ...BOTH, encryption: 'allow' }, { trackers: [] });
  swarm.world.runFor(100);
  leecher.torrent.dial(seed.node.endpoint);
  swarm.world.runFor(2000);
  const { swarm: peers } = leecher.torrent;
  assert.deepEqual([peers.size, peers.candidates.hintsTo(seed.node.endpoint).before], [1, { transport: 'utp', encrypted: true }]);
  for (const connection of [...peers.connections]) connection.hangUp('to dial again');
  swarm.world.runFor(6000);
  assert.deepEqual([peers.size, leecher.watch.partings.length], [1, 3]);
});

test('who refuses TCP is dialled over µTP at once, and the next time first', () => {
  const swarm = new SwarmWorld(torrentOf(400, 65_536), { seed: 4, links: { upBytesPerSecond: 8 * MBIT } });
  const seed = swarm.seed({}, UTP, { trackers: [] });
  const leecher = swarm.leecher({}, BOTH, { trackers: [] });
  swarm.world.runFor(100);
  leecher.torrent.dial(seed.node.endpoint);
  swarm.world.runFor(2000);
  assert.deepEqual([leecher.torrent.swarm.size, swarm.world.counters.streamsFailed], [1, 1]);
  for (const connection of [...leecher.torrent.swarm.connections]) connection.hangUp('to dial again');
  swarm.world.runFor(6000);
  assert.deepEqual([leecher.torrent.swarm.size, swarm.world.counters.streamsFailed], [1, 1]);
});

test('who does not answer over µTP is dialled over TCP, where that is known to work', () => {
  const swarm = new SwarmWorld(torrentOf(400, 65_536), { seed: 5, links: { upBytesPerSecond: 8 * MBIT } });
  const seed = swarm.seed({}, TCP, { trackers: [] });
  const leecher = swarm.leecher({}, BOTH, { trackers: [] });
  swarm.world.runFor(100);
  leecher.torrent.dial(seed.node.endpoint);
  leecher.torrent.swarm.candidates.connected(seed.node.endpoint, { transport: 'utp', encrypted: false });
  leecher.torrent.swarm.candidates.closed(seed.node.endpoint, 0);
  swarm.world.runFor(10_000);
  assert.equal(leecher.torrent.swarm.size, 1);
});

test('rate limits hold over µTP', () => {
  for (const [up, down] of [
    [200_000, 0],
    [0, 200_000],
  ] as const) {
    const swarm = new SwarmWorld(torrentOf(100, 65_536), { seed: 6 });
    swarm.seed({}, { ...UTP, uploadRateMax: up });
    const leecher = swarm.leecher({}, { ...UTP, downloadRateMax: down });
    swarm.world.runFor(5000);
    const before = leecher.torrent.status().downloadedBytes;
    swarm.world.runFor(20_000);
    const rate = (leecher.torrent.status().downloadedBytes - before) / 20;
    assert.ok(rate > 190_000 && rate < 210_000, `${rate} bytes a second where 200,000 are allowed`);
  }
});

test('when all have left, no stream and no timer is left of µTP', () => {
  const swarm = new SwarmWorld(torrentOf(20, 32_768), { seed: 7 });
  swarm.seed({}, BOTH);
  for (let count = 0; count < 4; count++) swarm.leecher({}, count % 2 === 0 ? UTP : BOTH);
  assert.ok(swarm.finish(60_000));
  checkNothingLeft(swarm);
});
