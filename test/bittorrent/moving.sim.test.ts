/** Content that is taken to another folder while its torrent runs: what the torrent says of it, and that nothing else changes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MoveOperation, StoreFailure } from '../../src/core/host.ts';
import { SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const MEGABYTE = 1_000_000;
const LINK = { upBytesPerSecond: MEGABYTE, downBytesPerSecond: MEGABYTE };

class Outcome implements MoveOperation {
  failure: StoreFailure | null | undefined;
  onMoved(failure: StoreFailure | null): void {
    this.failure = failure;
  }
}

test('a download and a seed go on while their content is moved, and part from nobody', () => {
  const swarm = new SwarmWorld(torrentOf(128, 65_536), { seed: 1 });
  const seed = swarm.seed({ ...LINK, diskBytesPerSecond: 5 * MEGABYTE });
  const leecher = swarm.leecher({ ...LINK, diskBytesPerSecond: 5 * MEGABYTE });
  swarm.world.runFor(2_000);
  const outcomes = [seed, leecher].map(({ torrent }) => {
    const outcome = new Outcome();
    torrent.content.moveTo('elsewhere', outcome);
    assert.deepEqual([torrent.status().moving, torrent.status().location, outcome.failure], [true, 'disk', undefined]);
    return outcome;
  });
  assert.ok(swarm.finish(60_000));
  assert.deepEqual(
    outcomes.map(({ failure }) => failure),
    [null, null],
  );
  for (const { torrent, watch } of [seed, leecher]) {
    assert.deepEqual([torrent.status().moving, torrent.status().location], [false, 'elsewhere']);
    assert.ok(!watch.states.includes('paused') && watch.partings.every((parting) => !/timeout|silent/.test(parting)), `${watch.partings}`);
  }
  checkNothingLeft(swarm);
});

test('before the metadata is there a move is a wish, which is granted at once', () => {
  const swarm = new SwarmWorld(torrentOf(16, 65_536), { seed: 1 });
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK, {}, { metainfo: null });
  const outcome = new Outcome();
  leecher.torrent.content.moveTo('elsewhere', outcome);
  assert.deepEqual([outcome.failure, leecher.torrent.status().location], [null, 'elsewhere']);
  assert.ok(swarm.finish(60_000));
  assert.equal(leecher.torrent.status().location, 'elsewhere');
});

test('a move that is asked for during the check happens after it', () => {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1 });
  const seed = swarm.seed({ diskBytesPerSecond: MEGABYTE }, {}, { recheck: 'check' });
  swarm.world.runFor(1_000);
  const outcome = new Outcome();
  seed.torrent.content.moveTo('elsewhere', outcome);
  assert.deepEqual([seed.torrent.status().state, outcome.failure], ['checking', undefined]);
  assert.ok(swarm.world.runUntil(() => outcome.failure === null, 20_000));
  assert.deepEqual([seed.torrent.status().state, seed.torrent.status().location], ['seeding', 'elsewhere']);
});

test('a move and a recheck that are asked for in the middle of each other both happen', () => {
  for (const firstMove of [true, false]) {
    const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1 });
    const seed = swarm.seed({ diskBytesPerSecond: MEGABYTE });
    swarm.world.runFor(1_000);
    const outcome = new Outcome();
    const steps = [(): void => seed.torrent.content.moveTo('elsewhere', outcome), (): void => seed.torrent.verifyAgain()];
    for (const step of firstMove ? steps : steps.reverse()) {
      step();
      swarm.world.runFor(100);
    }
    assert.ok(
      swarm.world.runUntil(() => outcome.failure === null && seed.torrent.state === 'seeding', 60_000),
      `${seed.watch.states}`,
    );
    assert.deepEqual([seed.torrent.status().location, seed.watch.states.filter((state) => state === 'checking').length], ['elsewhere', 2]);
  }
});

test('a second move has to wait for the first, and one that the end of the torrent cuts short says so', () => {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1 });
  const seed = swarm.seed({ diskBytesPerSecond: MEGABYTE });
  swarm.world.runFor(1_000);
  const outcome = new Outcome();
  seed.torrent.content.moveTo('elsewhere', outcome);
  assert.throws(() => seed.torrent.content.moveTo('third', new Outcome()), /goes to elsewhere/);
  seed.node.protocol.remove(seed.torrent.infoHashHex);
  swarm.world.runFor(20_000);
  assert.match(outcome.failure?.message ?? '', /was stopped/);
  assert.equal(seed.torrent.status().location, 'disk');
  const late = new Outcome();
  seed.torrent.content.moveTo('fourth', late);
  assert.match(late.failure?.message ?? '', /stopped/);
});
