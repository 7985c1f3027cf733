/** What the engine promises to whoever runs it, one sentence each: metadata, private torrents, selection, pausing, rechecks, limits, order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tracker } from '../../src/overlays/tracker/tracker.ts';
import { dontHave, extensionHandshake } from '../../src/transfer/bittorrent/extension-handshake.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { encodeToBytes } from '../../src/core/codec.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { addFake, fakeSeed } from './fake-peer.ts';
import { checkNothingLeft } from './swarm-laws.ts';
import { type Member, SwarmWorld, torrentOf, torrentOfFiles } from '../../src/lab/swarm-world.ts';

const MEGABYTE = 1_000_000;
const LINK = { upBytesPerSecond: MEGABYTE, downBytesPerSecond: MEGABYTE };

/** Payload that has come. */
function downloaded(member: Member): number {
  return member.torrent.status().downloadedBytes;
}

test('magnet links alone start a swarm on a bad network', () => {
  const swarm = new SwarmWorld(torrentOf(3000, 16_384), { seed: 1, faults: { loss: 0.05, jitterMs: 50 } });
  swarm.seed(LINK);
  const leechers = Array.from({ length: 10 }, () => swarm.leecher(LINK, {}, { metainfo: null }));
  assert.ok(
    swarm.world.runUntil(() => leechers.every((leecher) => leecher.watch.metadata), 60_000),
    'the metadata did not come',
  );
  assert.ok(
    leechers.every((leecher) => leecher.torrent.metainfo?.pieceCount === 3000),
    'the metadata is not what was shared',
  );
  swarm.world.runFor(60_000);
  checkNothingLeft(swarm);
});

for (const isPrivate of [true, false]) {
  test(`a ${isPrivate ? 'private torrent announces to one tracker at a time' : 'public torrent announces to all tiers'} (BEP 27)`, () => {
    const metainfo = torrentOf(8, 16_384, isPrivate);
    const swarm = new SwarmWorld(metainfo, { seed: 1 });
    const other = swarm.world.addNode((host) => new Tracker(host, {}));
    swarm.world.name('other.sim', other);
    const trackers = [...metainfo.trackers, ['udp://other.sim:6881/announce']];
    swarm.seed({}, {}, { trackers });
    const leecher = swarm.leecher({}, {}, { trackers });
    assert.ok(swarm.finish(10_000));
    swarm.world.runFor(5000);
    const announcedTo = leecher.torrent.sources.announcer.status().filter((tracker) => tracker.state === 'working');
    assert.equal(announcedTo.length, isPrivate ? 1 : 2);
  });
}

test('the world hears the port that the router has for us, who is in our own network, or comes by IPv6, where we listen', () => {
  const swarm = new SwarmWorld(torrentOf(8, 16_384), { seed: 1 });
  const { torrent, node } = swarm.seed();
  const fake = addFake(swarm, {}, [node]);
  swarm.world.runFor(1000);
  swarm.world.at(swarm.world.now, () => torrent.engine.setAnnouncedPort(7000));
  swarm.world.runFor(1000);
  const handshakes = fake.protocol.connection.heard(PeerMessageId.extended).filter(({ extension }) => extension === 0);
  const ports = handshakes.map(({ payload }) => extensionHandshake.decode(payload, 0, payload.length).port);
  assert.deepEqual(ports, [6881, 6881], 'who is connected is told again; nodes of this world are at 10.x');
  assert.equal(torrent.engine.portFor(parseEndpoint('5.5.5.2:80') as Endpoint), 7000);
  assert.equal(torrent.engine.portFor(parseEndpoint('[2001:db8::1]:80') as Endpoint), 6881);
});

test('nothing is said about other peers: no peer exchange is offered', () => {
  const swarm = new SwarmWorld(torrentOf(8, 16_384, true), { seed: 1 });
  const fake = addFake(swarm, {}, [swarm.seed().node]);
  swarm.world.runFor(1000);
  const [handshake] = fake.protocol.connection.heard(PeerMessageId.extended);
  assert.ok(handshake !== undefined);
  const { extensions } = extensionHandshake.decode(handshake.payload, 0, handshake.payload.length);
  assert.deepEqual([...extensions.keys()].sort(), ['lt_donthave', 'ut_metadata']);
});

