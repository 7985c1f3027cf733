import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, type FakePeer, type FakeScript } from '../../../test/bittorrent/fake-peer.ts';
import { SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import { extensionHandshake } from './extension-handshake.ts';
import { PeerMessageId } from './peer-messages.ts';

const PIECES = 20;
const PATIENCE_MS = 60_000;

/** A super seed, and peers that do what the test says. */
function superSeedWith(count: number, script: FakeScript = {}) {
  const swarm = new SwarmWorld(torrentOf(PIECES, 16_384), { seed: 1 });
  const seed = swarm.seed({}, {}, { superSeed: true });
  const nodes = Array.from({ length: count }, () => addFake(swarm, script, [seed.node]));
  swarm.world.runFor(2000);
  return { swarm, seed, nodes, peers: nodes.map((node) => node.protocol) };
}

function shown(peer: FakePeer | undefined): number[] {
  return peer?.connection.heard(PeerMessageId.have).map(({ piece }) => piece) ?? [];
}

test('a super seed says that it has nothing, and shows each peer two pieces that it shows nobody else (BEP 16)', () => {
  const { peers } = superSeedWith(4);
  for (const peer of peers) {
    assert.equal(peer.connection.heard(PeerMessageId.haveNone).length, 1);
    assert.deepEqual([peer.connection.heard(PeerMessageId.haveAll), peer.connection.heard(PeerMessageId.bitfield)], [[], []]);
    const [handshake] = peer.connection.heard(PeerMessageId.extended);
    assert.equal(handshake && extensionHandshake.decode(handshake.payload, 0, handshake.payload.length).uploadOnly, false);
    assert.equal(shown(peer).length, 2);
  }
  assert.equal(new Set(peers.flatMap(shown)).size, 8);
});

test('a peer is shown no more before another has what it was shown (BEP 16)', () => {
  const { swarm, peers } = superSeedWith(3);
  const [first, second] = peers as [FakePeer, FakePeer];
  const [piece] = shown(first) as [number];
  first.connection.say({ id: PeerMessageId.have, piece });
  swarm.world.runFor(10_000);
  assert.equal(shown(first).length, 2);
  second.connection.say({ id: PeerMessageId.have, piece });
  swarm.world.runFor(100);
  assert.equal(shown(first).length, 3);
});

test('a peer that nobody is there to pass anything on to is shown piece after piece', () => {
  const { swarm, peers } = superSeedWith(1, {
    onMessage(connection, message) {
      if (message.id === PeerMessageId.have) connection.say({ id: PeerMessageId.have, piece: message.piece });
    },
  });
  swarm.world.runFor(5000);
  assert.equal(new Set(shown(peers[0])).size, PIECES);
});

test('a peer that nobody takes anything from waits a minute, not for ever', () => {
  const { swarm, peers } = superSeedWith(2);
  const [first] = peers as [FakePeer];
  first.connection.say({ id: PeerMessageId.have, piece: (shown(first) as [number])[0] });
  swarm.world.runFor(PATIENCE_MS + 2000);
  assert.ok(shown(first).length > 2);
});

test('what a peer was shown that has left is shown to others', () => {
  const { swarm, seed, peers, nodes } = superSeedWith(9);
  const all = peers.flatMap(shown);
  swarm.world.leave(nodes[0] as (typeof nodes)[number]);
  swarm.world.runFor(1000);
  // Eighteen are shown or were; two more peers take the last two and those that came free.
  const late = [0, 1].map(() => addFake(swarm, {}, [seed.node]).protocol);
  swarm.world.runFor(3000);
  assert.equal(new Set([...all.slice(2), ...late.flatMap(shown)]).size, PIECES);
});

test('the first other seed ends it: all others are told of everything', () => {
  const { swarm, seed, peers } = superSeedWith(2);
  swarm.seed({}, {}, { trackers: [], peers: [seed.node.endpoint] });
  swarm.world.runFor(3000);
  for (const peer of peers) assert.equal(new Set(shown(peer)).size, PIECES);
});
