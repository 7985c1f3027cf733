import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, fakeSeed } from '../../../test/bittorrent/fake-peer.ts';
import { SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { PeerMessageId } from './peer-messages.ts';
import { peerPriority } from './peer-priority.ts';

const MINUTE = 60_000;

function world(): SwarmWorld {
  return new SwarmWorld(torrentOf(8, 16_384), { seed: 1 });
}

test('two that dial each other in the same moment keep one connection, the same one', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const swarm = new SwarmWorld(torrentOf(8, 16_384), { seed });
    const members = [swarm.leecher({}, {}, { trackers: [] }), swarm.leecher({}, {}, { trackers: [] })] as const;
    swarm.world.runFor(100);
    members[0].torrent.dial(members[1].node.endpoint);
    members[1].torrent.dial(members[0].node.endpoint);
    swarm.world.runFor(1000);
    const kept = members.flatMap(({ torrent }) => [...torrent.swarm.connections].map((connection) => connection.incoming));
    assert.deepEqual(new Set(kept), new Set([false, true]), `seed ${seed}: ${JSON.stringify(kept)}`);
    assert.deepEqual(
      members.map(({ node }) => node.protocol.connectionCount),
      [1, 1],
    );
  }
});

test('a node that is told of itself connects once and never again', () => {
  const swarm = world();
  const member = swarm.leecher({}, {}, { trackers: [] });
  swarm.world.runFor(100);
  const before = swarm.world.counters.streamsOpened;
  for (let count = 0; count < 5; count++) {
    member.torrent.dial(member.node.endpoint);
    swarm.world.runFor(2 * MINUTE);
  }
  assert.ok(swarm.world.counters.streamsOpened - before <= 1);
  assert.equal(member.node.protocol.connectionCount, 0);
});

test('a torrent has as many connections as it may have, and dials six in ten of them', () => {
  const swarm = world();
  const engine = { connectionsPerTorrentMax: 10 };
  const member = swarm.leecher({}, engine);
  for (let count = 0; count < 30; count++) swarm.leecher({}, engine);
  swarm.world.runFor(5 * MINUTE);
  for (const { torrent, node } of swarm.members) {
    assert.ok(torrent.swarm.size <= 10, `${torrent.swarm.size} connections`);
    const dialled = [...torrent.swarm.connections].filter((connection) => !connection.incoming).length;
    assert.ok(dialled <= 6, `node ${node.index} has dialled ${dialled}`);
  }
  assert.ok(member.torrent.swarm.size >= 5);
});

test('all torrents together have as many connections as the engine may have', () => {
  const swarm = world();
  const member = swarm.leecher({}, { connectionsMax: 4 });
  for (let count = 0; count < 12; count++) swarm.leecher();
  let most = 0;
  for (let second = 0; second < 60; second++) {
    swarm.world.runFor(1000);
    most = Math.max(most, member.node.protocol.connectionCount);
  }
  assert.equal(most, 4);
});

test('one address gets three connections, more where that is allowed', () => {
  for (const allowManyPerAddress of [false, true]) {
    const swarm = world();
    const member = swarm.leecher({}, { allowManyPerAddress });
    const many = addFake(swarm, { connections: 8 }, [member.node]);
    swarm.world.runFor(1000);
    const open = many.protocol.connections.filter((connection) => !connection.isClosed).length;
    assert.equal(open, allowManyPerAddress ? 8 : 3);
  }
});

test('a banned peer is neither admitted nor dialled again', () => {
  const swarm = world();
  const member = swarm.leecher();
  const liar = addFake(
    swarm,
    fakeSeed((connection, request) => connection.sayBlock(request, 66)),
    [member.node],
  );
  swarm.world.runFor(1000);
  assert.ok(liar.protocol.connection.isClosed);
  const again = addFake(swarm, {}, []);
  member.torrent.dial(liar.endpoint);
  swarm.world.restart(liar);
  swarm.world.runFor(5 * MINUTE);
  assert.ok(liar.protocol.connections.every((connection) => connection.isClosed));
  assert.equal(liar.protocol.connections.length, 1, 'the banned peer was dialled');
  assert.ok(!again.protocol.connections.some((connection) => connection.isClosed));
});

