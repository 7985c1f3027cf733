/** Partial seeds (BEP 21): peers that have some of the files, all that they want, and say so to peers and trackers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { extensionHandshake } from '../../src/transfer/bittorrent/extension-handshake.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { type Member, SwarmWorld, torrentOfFiles } from '../../src/lab/swarm-world.ts';
import { addFake, type FakeConnection, type FakePeer } from './fake-peer.ts';

const PIECE = 65_536;
/** Four files of four pieces. */
const FILES = torrentOfFiles([4 * PIECE, 4 * PIECE, 4 * PIECE, 4 * PIECE], PIECE);

/** What the peers of a fake said of themselves in each of their extension handshakes. */
function uploadOnlySaid(fake: FakePeer): boolean[] {
  return fake.connection
    .heard(PeerMessageId.extended)
    .filter(({ extension }) => extension === 0)
    .map(({ payload }) => extensionHandshake.decode(payload, 0, payload.length).uploadOnly);
}

/** A member that has these files and wants no others; whoever gave them to it has left. */
function partialSeed(swarm: SwarmWorld, files: readonly number[]): Member {
  const seed = swarm.seed();
  const partial = swarm.leecher({}, {}, { selectOnly: files, peers: [seed.node.endpoint] });
  assert.ok(swarm.world.runUntil(() => partial.watch.completeAtMs !== null, 60_000));
  swarm.world.leave(seed.node);
  swarm.world.runFor(1000);
  return partial;
}

test('a leecher that has all it wants says upload_only, once more to those who know it (BEP 21)', () => {
  const swarm = new SwarmWorld(FILES, { seed: 1 });
  const leecher = swarm.leecher({}, {}, { selectOnly: [1] });
  const fake = addFake(swarm, {}, [leecher.node]);
  swarm.world.runFor(1000);
  assert.deepEqual(uploadOnlySaid(fake.protocol), [false]);
  swarm.seed({}, {}, { peers: [leecher.node.endpoint] });
  assert.ok(swarm.world.runUntil(() => leecher.watch.completeAtMs !== null, 60_000));
  swarm.world.runFor(1000);
  assert.deepEqual(uploadOnlySaid(fake.protocol), [false, true]);
  assert.equal(leecher.torrent.counters().partialSeed, true);
});

test('two that both want nothing part, whatever each of them has (BEP 21)', () => {
  const swarm = new SwarmWorld(FILES, { seed: 1 });
  const partial = partialSeed(swarm, [0]);
  const upload = (connection: FakeConnection, uploadOnly: boolean) => {
    connection.sayHandshake();
    connection.sayExtensions({ uploadOnly });
    connection.say({ id: PeerMessageId.bitfield, bits: Uint8Array.of(0, 0xff) });
  };
  const [wants, wantsNothing] = [false, true].map((uploadOnly) =>
    addFake(swarm, { onOpen: (connection) => upload(connection, uploadOnly) }, [partial.node]),
  );
  swarm.world.runFor(5000);
  assert.equal(wants?.protocol.connection.isClosed, false);
  assert.equal(wantsNothing?.protocol.connection.isClosed, true);
  assert.ok(partial.watch.partings.includes('local: both complete'), partial.watch.partings.join('; '));
});

test('a peer that comes to want nothing in the middle of a connection is let go by a seed (BEP 21)', () => {
  const swarm = new SwarmWorld(FILES, { seed: 1 });
  const seed = swarm.seed();
  const fake = addFake(swarm, {}, [seed.node]);
  swarm.world.runFor(1000);
  const handshake = {
    extensions: new Map(),
    version: null,
    port: null,
    requestsMax: null,
    metadataBytes: null,
    uploadOnly: true,
    prefersEncryption: false,
    yourIp: null,
    ipv4: null,
    ipv6: null,
  };
  assert.equal(fake.protocol.connection.isClosed, false);
  fake.protocol.connection.say({ id: PeerMessageId.extended, extension: 0, payload: encodeToBytes(extensionHandshake, handshake) });
  swarm.world.runFor(1000);
  assert.equal(fake.protocol.connection.isClosed, true);
});

test('partial seeds with different files make a whole seed of a leecher, without any other', () => {
  const swarm = new SwarmWorld(FILES, { seed: 1 });
  const halves = [
    [0, 1],
    [2, 3],
  ].map((files) => partialSeed(swarm, files));
  const leecher = swarm.leecher({}, {}, { peers: halves.map(({ node }) => node.endpoint) });
  assert.ok(
    swarm.world.runUntil(() => leecher.watch.completeAtMs !== null, 120_000),
    JSON.stringify(leecher.torrent.status()),
  );
  assert.ok(halves.every(({ torrent }) => torrent.status().uploadedBytes >= 7 * PIECE));
});

test('the tracker counts a partial seed as incomplete, and names it to those who want something (BEP 21)', () => {
  const swarm = new SwarmWorld(FILES, { seed: 1 });
  const partial = partialSeed(swarm, [0]);
  partial.torrent.sources.announcer.announce('none');
  swarm.world.runFor(1000);
  const { leechers } = partial.torrent.sources.announcer.status()[0] ?? {};
  assert.equal(leechers, 1);
  const leecher = swarm.leecher();
  assert.ok(
    swarm.world.runUntil(() => leecher.torrent.status().piecesHave === 4, 60_000),
    JSON.stringify(leecher.torrent.status()),
  );
});
