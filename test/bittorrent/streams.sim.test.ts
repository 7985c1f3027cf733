/** Files that are read while they load: how soon a player starts, that it does not stall, and what a seek costs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Member, SwarmWorld, torrentOf, torrentOfFiles, Watch } from '../../src/lab/swarm-world.ts';
import type { World } from '../../src/sim/world.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import { addContentServer } from '../fixtures/web-world.ts';
import { type PlayerOptions, SimPlayer } from '../fixtures/sim-player.ts';
import { addFake, fakeSeed } from './fake-peer.ts';
import { checkNothingLeft } from './swarm-laws.ts';
import { treeTorrent } from './tree-torrent.ts';

const KIB = 1024;
const MEGABYTE = 1_000_000;
/** 20 ms from one to the other and back. */
const NEAR = { kind: 'constant', ms: 10 } as const;
/** A film at 4 Mbit/s. */
const RATE = 500_000;
const BUFFER = 4 * MEGABYTE;

function swarmOf(metainfo: Metainfo, mode: 'reference' | 'bytes' = 'reference'): SwarmWorld {
  return new SwarmWorld(metainfo, { seed: 1, latency: NEAR, mode });
}

/** A link of that many bytes a second up. */
function up(bytesPerSecond: number): { upBytesPerSecond: number; downBytesPerSecond: number } {
  return { upBytesPerSecond: bytesPerSecond, downBytesPerSecond: 100 * MEGABYTE };
}

/** Opened while the leecher knows its torrent and nobody else yet. */
function play(world: World, leecher: Member, begin = 0, more: Partial<PlayerOptions> = {}): SimPlayer {
  return new SimPlayer(world, leecher.torrent, { bytesPerSecond: RATE, bufferBytes: BUFFER, begin, ...more });
}

function stalls({ clock }: SimPlayer): string {
  return `${clock.stalls} stalls, ${Math.round(clock.stalledMs)} ms`;
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`with one seed 20 ms away a player starts within a few round trips, and never stalls (${mode} mode)`, () => {
    const swarm = swarmOf(torrentOf(80, 256 * KIB), mode);
    const seed = swarm.seed(up(10 * MEGABYTE));
    const leecher = swarm.leecher(up(10 * MEGABYTE), {}, { peers: [seed.node.endpoint] });
    const player = play(swarm.world, leecher);
    swarm.world.runFor(60_000);
    assert.ok(player.startMs < 150, `${player.startMs} ms`);
    assert.equal(stalls(player), '0 stalls, 0 ms');
    assert.equal(player.receivedBytes, swarm.metainfo.totalBytes);
    player.stop();
    checkNothingLeft(swarm);
  });
}

test('a seed that sends a fifth more than is played is enough: no stall in two minutes', () => {
  const swarm = swarmOf(torrentOf(240, 256 * KIB));
  const seed = swarm.seed(up(1.2 * RATE));
  const leecher = swarm.leecher(up(MEGABYTE), {}, { peers: [seed.node.endpoint] });
  const player = play(swarm.world, leecher);
  swarm.world.runFor(120_000);
  assert.equal(stalls(player), '0 stalls, 0 ms');
  assert.ok(player.receivedBytes > 110 * RATE, `${player.receivedBytes} bytes`);
});

test('a slow peer beside a fast one holds nobody up', () => {
  const swarm = swarmOf(torrentOf(240, 256 * KIB));
  const peers = [swarm.seed(up(RATE / 10)), swarm.seed(up(1.2 * RATE))].map(({ node }) => node.endpoint);
  const leecher = swarm.leecher(up(MEGABYTE), {}, { peers });
  const player = play(swarm.world, leecher);
  swarm.world.runFor(120_000);
  assert.equal(stalls(player), '0 stalls, 0 ms');
  assert.ok(leecher.torrent.status().wastedBytes < 0.02 * player.receivedBytes);
});

test('a peer that takes requests and sends nothing costs a player half a second, and then no more', () => {
  const swarm = swarmOf(torrentOf(80, 256 * KIB));
  const silent = addFake(
    swarm,
    fakeSeed(() => {}),
    [],
  );
  const seed = swarm.seed(up(5 * MEGABYTE));
  const leecher = swarm.leecher(up(5 * MEGABYTE), {}, { peers: [silent.endpoint, seed.node.endpoint] });
  const player = play(swarm.world, leecher);
  swarm.world.runFor(30_000);
  assert.ok(player.startMs < 800, `${player.startMs} ms`);
  assert.ok(player.clock.stalledMs < 600, stalls(player));
});

