import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, type FakeConnection, type FakeScript } from '../../../test/bittorrent/fake-peer.ts';
import { SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import { type PeerMessage, PeerMessageId } from './peer-messages.ts';

const PIECES = 12;

/** A leecher that a fake has dialled, after the fake has said these things. */
function hearing(said: readonly PeerMessage[], script: Partial<FakeScript> = {}, magnet = false) {
  const swarm = new SwarmWorld(torrentOf(PIECES, 16_384), { seed: 1 });
  const leecher = swarm.leecher({}, {}, magnet ? { metainfo: null } : {});
  const onOpen = (connection: FakeConnection): void => {
    connection.sayHandshake();
    for (const message of said) connection.say(message);
  };
  const fake = addFake(swarm, { onOpen, ...script }, [leecher.node]).protocol;
  swarm.world.runFor(500);
  const [connection] = [...leecher.torrent.swarm.connections];
  return { swarm, leecher, fake, connection };
}

test('without a word about pieces a peer has none (BEP 3)', () => {
  const { connection } = hearing([]);
  assert.equal(connection?.have?.count, 0);
  assert.equal(connection?.amInterested, false);
});

test('we are interested in who has what we lack, and say so once', () => {
  const { fake, connection } = hearing([
    { id: PeerMessageId.bitfield, bits: Uint8Array.of(0x80, 0x10) },
    { id: PeerMessageId.have, piece: 5 },
    { id: PeerMessageId.have, piece: 5 },
  ]);
  assert.deepEqual([connection?.have?.count, connection?.have?.has(5), connection?.have?.has(11)], [3, true, true]);
  assert.equal(fake.connection.heard(PeerMessageId.interested).length, 1);
});

test('a bitfield with bits beyond the last piece ends the connection (BEP 3)', () => {
  const { leecher, fake } = hearing([{ id: PeerMessageId.bitfield, bits: Uint8Array.of(0x80, 0x01) }]);
  assert.ok(fake.connection.isClosed);
  assert.match(leecher.watch.partings.join(), /spare bits/);
});

test('what a peer says about its pieces before we know how many there are counts afterwards', () => {
  for (const [said, count] of [
    [[{ id: PeerMessageId.haveAll }], PIECES],
    [[{ id: PeerMessageId.haveNone }, { id: PeerMessageId.have, piece: 3 }], 1],
    [
      [
        { id: PeerMessageId.bitfield, bits: Uint8Array.of(0xf0, 0) },
        { id: PeerMessageId.have, piece: 11 },
      ],
      5,
    ],
  ] as const) {
    const { swarm, leecher, connection } = hearing(said, {}, true);
    assert.equal(connection?.fraction, 0);
    swarm.seed();
    swarm.world.runUntil(() => leecher.watch.metadata, 60_000);
    assert.equal(connection?.have?.count, count);
    assert.ok(swarm.finish(60_000));
  }
});

test('a bitfield from before the metadata that turns out too long ends the connection', () => {
  const { swarm, leecher, fake } = hearing([{ id: PeerMessageId.bitfield, bits: new Uint8Array(900) }], {}, true);
  swarm.seed();
  assert.ok(swarm.finish(60_000));
  assert.ok(fake.connection.isClosed);
  assert.match(leecher.watch.partings.join(), /bitfield of 900 bytes for 12 pieces/);
});

test('messages of the fast extension end a connection that has not agreed on it (BEP 6)', () => {
  for (const message of [
    { id: PeerMessageId.haveAll },
    { id: PeerMessageId.haveNone },
    { id: PeerMessageId.suggestPiece, piece: 1 },
    { id: PeerMessageId.allowedFast, piece: 1 },
    { id: PeerMessageId.rejectRequest, piece: 1, begin: 0, length: 16_384 },
  ] as const) {
    const { fake } = hearing([message], { plain: true });
    assert.ok(fake.connection.isClosed, `message ${message.id}`);
  }
});

test('to an old client we say nothing that it does not know', () => {
  const { swarm, fake } = hearing([], { plain: true });
  swarm.seed();
  assert.ok(swarm.finish(60_000));
  swarm.world.runFor(500);
  const known: readonly number[] = [
    PeerMessageId.handshake,
    PeerMessageId.choke,
    PeerMessageId.unchoke,
    PeerMessageId.have,
    PeerMessageId.keepAlive,
  ];
  assert.ok(
    fake.connection.messages.every(({ id }) => known.includes(id)),
    `${fake.connection.messages.map(({ id }) => id)}`,
  );
  assert.equal(fake.connection.heard(PeerMessageId.have).length, PIECES);
});

test('keep-alives, PORT (BEP 5) and messages of unknown kinds are passed over', () => {
  const { swarm, fake } = hearing([{ id: PeerMessageId.keepAlive }, { id: PeerMessageId.port, port: 6881 }]);
  fake.connection.sayBytes(Uint8Array.of(0, 0, 0, 3, 99, 1, 2));
  fake.connection.say({ id: PeerMessageId.interested });
  swarm.world.runFor(500);
  assert.equal(fake.connection.isClosed, false);
});

test('a peer that ends its direction is parted from: half a connection is of no use', () => {
  const { swarm, leecher, fake } = hearing([]);
  fake.connection.stream?.end();
  swarm.world.runFor(500);
  assert.equal(leecher.torrent.swarm.size, 0);
  assert.equal(leecher.node.protocol.connectionCount, 0);
});
