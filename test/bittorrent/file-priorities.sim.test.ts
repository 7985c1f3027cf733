/** What it means that people change their mind about files while a torrent runs: what comes, in which order, and who hears of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmWorld, torrentOfFiles } from '../../src/lab/swarm-world.ts';
import { FILE_PRIORITIES } from '../../src/transfer/bittorrent/file-priority.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const { skip, low, normal, high } = FILE_PRIORITIES;
const PIECE_BYTES = 65_536;
/** Twenty pieces each. */
const LENGTHS = [20 * PIECE_BYTES, 20 * PIECE_BYTES, 20 * PIECE_BYTES];
const LINK = { upBytesPerSecond: 500_000, downBytesPerSecond: 500_000 };

function world(seed = 1): SwarmWorld {
  return new SwarmWorld(torrentOfFiles(LENGTHS, PIECE_BYTES), { seed });
}

function pieces(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

test('a file of high priority comes first, one of low priority last, from the moment it is said', () => {
  const swarm = world();
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK);
  assert.ok(swarm.world.runUntil(() => leecher.watch.order.length >= 8, 60_000));
  const before = new Set(leecher.watch.order);
  leecher.torrent.setFilePriorities(
    new Map([
      [0, low],
      [2, high],
    ]),
  );
  assert.deepEqual(leecher.torrent.content.filePriorities, [low, normal, high]);
  assert.ok(swarm.finish(60_000));
  // What was asked for already still comes in between.
  const order = leecher.watch.order.filter((piece) => !before.has(piece)).slice(8);
  const last = (from: number, to: number): number => Math.max(...order.map((piece, at) => (piece >= from && piece < to ? at : -1)));
  const first = (from: number, to: number): number => order.findIndex((piece) => piece >= from && piece < to);
  assert.ok(last(40, 60) < last(20, 40) && last(20, 40) < last(0, 20), `${order}`);
  assert.ok(first(0, 20) > last(40, 60), `${order}`);
});

test('a file deselected in the middle comes no further, and the torrent seeds what it has of it (BEP 21)', () => {
  const swarm = world();
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK);
  assert.ok(swarm.world.runUntil(() => leecher.watch.order.length >= 20, 60_000));
  leecher.torrent.setFilePriorities(new Map([[1, skip]]));
  const had = leecher.watch.order.filter((piece) => piece >= 20 && piece < 40);
  assert.ok(swarm.finish(60_000));
  const got = leecher.watch.order.filter((piece) => piece >= 20 && piece < 40);
  assert.ok(had.length > 0 && got.length < 20 && got.length <= had.length + 3, `${had.length} had, ${got.length} at the end`);
  const { state, wantedBytes, wantedHaveBytes } = leecher.torrent.status();
  assert.deepEqual([state, wantedBytes, wantedHaveBytes], ['seeding', 40 * PIECE_BYTES, 40 * PIECE_BYTES]);
  assert.equal(leecher.torrent.counters().partialSeed, true);
  assert.deepEqual(
    leecher.torrent.content.fileStatuses().map(({ priority, haveBytes }) => [priority, haveBytes / PIECE_BYTES]),
    [
      [normal, 20],
      [skip, got.length],
      [normal, 20],
    ],
  );
  checkNothingLeft(swarm);
});

test('who deselects all that is missing is complete at once, and tells its peers', () => {
  const swarm = world();
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK, {}, { selectOnly: [0] });
  const taker = swarm.leecher({ upBytesPerSecond: 1000 }, {}, { selectOnly: [0] });
  assert.ok(swarm.world.runUntil(() => leecher.watch.order.length >= 5 && taker.torrent.status().peers > 1, 60_000));
  leecher.torrent.setFilePriorities(new Map([[0, skip]]));
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().wantedBytes], ['seeding', 0]);
  swarm.world.runFor(1000);
  assert.ok(![...leecher.torrent.connections].some(({ amInterested }) => amInterested), 'it still wants something');
  const self = leecher.node.host.self.stream?.toString();
  const seen = [...taker.torrent.connections].filter(({ listener, endpoint }) => (listener ?? endpoint).toString() === self);
  assert.deepEqual(
    seen.map(({ uploadOnly }) => uploadOnly),
    [true],
  );
});

test('a partial seed that wants more goes back to those it had parted from, at once, and fetches nothing twice', () => {
  const swarm = world();
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK, {}, { selectOnly: [1] });
  assert.ok(swarm.finish(60_000));
  swarm.world.runFor(5_000);
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().peers], ['seeding', 0]);
  leecher.torrent.setFilePriorities(
    new Map([
      [0, normal],
      [2, normal],
    ]),
  );
  assert.equal(leecher.torrent.status().state, 'downloading');
  assert.ok(
    swarm.world.runUntil(() => leecher.torrent.status().state === 'seeding', 20_000),
    JSON.stringify(leecher.torrent.status()),
  );
  assert.deepEqual(
    leecher.watch.order.toSorted((a, b) => a - b),
    pieces(0, 60),
  );
  checkNothingLeft(swarm);
});

test('a wish made before the metadata is there holds when it comes, and through a recheck', () => {
  const swarm = world();
  swarm.seed(LINK);
  const leecher = swarm.leecher(
    LINK,
    {},
    {
      metainfo: null,
      filePriorities: new Map([
        [0, skip],
        [99, high],
      ]),
    },
  );
  leecher.torrent.setFilePriorities(new Map([[2, skip]]));
  assert.ok(swarm.finish(60_000));
  assert.deepEqual(
    leecher.watch.order.toSorted((a, b) => a - b),
    pieces(20, 40),
  );
  leecher.torrent.verifyAgain();
  swarm.world.runFor(2_000);
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.content.filePriorities], ['seeding', [skip, normal, skip]]);
});

test('pieces of a deselected file are there again when the process starts anew', () => {
  const swarm = world();
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK);
  assert.ok(swarm.world.runUntil(() => leecher.watch.order.length >= 30, 60_000));
  leecher.torrent.setFilePriorities(
    new Map([
      [0, skip],
      [1, skip],
    ]),
  );
  assert.ok(swarm.world.runUntil(() => leecher.torrent.status().state === 'seeding', 60_000));
  const had = leecher.torrent.status().piecesHave;
  swarm.world.restart(leecher.node);
  swarm.world.runFor(100);
  assert.ok(had > 20 && leecher.torrent.status().piecesHave >= had, `${had} before`);
});

test('what is no priority or no file is refused, and changes nothing', () => {
  const swarm = world();
  const seed = swarm.seed();
  swarm.world.runFor(100);
  for (const [file, priority] of [
    [3, 4],
    [-1, 4],
    [0.5, 4],
    [0, 8],
    [0, -1],
    [0, 1.5],
  ] as const) {
    assert.throws(
      () =>
        seed.torrent.setFilePriorities(
          new Map([
            [0, low],
            [file, priority],
          ]),
        ),
      RangeError,
    );
  }
  assert.deepEqual(seed.torrent.content.filePriorities, [normal, normal, normal]);
});