test('after a seek the first byte comes within some round trips, and what was ahead before comes later', () => {
  const swarm = swarmOf(torrentOf(400, 256 * KIB));
  const seed = swarm.seed(up(5 * MEGABYTE));
  const leecher = swarm.leecher(up(5 * MEGABYTE), {}, { peers: [seed.node.endpoint] });
  const first = play(swarm.world, leecher);
  swarm.world.runFor(3000);
  const { picker } = leecher.torrent.exchange?.downloader ?? {};
  assert.equal(picker?.hasDeadlines, true);
  first.stop();
  assert.equal(picker?.hasDeadlines, false, 'who has gone needs nothing');
  const second = play(swarm.world, leecher, 300 * 256 * KIB);
  swarm.world.runFor(10_000);
  assert.ok(second.startMs < 400, `${second.startMs} ms`);
  assert.equal(stalls(second), '0 stalls, 0 ms');
});

test('several readers at once are all served: a head, an index at the end, and a place between', () => {
  const swarm = swarmOf(torrentOf(400, 256 * KIB));
  const seed = swarm.seed(up(3 * MEGABYTE));
  const leecher = swarm.leecher(up(3 * MEGABYTE), {}, { peers: [seed.node.endpoint] });
  const players = [0, 350, 200].map((piece) => play(swarm.world, leecher, piece * 256 * KIB));
  swarm.world.runFor(20_000);
  for (const player of players) assert.ok(player.startMs < 800, `${player.startMs} ms`);
  // Each buffers as much as it can get, and so takes from the others.
  for (const { clock, receivedBytes } of players)
    assert.ok(clock.stalledMs < 100 && receivedBytes > 10 * RATE, `${clock.stalledMs}, ${receivedBytes}`);
});

test('what is looked ahead for comes behind the head, and before what is played later', () => {
  const swarm = swarmOf(torrentOf(100, 256 * KIB));
  const seed = swarm.seed(up(MEGABYTE));
  const leecher = swarm.leecher(up(MEGABYTE), {}, { peers: [seed.node.endpoint] });
  const length = swarm.metainfo.totalBytes;
  leecher.torrent.streams.lookAhead(0, length - 1000, length);
  play(swarm.world, leecher);
  swarm.world.runFor(10_000);
  const place = leecher.watch.order.indexOf(99);
  assert.ok(place > 0 && place < 6, leecher.watch.order.slice(0, 20).join());
});

for (const tellsRate of [false, true]) {
  test(`ten peers of which none is quick enough carry a film together (its rate ${tellsRate ? 'known' : 'not known'})`, () => {
    const swarm = swarmOf(torrentOf(230, 256 * KIB));
    const rates = [0.05, 0.1, 0.2, 0.5, 0.9, 0.05, 0.1, 0.2, 0.5, 0.9];
    const peers = rates.map((rate) => swarm.seed(up(rate * RATE)).node.endpoint);
    const leecher = swarm.leecher(up(5 * MEGABYTE), {}, { peers });
    const player = play(swarm.world, leecher, 0, { tellsRate });
    swarm.world.runFor(100_000);
    assert.equal(stalls(player), '0 stalls, 0 ms');
    assert.ok(player.startMs < 1000, `${player.startMs} ms`);
    assert.ok(leecher.torrent.status().wastedBytes < 0.05 * player.receivedBytes, `${leecher.torrent.status().wastedBytes} bytes`);
  });
}

/** Eight who come three seconds apart to a seed of three times the rate, and send a little more than that rate themselves. */
function audience(tellsRate: boolean): { readonly stalledMs: number; readonly copies: number } {
  const swarm = swarmOf(torrentOf(200, 256 * KIB));
  const seed = swarm.seed(up(3 * RATE));
  const players = Array.from({ length: 8 }, () => {
    const player = play(swarm.world, swarm.leecher(up(1.2 * RATE)), 0, { tellsRate, bufferBytes: 2 * BUFFER });
    swarm.world.runFor(3000);
    return player;
  });
  swarm.world.runFor(90_000);
  return { stalledMs: players.reduce((sum, { clock }) => sum + clock.stalledMs, 0), copies: swarm.copiesSentBy(seed) };
}

test('viewers of whom the rate is known have something to give each other: they stall a quarter as long, and the seed sends less', () => {
  const [greedy, paced] = [audience(false), audience(true)];
  assert.ok(paced.stalledMs < greedy.stalledMs / 4, `${paced.stalledMs} ms, ${greedy.stalledMs} ms`);
  assert.ok(paced.copies < 0.85 * greedy.copies, `${paced.copies}, ${greedy.copies} copies`);
});