test('with some files deselected only the pieces of the others come, and the torrent seeds them (BEP 21, 53)', () => {
  // Pieces of 64 KiB: file 1 touches pieces 2 to 5, file 3 the last three.
  const lengths = [150_000, 200_000, 500_000, 180_000];
  const swarm = new SwarmWorld(torrentOfFiles(lengths, 65_536), { seed: 1 });
  swarm.seed();
  const leecher = swarm.leecher({}, {}, { selectOnly: [1, 3] });
  const late = swarm.leecher({}, {}, { selectOnly: [1] });
  assert.ok(swarm.finish(60_000));
  assert.deepEqual(
    leecher.watch.order.toSorted((a, b) => a - b),
    [2, 3, 4, 5, 12, 13, 14, 15],
  );
  assert.deepEqual(
    late.watch.order.toSorted((a, b) => a - b),
    [2, 3, 4, 5],
  );
  const { state, wantedBytes, wantedHaveBytes } = leecher.torrent.status();
  assert.equal(state, 'seeding');
  assert.equal(wantedHaveBytes, wantedBytes);
  assert.equal(leecher.torrent.counters().partialSeed, true);
});

test('a paused torrent has no peers and asks for nothing, and goes on where it was', () => {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1 });
  swarm.seed(LINK);
  const leecher = swarm.leecher(LINK);
  swarm.world.runFor(2000);
  leecher.torrent.pause();
  const had = leecher.torrent.status();
  assert.ok(had.piecesHave > 10 && had.piecesHave < 64, `${had.piecesHave} pieces`);
  swarm.world.runFor(60_000);
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().peers], ['paused', 0]);
  assert.ok(downloaded(leecher) <= had.downloadedBytes, 'blocks came to a paused torrent');
  leecher.torrent.resume();
  assert.ok(swarm.finish(60_000));
  assert.ok(downloaded(leecher) < 1.1 * swarm.metainfo.totalBytes, 'what was there was fetched again');
  checkNothingLeft(swarm);
});

test('a torrent added as paused starts when it is resumed', () => {
  const swarm = new SwarmWorld(torrentOf(8, 65_536), { seed: 1 });
  swarm.seed();
  const leecher = swarm.leecher({}, {}, { paused: true });
  swarm.world.runFor(5000);
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().piecesHave], ['paused', 0]);
  leecher.torrent.resume();
  assert.ok(swarm.finish(60_000));
});

test('a recheck in the middle of a download parts from all peers, and the download goes on after it', () => {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1 });
  swarm.seed(LINK);
  const leecher = swarm.leecher({ ...LINK, diskBytesPerSecond: 50 * MEGABYTE });
  swarm.world.runFor(2000);
  const had = leecher.torrent.status().piecesHave;
  leecher.torrent.verifyAgain();
  assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().peers], ['checking', 0]);
  assert.ok(swarm.finish(120_000), JSON.stringify(leecher.node.protocol.inspect()));
  assert.ok(had > 10 && leecher.watch.order.length === new Set(leecher.watch.order).size, 'a verified piece was fetched again');
  checkNothingLeft(swarm);
});

test('a piece whose hash is being computed disturbs neither a recheck nor a pause', () => {
  for (const what of ['recheck', 'pause'] as const) {
    // One piece, and a disk that takes half a second for everything.
    const swarm = new SwarmWorld(torrentOf(1, 65_536), { seed: 1 });
    swarm.seed();
    const leecher = swarm.leecher({ diskMs: 500 });
    swarm.world.runUntil(() => downloaded(leecher) === swarm.metainfo.totalBytes, 60_000);
    if (what === 'recheck') leecher.torrent.verifyAgain();
    else leecher.torrent.pause();
    swarm.world.runFor(700);
    if (what === 'pause') {
      assert.deepEqual([leecher.torrent.status().state, leecher.torrent.status().piecesHave], ['paused', 1]);
      leecher.torrent.resume();
    }
    swarm.world.runFor(700);
    assert.equal(leecher.torrent.status().state, 'seeding');
    assert.ok(swarm.allComplete);
  }
});

