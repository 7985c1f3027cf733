import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, type FakeConnection, type FakePeer, type FakeScript } from '../../../test/bittorrent/fake-peer.ts';
import { SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import { REQUESTS_QUEUED_MAX } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { BitTorrentOptions } from './torrent-status.ts';

const BLOCK = 16_384;
const LIMIT = 4 * BLOCK;
const TURN_MS = 500;

/** A seed of 8 pieces of 4 blocks, and takers that dial it and say that they are interested. */
function seedWith(count: number, options: Partial<BitTorrentOptions> = {}, script: Partial<FakeScript> = {}) {
  const swarm = new SwarmWorld(torrentOf(8, 4 * BLOCK), { seed: 1 });
  const seed = swarm.seed({}, options);
  const taking: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.interested });
    },
    ...script,
  };
  const takers: FakePeer[] = Array.from({ length: count }, () => addFake(swarm, taking, [seed.node]).protocol);
  swarm.world.runFor(1000);
  return { swarm, seed, takers, first: (takers[0] as FakePeer).connection };
}

function requestAll(connection: FakeConnection): void {
  for (let piece = 0; piece < 7; piece++) for (let block = 0; block < 4; block++) connection.request(piece, block * BLOCK, BLOCK);
}

test('an unchoked peer gets what it asks for, in the order in which it asks', () => {
  const { swarm, first } = seedWith(1);
  assert.equal(first.heard(PeerMessageId.unchoke).length, 1);
  for (const block of [3, 0, 2]) first.request(5, block * BLOCK, BLOCK);
  swarm.world.runFor(1000);
  assert.deepEqual(
    first.blocks.map(({ piece, begin }) => [piece, begin / BLOCK]),
    [
      [5, 3],
      [5, 0],
      [5, 2],
    ],
  );
});

test('blocks of other sizes than ours are served, up to 128 KiB', () => {
  const swarm = new SwarmWorld(torrentOf(2, 1 << 20), { seed: 1 });
  const seed = swarm.seed();
  const taker = addFake(swarm, { onMessage: (connection, { id }) => id === PeerMessageId.unchoke && connection.request(0, 5, 131_072) }, [
    seed.node,
  ]);
  swarm.world.runFor(500);
  taker.protocol.connection.say({ id: PeerMessageId.interested });
  swarm.world.runFor(1000);
  assert.deepEqual(taker.protocol.connection.blocks, [{ piece: 0, begin: 5, length: 131_072 }]);
});

test('a choked peer gets its request back (BEP 6), or no answer when it does not know rejects', () => {
  for (const plain of [false, true]) {
    const { swarm, first } = seedWith(1, { uploadSlots: 0 }, { plain });
    first.request(0, 0, BLOCK);
    swarm.world.runFor(1000);
    assert.equal(first.blocks.length, 0);
    const rejects = first.heard(PeerMessageId.rejectRequest);
    assert.deepEqual(rejects, plain ? [] : [{ id: PeerMessageId.rejectRequest, piece: 0, begin: 0, length: BLOCK }]);
    assert.equal(first.isClosed, false);
  }
});

test('a request that is cancelled in time is rejected and not sent (BEP 6)', () => {
  const { swarm, first } = seedWith(1, { uploadRateMax: LIMIT });
  requestAll(first);
  first.say({ id: PeerMessageId.cancel, piece: 6, begin: 0, length: BLOCK });
  swarm.world.runFor(20_000);
  assert.deepEqual(first.heard(PeerMessageId.rejectRequest), [{ id: PeerMessageId.rejectRequest, piece: 6, begin: 0, length: BLOCK }]);
  assert.equal(first.blocks.length, 27);
  assert.ok(!first.blocks.some(({ piece, begin }) => piece === 6 && begin === 0));
});

test('who loses its slot gets every request answered, by a block or a reject (BEP 6)', () => {
  const { swarm, first } = seedWith(1, { uploadRateMax: BLOCK });
  requestAll(first);
  first.say({ id: PeerMessageId.notInterested });
  swarm.world.runFor(60_000);
  assert.equal(first.heard(PeerMessageId.choke).length, 1);
  assert.equal(first.blocks.length + first.heard(PeerMessageId.rejectRequest).length, 28);
  assert.ok(first.blocks.length < 20, `${first.blocks.length} blocks came`);
});

test('under a limit peers take turns, block by block', () => {
  const { swarm, takers } = seedWith(3, { uploadRateMax: LIMIT });
  for (const taker of takers) requestAll(taker.connection);
  // What was saved up goes to the first who asks.
  swarm.world.runFor(1000);
  const before = takers.map((taker) => taker.connection.blocks.length);
  for (let turn = 0; turn < 10; turn++) {
    swarm.world.runFor(TURN_MS);
    const got = takers.map((taker, index) => taker.connection.blocks.length - (before[index] as number));
    assert.ok(Math.max(...got) - Math.min(...got) <= 1, `${got} blocks`);
  }
});

test('more requests than the queue holds are rejected', () => {
  const { swarm, seed, first } = seedWith(1, { uploadRateMax: 1 });
  for (let count = 0; count < REQUESTS_QUEUED_MAX + 50; count++) first.request(0, 0, BLOCK);
  swarm.world.runFor(1000);
  const [connection] = [...seed.torrent.swarm.connections];
  assert.ok((connection?.requests.length ?? 0) <= REQUESTS_QUEUED_MAX);
  const left = first.heard(PeerMessageId.rejectRequest).length;
  assert.ok(left >= 45 && left <= 50, `${left} rejects`);
});