test('a web server alone feeds a player, and a seek turns it round at once', () => {
  const metainfo = { ...torrentOf(400, 256 * KIB), webSeeds: ['http://web.sim:6881/'] };
  const swarm = swarmOf(metainfo);
  addContentServer(swarm.world, 'web.sim', metainfo, up(1.2 * RATE));
  const leecher = swarm.leecher(up(5 * MEGABYTE));
  const first = play(swarm.world, leecher);
  swarm.world.runFor(20_000);
  assert.equal(stalls(first), '0 stalls, 0 ms');
  first.stop();
  for (const place of [300, 150]) {
    const player = play(swarm.world, leecher, place * 256 * KIB);
    swarm.world.runFor(20_000);
    assert.ok(player.startMs < 1200, `${player.startMs} ms`);
    assert.equal(stalls(player), '0 stalls, 0 ms');
    player.stop();
  }
});

test('a web server helps a peer that is too slow for the player', () => {
  const metainfo = { ...torrentOf(200, 256 * KIB), webSeeds: ['http://web.sim:6881/'] };
  const swarm = swarmOf(metainfo);
  addContentServer(swarm.world, 'web.sim', metainfo, up(0.8 * RATE));
  const seed = swarm.seed(up(0.6 * RATE));
  const leecher = swarm.leecher(up(5 * MEGABYTE), {}, { peers: [seed.node.endpoint] });
  const player = play(swarm.world, leecher);
  swarm.world.runFor(5000);
  // Neither of them sends as fast as is played: the first pieces come one by one.
  assert.ok(player.clock.stalledMs < 400, stalls(player));
  const before = stalls(player);
  swarm.world.runFor(85_000);
  assert.equal(stalls(player), before);
  assert.ok(leecher.torrent.status().wastedBytes < 0.02 * player.receivedBytes);
});

for (const version of [1, 2, 'hybrid'] as const) {
  test(`a link alone is enough: the file is chosen when its name is known, and comes without the others (version ${version})`, () => {
    const lengths = [3 * MEGABYTE, 5 * MEGABYTE, 4 * MEGABYTE];
    const metainfo = version === 1 ? torrentOfFiles(lengths, 256 * KIB) : treeTorrent(lengths, 256 * KIB, version);
    const swarm = swarmOf(metainfo);
    const seed = swarm.seed(up(5 * MEGABYTE));
    const film = metainfo.files.findIndex(({ length }) => length === 5 * MEGABYTE);
    let player: SimPlayer | null = null;
    const watch = new Watch(() => swarm.world.now);
    watch.onTorrentMetadata = () => {
      leecher.torrent.content.setFilePriorities(new Map(metainfo.files.map((_, index) => [index, index === film ? 4 : 0])));
      player = new SimPlayer(swarm.world, leecher.torrent, { bytesPerSecond: RATE, bufferBytes: BUFFER, file: film });
    };
    const link = { metainfo: null, infoHashV2: metainfo.v2?.infoHash ?? null, peers: [seed.node.endpoint], observer: watch };
    const leecher: Member = swarm.leecher(up(5 * MEGABYTE), {}, link);
    swarm.world.runFor(20_000);
    // The function above has set it, which the compiler cannot see.
    const played = player as SimPlayer | null;
    assert.ok(played !== null && played.receivedBytes === 5 * MEGABYTE, `${played?.receivedBytes} bytes`);
    assert.ok((played.clock.firstByteAtMs ?? 1e9) < 400, `${played.clock.firstByteAtMs} ms`);
    const pieces = leecher.torrent.status().piecesHave;
    assert.ok(pieces >= 20 && pieces <= 21, `${pieces} pieces of a file of 20`);
  });
}

test('a reader hears that the content cannot be read any more, and refuses what is no part of a file', () => {
  const swarm = swarmOf(torrentOfFiles([MEGABYTE, 2 * MEGABYTE], 64 * KIB));
  const leecher = swarm.leecher();
  const player = new SimPlayer(swarm.world, leecher.torrent, { bytesPerSecond: RATE, bufferBytes: BUFFER, file: 1 });
  swarm.world.runFor(1000);
  assert.deepEqual([player.failed, player.receivedBytes], [false, 0]);
  assert.throws(() => leecher.torrent.streams.lookAhead(1, 0, 2 * MEGABYTE + 1), RangeError);
  assert.throws(() => leecher.torrent.streams.lookAhead(2, 0, 1), RangeError);
  leecher.torrent.stop();
  assert.equal(player.failed, true);
});