test('a recheck of a seed ends in seeding', () => {
  const swarm = new SwarmWorld(torrentOf(16, 65_536), { seed: 1 });
  const seed = swarm.seed();
  swarm.world.runFor(1000);
  seed.torrent.verifyAgain();
  swarm.world.runFor(1000);
  assert.equal(seed.torrent.status().state, 'seeding');
  swarm.leecher();
  assert.ok(swarm.finish(60_000));
});

for (const where of ['the torrent', 'the engine'] as const) {
  for (const way of ['download', 'upload'] as const) {
    test(`the ${way} limit of ${where} holds within 5%, and a new one from the moment it is set`, () => {
      const swarm = new SwarmWorld(torrentOf(256, 262_144), { seed: 1 });
      const seeds = Array.from({ length: way === 'download' ? 4 : 1 }, () => swarm.seed());
      const leechers = Array.from({ length: way === 'upload' ? 4 : 1 }, () => swarm.leecher({}, { uploadSlots: 0 }));
      const limited = (way === 'download' ? leechers[0] : seeds[0]) as Member;
      const set = (rate: number): void => {
        const [up, down] = way === 'download' ? [0, rate] : [rate, 0];
        if (where === 'the torrent') limited.torrent.setLimits(up, down);
        else limited.node.protocol.setLimits(up, down);
      };
      for (const rate of [MEGABYTE, MEGABYTE / 4, 2 * MEGABYTE]) {
        set(rate);
        // What was asked for and queued under the old limit is still on its way.
        swarm.world.runFor(5000);
        const before = leechers.reduce((sum, member) => sum + downloaded(member), 0);
        swarm.world.runFor(10_000);
        const got = (leechers.reduce((sum, member) => sum + downloaded(member), 0) - before) / 10;
        assert.ok(Math.abs(got - rate) <= 0.05 * rate, `${got} bytes a second at a limit of ${rate}`);
      }
    });
  }
}

test('an upload limit is shared evenly between near and far peers', () => {
  const latency = { kind: 'formula', ms: (from: number, to: number) => 2 + 20 * (from + to) } as const;
  const swarm = new SwarmWorld(torrentOf(256, 262_144), { seed: 1, latency });
  const seed = swarm.seed({}, { uploadRateMax: MEGABYTE });
  for (let count = 0; count < 4; count++) swarm.leecher({}, { uploadSlots: 0 });
  swarm.world.runFor(30_000);
  const sent = [...seed.torrent.swarm.connections].map((connection) => connection.up.total);
  assert.equal(sent.length, 4);
  assert.ok(Math.max(...sent) < 1.1 * Math.min(...sent), `${sent}`);
});

test('in sequential mode pieces come in order, two seeds or not', () => {
  const swarm = new SwarmWorld(torrentOf(100, 65_536), { seed: 1 });
  swarm.seed(LINK);
  swarm.seed(LINK);
  const leecher = swarm.leecher({}, {}, { sequential: true });
  assert.ok(swarm.finish(120_000));
  const late = leecher.watch.order.map((piece, index) => Math.abs(piece - index));
  assert.ok(Math.max(...late) <= 4, `pieces came in the order ${leecher.watch.order}`);
});

test('a piece that a peer has lost is not asked of it any more (BEP 54)', () => {
  const swarm = new SwarmWorld(torrentOf(8, 16_384), { seed: 1 });
  const leecher = swarm.leecher();
  const asked: number[] = [];
  const script = fakeSeed((connection, request) => {
    asked.push(request.piece);
    connection.sayBlock(request);
  });
  addFake(
    swarm,
    {
      ...script,
      onOpen(connection) {
        connection.sayHandshake();
        connection.say({ id: PeerMessageId.haveAll });
        connection.say({ id: PeerMessageId.extended, extension: 2, payload: encodeToBytes(dontHave, { piece: 3 }) });
        connection.say({ id: PeerMessageId.unchoke });
      },
    },
    [leecher.node],
  );
  swarm.world.runFor(5000);
  assert.deepEqual(
    asked.toSorted((a, b) => a - b),
    [0, 1, 2, 4, 5, 6, 7],
  );
});
