/** Downloads leave room on the disk: who waits for it, with which reason, and when it goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Member, SwarmWorld, torrentOf, Watch } from '../../src/lab/swarm-world.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const MEGABYTE = 1_000_000;
const LINK = { upBytesPerSecond: MEGABYTE, downBytesPerSecond: MEGABYTE };
const RESERVE = { diskReserveBytes: MEGABYTE };

/** About 8 MB, and a leecher with so much space. */
function world(spaceBytes: number): { swarm: SwarmWorld; leecher: Member } {
  const swarm = new SwarmWorld(torrentOf(128, 65_536), { seed: 1 });
  swarm.seed(LINK);
  return { swarm, leecher: swarm.leecher({ ...LINK, spaceBytes }, RESERVE) };
}

test('what does not fit with the reserve is not begun, says what is missing, and goes on when there is room', () => {
  const { swarm, leecher } = world(9 * MEGABYTE);
  swarm.world.runFor(20_000);
  const { state, pausedBy, shortage, downloadedBytes, peers } = leecher.torrent.status();
  assert.deepEqual([state, pausedBy, downloadedBytes, peers], ['paused', ['room'], 0, 0]);
  assert.ok(!leecher.watch.states.includes('downloading'), `${leecher.watch.states}`);
  assert.deepEqual(shortage, { neededBytes: 128 * 65_536 + MEGABYTE, freeBytes: 9 * MEGABYTE });
  leecher.node.disk.freeBytes = 10 * MEGABYTE;
  assert.ok(swarm.finish(30_000), JSON.stringify(leecher.torrent.status()));
  assert.deepEqual([leecher.torrent.status().pausedBy, leecher.torrent.status().shortage], [[], null]);
  checkNothingLeft(swarm);
});

test('what fits runs to its end: its own pieces do not stop it', () => {
  const { swarm, leecher } = world(128 * 65_536 + MEGABYTE);
  assert.ok(swarm.finish(30_000));
  assert.ok(!leecher.watch.states.includes('paused'));
});

test('space that goes to others while it runs makes it pause before the disk is full, and keep what it has', () => {
  const { swarm, leecher } = world(20 * MEGABYTE);
  assert.ok(swarm.world.runUntil(() => leecher.watch.pieces > 20, 20_000));
  leecher.node.disk.freeBytes = 4 * MEGABYTE;
  swarm.world.runFor(10_000);
  assert.deepEqual([leecher.torrent.status().state, leecher.watch.failure], ['paused', null]);
  const had = leecher.torrent.status().piecesHave;
  leecher.node.disk.freeBytes = 20 * MEGABYTE;
  assert.ok(swarm.finish(60_000));
  assert.ok(had > 20 && leecher.watch.order.length === 128, `${leecher.watch.order.length} pieces verified`);
});

test('of two that do not fit together the first completes, and the second waits', () => {
  const { swarm, leecher } = world(13 * MEGABYTE);
  const watch = new Watch(() => swarm.world.now);
  const second = torrentOf(100, 65_536, true);
  const { spec } = leecher.torrent;
  const other = leecher.node.protocol.add({ ...spec, metainfo: second, infoHash: second.infoHash, observer: watch });
  assert.ok(swarm.finish(30_000));
  assert.deepEqual([other.status().state, other.status().shortage?.neededBytes !== undefined], ['paused', true]);
  assert.ok(!leecher.watch.states.includes('paused'), `${leecher.watch.states}`);
});

test('a person who pauses and resumes does not overrule the disk, nor the disk a person', () => {
  const { swarm, leecher } = world(5 * MEGABYTE);
  swarm.world.runFor(1_000);
  leecher.torrent.pause();
  leecher.torrent.resume();
  swarm.world.runFor(1_000);
  assert.equal(leecher.torrent.status().state, 'paused');
  leecher.torrent.pause();
  leecher.node.disk.freeBytes = 20 * MEGABYTE;
  swarm.world.runFor(20_000);
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().pausedBy], ['paused', ['asked']]);
  leecher.torrent.resume();
  assert.ok(swarm.finish(30_000));
});

test('a reserve that is changed, and files that are deselected, let it go on', () => {
  for (const way of ['reserve', 'files'] as const) {
    const { swarm, leecher } = world(way === 'reserve' ? 9 * MEGABYTE : 5 * MEGABYTE);
    swarm.world.runFor(2_000);
    assert.equal(leecher.torrent.status().state, 'paused');
    if (way === 'reserve') leecher.node.protocol.diskGuard.setReserve(0);
    else leecher.torrent.setFilePriorities(new Map([[0, 0]]));
    swarm.world.runFor(20_000);
    assert.equal(leecher.torrent.status().state, 'seeding', way);
  }
});

test('an engine at rest has no peers, new torrents rest too, and then all go on that nobody has paused', () => {
  const { swarm, leecher } = world(100 * MEGABYTE);
  swarm.world.runFor(2_000);
  const engine = leecher.node.protocol;
  engine.setResting(true);
  const second = torrentOf(10, 65_536, true);
  const watch = new Watch(() => swarm.world.now);
  const other = engine.add({ ...leecher.torrent.spec, metainfo: second, infoHash: second.infoHash, observer: watch });
  other.pause();
  swarm.world.runFor(10_000);
  assert.deepEqual(
    engine.statuses().map(({ state, peers }) => [state, peers]),
    [
      ['paused', 0],
      ['paused', 0],
    ],
  );
  engine.setResting(false);
  assert.ok(swarm.finish(30_000));
  assert.deepEqual([other.status().state, other.status().pausedBy], ['paused', ['asked']]);
});
