import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, type FakeConnection, type FakeScript } from '../../../test/bittorrent/fake-peer.ts';
import { SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { endpointPort } from '../../core/endpoint.ts';
import { extensionHandshake } from './extension-handshake.ts';
import { type MetadataMessage, metadataMessage } from './metadata-messages.ts';
import { PeerMessageId } from './peer-messages.ts';

/** An info dictionary of two metadata pieces. */
const METAINFO = torrentOf(1500, 16_384);
const OURS = { metadata: 1 };
const THEIRS = { metadata: 1 };

const introducing: FakeScript = {
  onOpen(connection) {
    connection.sayHandshake();
    connection.sayExtensions({});
  },
};

function seedAnd(script: FakeScript) {
  const swarm = new SwarmWorld(METAINFO, { seed: 1 });
  const seed = swarm.seed();
  const fake = addFake(swarm, script, [seed.node]);
  swarm.world.runFor(500);
  return { swarm, seed, connection: fake.protocol.connection };
}

function sayMetadata(connection: FakeConnection, message: MetadataMessage): void {
  connection.say({ id: PeerMessageId.extended, extension: OURS.metadata, payload: encodeToBytes(metadataMessage, message) });
}

function metadataHeard(connection: FakeConnection): MetadataMessage[] {
  const messages = connection.heard(PeerMessageId.extended).filter((message) => message.extension === THEIRS.metadata);
  return messages.map(({ payload }) => metadataMessage.decode(payload, 0, payload.length));
}

test('the extension handshake says who we are, where we listen and what we have (BEP 9, 10, 24)', () => {
  const { connection } = seedAnd({});
  const [message] = connection.heard(PeerMessageId.extended);
  assert.ok(message !== undefined);
  const said = extensionHandshake.decode(message.payload, 0, message.payload.length);
  assert.equal(message.extension, 0);
  assert.equal(said.port, 6881);
  assert.equal(said.metadataBytes, METAINFO.infoBytes.length);
  assert.equal(said.uploadOnly, true);
  assert.equal(said.requestsMax, 2000);
  assert.match(said.version ?? '', /^kith/);
  assert.equal(said.yourIp?.length, 4);
});

test('metadata is served in pieces, twice over, and then rejected (BEP 9)', () => {
  const { swarm, connection } = seedAnd(introducing);
  for (let round = 0; round < 3; round++) for (const piece of [0, 1]) sayMetadata(connection, { type: 'request', piece });
  sayMetadata(connection, { type: 'request', piece: 2 });
  swarm.world.runFor(500);
  const heard = metadataHeard(connection);
  assert.deepEqual(
    heard.map(({ type }) => type),
    ['data', 'data', 'data', 'data', 'reject', 'reject', 'reject'],
  );
  const data = heard.flatMap((message) => (message.type === 'data' ? [...message.data] : [])).slice(0, METAINFO.infoBytes.length);
  assert.deepEqual(Uint8Array.from(data), METAINFO.infoBytes);
});

test('extension messages that we did not offer, and metadata messages of the future, are ignored', () => {
  const { swarm, connection } = seedAnd(introducing);
  connection.say({ id: PeerMessageId.extended, extension: 77, payload: Uint8Array.of(1, 2, 3) });
  sayMetadata(connection, { type: 'unknown', number: 9 });
  swarm.world.runFor(500);
  assert.equal(connection.isClosed, false);
});

test('metadata that nobody asked for is ignored', () => {
  const { swarm, connection } = seedAnd(introducing);
  sayMetadata(connection, { type: 'data', piece: 0, totalBytes: 5, data: new Uint8Array(5) });
  sayMetadata(connection, { type: 'reject', piece: 0 });
  swarm.world.runFor(500);
  assert.equal(connection.isClosed, false);
});

test('wrong metadata gets its sender banned, and the right one is fetched from another (BEP 9)', () => {
  const swarm = new SwarmWorld(METAINFO, { seed: 1 });
  const leecher = swarm.leecher({}, {}, { metainfo: null });
  const liar = addFake(
    swarm,
    {
      onOpen(connection) {
        connection.sayHandshake();
        connection.sayExtensions({ metadataBytes: 100 });
      },
      onMessage(connection, message) {
        if (message.id !== PeerMessageId.extended || message.extension !== THEIRS.metadata) return;
        sayMetadata(connection, { type: 'data', piece: 0, totalBytes: 100, data: new Uint8Array(100) });
      },
    },
    [leecher.node],
  );
  swarm.world.runFor(1000);
  assert.ok(liar.protocol.connection.isClosed);
  assert.ok(leecher.torrent.swarm.candidates.isBanned(liar.endpoint));
  swarm.seed();
  assert.ok(swarm.finish(60_000));
});

test('a second handshake says that we want nothing more (BEP 21)', () => {
  const swarm = new SwarmWorld(METAINFO, { seed: 1 });
  const leecher = swarm.leecher();
  const fake = addFake(swarm, introducing, [leecher.node]);
  swarm.world.runFor(500);
  swarm.seed();
  assert.ok(swarm.finish(60_000));
  swarm.world.runFor(500);
  const said = fake.protocol.connection
    .heard(PeerMessageId.extended)
    .map(({ payload }) => extensionHandshake.decode(payload, 0, payload.length).uploadOnly);
  assert.deepEqual(said, [false, true]);
});

test('an incoming peer is dialled where it says that it listens, once it has gone', () => {
  const swarm = new SwarmWorld(METAINFO, { seed: 1 });
  const leecher = swarm.leecher({}, {}, { trackers: [] });
  const fake = addFake(
    swarm,
    {
      onOpen(connection) {
        connection.sayHandshake();
        if (connection.stream?.incoming === false) connection.sayExtensions({ port: 6881 });
      },
    },
    [leecher.node],
  );
  swarm.world.runFor(500);
  const [connection] = [...leecher.torrent.swarm.connections];
  assert.equal(endpointPort(connection?.listener as Uint8Array), 6881);
  assert.equal(fake.protocol.connections.length, 1, 'dialled though it was connected');
  fake.protocol.connection.stream?.reset();
  swarm.world.runFor(60_000);
  assert.ok(fake.protocol.connections.length >= 2, 'not dialled');
});