test('a quiet connection is kept alive for both sides, and a dead one is given up (BEP 3)', () => {
  const swarm = world();
  const member = swarm.leecher();
  const quiet = addFake(swarm, { onTick: (connection) => connection.say({ id: PeerMessageId.keepAlive }), tickMs: 2 * MINUTE }, [
    member.node,
  ]);
  const dead = addFake(swarm, {}, [member.node]);
  swarm.world.runFor(10 * MINUTE);
  assert.equal(quiet.protocol.connection.isClosed, false);
  assert.ok(quiet.protocol.connection.heard(PeerMessageId.keepAlive).length >= 4);
  assert.ok(dead.protocol.connection.isClosed);
  assert.match(member.watch.partings.join(), /silent for four minutes/);
});

test('two that both have everything part, and do not meet again soon', () => {
  const swarm = world();
  swarm.seed();
  swarm.seed();
  swarm.world.runFor(20 * MINUTE);
  assert.ok(swarm.world.counters.streamsOpened <= 2, `${swarm.world.counters.streamsOpened} connections`);
});

test('a peer that is not there is dialled ever more rarely', () => {
  const swarm = world();
  const member = swarm.leecher({}, {}, { trackers: [] });
  const gone = addFake(swarm, {}, []);
  swarm.world.runFor(100);
  swarm.world.leave(gone);
  member.torrent.dial(gone.endpoint);
  swarm.world.runFor(30 * MINUTE);
  assert.ok(
    swarm.world.counters.streamsFailed >= 5 && swarm.world.counters.streamsFailed <= 10,
    `${swarm.world.counters.streamsFailed} dials`,
  );
});

test('BEP 40: of a full torrent the connection of lowest priority gives way to a better one, and never to a worse', () => {
  for (let seed = 1; seed <= 5; seed++) {
    const swarm = new SwarmWorld(torrentOf(8, 16_384), { seed });
    const member = swarm.leecher({}, { connectionsPerTorrentMax: 4 }, { trackers: [] });
    const idle = Array.from({ length: 4 }, () => addFake(swarm, {}, [member.node]));
    swarm.world.runFor(40_000);
    const newcomers = Array.from({ length: 12 }, () => addFake(swarm, {}, [member.node]));
    swarm.world.runFor(1000);
    const priority = (node: SimNode): number => peerPriority(member.node.endpoint, node.endpoint);
    const all = [...idle, ...newcomers];
    const kept = all.filter(({ protocol }) => !protocol.connection.isClosed);
    assert.equal(kept.length, 4, `seed ${seed}`);
    // Newcomers have half a minute before they must give way themselves: of those who were there only better ones have stayed.
    const given = idle.filter((node) => !kept.includes(node));
    const stayed = idle.filter((node) => kept.includes(node));
    const lowest = Math.min(...stayed.map(priority));
    for (const node of given) assert.ok(priority(node) < lowest, `seed ${seed}: a better one gave way`);
    assert.ok(given.length > 0, `seed ${seed}: nobody gave way`);
  }
});

test('a connection over which something passes gives way to nobody', () => {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1, links: { upBytesPerSecond: 10_000 } });
  const member = swarm.seed({}, { connectionsPerTorrentMax: 2 }, { trackers: [] });
  const takers = [0, 1].map(() => swarm.leecher({}, {}, { trackers: [], peers: [member.node.endpoint] }));
  swarm.world.runFor(60_000);
  for (let count = 0; count < 20; count++) addFake(swarm, {}, [member.node]);
  swarm.world.runFor(5000);
  assert.deepEqual(
    takers.map(({ torrent }) => torrent.swarm.size),
    [1, 1],
  );
});

test('a peer is known from whoever named it, and whoever came by itself from that', () => {
  const swarm = world();
  const member = swarm.leecher();
  const other = swarm.leecher({}, {}, { peers: [member.node.endpoint] });
  const mute = addFake(swarm, {}, [member.node]);
  swarm.world.runFor(2000);
  assert.deepEqual(other.torrent.peers()[0]?.sources, ['magnet', 'tracker']);
  const [incoming] = member.torrent.peers().filter(({ endpoint }) => endpoint.startsWith(`10.0.0.${mute.index + 1}:`));
  assert.deepEqual([incoming?.sources, incoming?.flags, incoming?.why], [['incoming'], 'I', 'wants-nothing']);
});
