import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, type FakePeer, type FakeScript } from '../../../test/bittorrent/fake-peer.ts';
import { SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import { PeerMessageId } from './peer-messages.ts';

const PIECES = 20;

/** A seed, and peers that are interested and do not ask for anything. */
function seedWith(count: number, script: Partial<FakeScript> = {}) {
  const swarm = new SwarmWorld(torrentOf(PIECES, 16_384), { seed: 1 });
  const seed = swarm.seed();
  const idle: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.interested });
    },
    ...script,
  };
  const nodes = Array.from({ length: count }, () => addFake(swarm, idle, [seed.node]));
  swarm.world.runFor(1000);
  return { swarm, seed, nodes, peers: nodes.map((node) => node.protocol) };
}

function suggestions(peer: FakePeer | undefined): number[] {
  return peer?.connection.heard(PeerMessageId.suggestPiece).map(({ piece }) => piece) ?? [];
}

test('a seed suggests four pieces to each peer, and none to two of them', () => {
  const { peers } = seedWith(4);
  // The first came when it was alone: there was nobody to spread to.
  const counts = peers.map((peer) => suggestions(peer).length);
  assert.deepEqual(counts.slice(1), [4, 4, 4]);
  const all = peers.flatMap(suggestions);
  assert.equal(new Set(all).size, all.length, `${all}`);
});

test('one more piece is suggested for each that a peer has followed', () => {
  const { swarm, peers } = seedWith(2);
  const [, peer] = peers;
  const [first] = suggestions(peer) as [number];
  peer?.connection.say({ id: PeerMessageId.have, piece: first });
  swarm.world.runFor(100);
  assert.equal(suggestions(peer).length, 5);
});

test('pieces that a peer has are not suggested to another', () => {
  const { swarm, seed } = seedWith(2);
  const half: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.bitfield, bits: Uint8Array.of(0xff, 0xc0, 0) });
    },
  };
  addFake(swarm, half, [seed.node]);
  swarm.world.runFor(100);
  const late = addFake(swarm, { onOpen: (connection) => (connection.sayHandshake(), connection.say({ id: PeerMessageId.interested })) }, [
    seed.node,
  ]);
  swarm.world.runFor(100);
  assert.equal(suggestions(late.protocol).length, 4);
  assert.ok(
    suggestions(late.protocol).every((piece) => piece >= 10),
    `${suggestions(late.protocol)}`,
  );
});

test('what was suggested to a peer that leaves is suggested to others', () => {
  const { swarm, peers } = seedWith(6);
  const given = peers.flatMap(suggestions);
  assert.equal(given.length, PIECES);
  const [, leaving, staying] = peers;
  const freed = suggestions(leaving);
  leaving?.connection.stream?.reset();
  swarm.world.runFor(100);
  for (const piece of suggestions(staying).slice(0, 4)) staying?.connection.say({ id: PeerMessageId.have, piece });
  swarm.world.runFor(100);
  assert.deepEqual(new Set(suggestions(staying).slice(4)), new Set(freed));
});

test('nothing is suggested to peers without the fast extension, nor by a leecher', () => {
  const { peers } = seedWith(3, { plain: true });
  assert.deepEqual(peers.flatMap(suggestions), []);
  const swarm = new SwarmWorld(torrentOf(PIECES, 16_384), { seed: 1 });
  const leecher = swarm.leecher();
  const asking = Array.from({ length: 2 }, () =>
    addFake(swarm, { onTick: (connection) => connection.say({ id: PeerMessageId.interested }) }, [leecher.node]),
  );
  swarm.world.runFor(3000);
  assert.deepEqual(
    asking.flatMap((node) => suggestions(node.protocol)),
    [],
  );
});
