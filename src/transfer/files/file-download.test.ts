/** Downloads from several holders at once: what comes from whom, and what is certain in the end. KITH_SEEDS=n tries n seeds. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFetcher, addSharer, type Fetching, type Sharer, sharedFile, wayTo } from '../../../test/fixtures/file-world.ts';
import { World } from '../../sim/world.ts';
import { RateLimiter } from '../bittorrent/rate-limiter.ts';
import type { Holder } from './holder.ts';

const MIB = 1 << 20;
const FILE = sharedFile(8 * MIB + 1234);
const SEEDS = Number(process.env.KITH_SEEDS ?? 6);
const SLOW = { upBytesPerSecond: 400_000, downBytesPerSecond: 4_000_000 } as const;

function holdersOf({ download }: Fetching): Holder[] {
  return [...(download?.holders ?? [])];
}

test('a file comes from one holder, and its tree vouches for each part', () => {
  const world = new World({ seed: 1 });
  const sharer = addSharer(world, [FILE]);
  const { outcome, node } = addFetcher(world, FILE, () => [wayTo(sharer, FILE)]);
  world.runFor(20_000);
  assert.deepEqual([outcome.verification, outcome.failure], ['parts', null]);
  assert.equal(node.protocol.uploads.sentBytes, 0);
});

test('both modes of the simulator bring the same file in the same way', () => {
  const traces = (['reference', 'bytes'] as const).map((mode) => {
    const world = new World({ seed: 1, mode });
    const sharers = [0, 1].map(() => addSharer(world, [FILE]));
    const { outcome } = addFetcher(world, FILE, () => sharers.map((sharer) => wayTo(sharer, FILE)));
    world.runFor(20_000);
    assert.equal(outcome.verification, 'parts', mode);
    return world.traceHash();
  });
  assert.equal(traces[0], traces[1]);
});

test('without a tree the whole is checked, and with UUHash alone it is no proof', () => {
  const world = new World({ seed: 1 });
  const sharer = addSharer(world, [FILE], { hasTrees: false });
  const whole = addFetcher(world, FILE, () => [wayTo(sharer, FILE)]);
  const none = { sha1: null, tiger: null, ed2k: null, merkle: null, head: null };
  const sample = addFetcher(world, { ...FILE, hashes: { ...none, uu: FILE.hashes.uu } }, () => [wayTo(sharer, FILE)]);
  const nothing = addFetcher(world, { ...FILE, hashes: { ...none, uu: null } }, () => [wayTo(sharer, FILE)]);
  world.runFor(30_000);
  assert.deepEqual(
    [whole, sample, nothing].map(({ outcome }) => outcome.verification),
    ['whole', 'sample', 'nothing'],
  );
});

test('five slow holders bring it nearly five times as fast as one, each his share', () => {
  const seconds = [1, 5].map((count) => {
    const world = new World({ seed: 1 });
    const sharers = Array.from({ length: count }, () => addSharer(world, [FILE], {}, SLOW));
    const fetching = addFetcher(
      world,
      FILE,
      () => sharers.map((sharer) => wayTo(sharer, FILE)),
      {},
      { upBytesPerSecond: 4_000_000, downBytesPerSecond: 4_000_000 },
    );
    while (fetching.outcome.verification === null && world.now < 120_000) world.runFor(100);
    const least = Math.min(...sharers.map(({ protocol }) => protocol.uploads.sentBytes));
    assert.ok(least > FILE.bytes / count / 2, `${least} bytes of the least`);
    assert.ok(fetching.node.bytesDown < FILE.bytes * 1.15, `${fetching.node.bytesDown} bytes came for ${FILE.bytes}`);
    return world.now / 1000;
  });
  assert.ok((seconds[0] as number) / (seconds[1] as number) > 3.5, `${seconds} s`);
});

test('a file comes no faster than the limit lets it, whoever sends, nor much slower', () => {
  const world = new World({ seed: 1 });
  const sharers = [0, 1, 2].map(() => addSharer(world, [FILE]));
  const downloadBudget = new RateLimiter(1_000_000, null);
  const { outcome } = addFetcher(world, FILE, () => sharers.map((sharer) => wayTo(sharer, FILE)), { downloadBudget });
  while (outcome.verification === null && world.now < 60_000) world.runFor(100);
  assert.ok(world.now > 8_000 && world.now < 10_000, `${world.now} ms for 8.4 MB at 1 MB/s`);
});

test('a holder that is ten times as slow does not hold up the end', () => {
  const world = new World({ seed: 1 });
  const fast = addSharer(world, [FILE], {}, { upBytesPerSecond: 1_000_000, downBytesPerSecond: 1_000_000 });
  const slow = addSharer(world, [FILE], {}, { upBytesPerSecond: 50_000, downBytesPerSecond: 1_000_000 });
  const { outcome } = addFetcher(world, FILE, () => [wayTo(slow, FILE), wayTo(fast, FILE)]);
  while (outcome.verification === null && world.now < 60_000) world.runFor(100);
  assert.ok(world.now < 12_000, `${world.now} ms for what the fast one alone brings in 9 s`);
});

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`five holders, the third of which dies, bring the right file, with loss and chance (seed ${seed})`, () => {
    const world = new World({ seed, faults: { loss: 0.01 } });
    const sharers = Array.from({ length: 5 }, () => addSharer(world, [FILE], {}, SLOW));
    const fetching = addFetcher(world, FILE, () => sharers.map((sharer) => wayTo(sharer, FILE)));
    world.runFor(1500);
    world.crash(sharers[2] as Sharer);
    while (fetching.outcome.verification === null && world.now < 300_000) world.runFor(500);
    assert.equal(fetching.outcome.verification, 'parts');
    assert.equal(holdersOf(fetching).filter(({ meter }) => meter.total > 0).length, 5);
  });

  test(`a fetcher that is killed again and again loses no verified byte (seed ${seed})`, () => {
    const world = new World({ seed });
    const sharers = [0, 1].map(() => addSharer(world, [FILE], {}, SLOW));
    const fetching = addFetcher(world, FILE, () => sharers.map((sharer) => wayTo(sharer, FILE)));
    let kept = 0;
    for (let kill = 0; kill < 4; kill++) {
      world.runFor(1700 + 100 * seed);
      kept = fetching.download?.bytesDone ?? 0;
      world.crash(fetching.node);
      world.restart(fetching.node);
      world.runFor(100);
      assert.ok((fetching.download?.bytesDone ?? 0) >= kept, `${fetching.download?.bytesDone} of ${kept} bytes`);
    }
    while (fetching.outcome.verification === null && world.now < 300_000) world.runFor(500);
    assert.equal(fetching.outcome.verification, 'parts');
    assert.ok(kept > 0);
  });
}
