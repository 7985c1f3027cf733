/** Limits and filters that change while torrents run: who is parted from, who is let in, what is dialled from then on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointIp } from '../../src/core/endpoint.ts';
import { type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { IpFilter, IpFilterParser } from '../../src/transfer/bittorrent/index.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const SLOW = { upBytesPerSecond: 100_000, downBytesPerSecond: 100_000 };

function crowd(count: number, seed = 1): { swarm: SwarmWorld; members: Member[] } {
  const swarm = new SwarmWorld(torrentOf(128, 65_536), { seed });
  const members = [swarm.seed(SLOW), ...Array.from({ length: count }, () => swarm.leecher(SLOW))];
  swarm.world.runFor(10_000);
  return { swarm, members };
}

function filterOf(members: readonly Member[]): IpFilter {
  const parser = new IpFilterParser();
  for (const { node } of members) parser.push(`${endpointIp(node.host.self.stream)}\n`);
  return parser.finish().filter;
}

function meets(member: Member, other: Member): boolean {
  const ip = endpointIp(other.node.host.self.stream);
  return [...member.torrent.connections].some(({ endpoint }) => endpointIp(endpoint) === ip);
}

test('a lower limit on the connections of a torrent holds at once, a higher one is used', () => {
  const { swarm, members } = crowd(12);
  const one = members[1] as Member;
  assert.ok(one.torrent.swarm.size >= 10, `${one.torrent.swarm.size}`);
  one.torrent.swarm.setConnectionsMax(4);
  assert.equal(one.torrent.swarm.size, 4);
  assert.ok(one.watch.partings.some((parting) => /fewer connections are allowed/.test(parting)));
  swarm.world.runFor(30_000);
  assert.ok(one.torrent.swarm.size <= 4, `${one.torrent.swarm.size}`);
  one.torrent.swarm.setConnectionsMax(0);
  swarm.world.runFor(60_000);
  assert.ok(one.torrent.swarm.size >= 8, `${one.torrent.swarm.size}`);
});

test('the connections over which something passes are kept', () => {
  const { members } = crowd(12, 2);
  const one = members[1] as Member;
  const now = one.torrent.now();
  const rates = [...one.torrent.connections].map((connection) => connection.down.rate(now) + connection.up.rate(now)).sort((a, b) => b - a);
  one.torrent.swarm.setConnectionsMax(3);
  const kept = [...one.torrent.connections].map((connection) => connection.down.rate(now) + connection.up.rate(now)).sort((a, b) => b - a);
  assert.deepEqual(kept, rates.slice(0, 3));
});

test('lower limits on all connections hold at once, over all torrents', () => {
  const { swarm, members } = crowd(12, 3);
  const one = members[1] as Member;
  one.node.protocol.setConnectionLimits(5, 50);
  assert.ok(one.node.protocol.connectionCount <= 5, `${one.node.protocol.connectionCount}`);
  swarm.world.runFor(30_000);
  assert.ok(one.node.protocol.connectionCount <= 5);
  one.node.protocol.setConnectionLimits(200, 3);
  assert.ok(one.torrent.swarm.size <= 3);
  one.node.protocol.setConnectionLimits(200, 50);
  assert.ok(swarm.finish(600_000), 'the swarm did not finish');
  checkNothingLeft(swarm);
});

test('who is blocked is parted from at once with the reason, and neither dialled nor let in from then on', () => {
  const { swarm, members } = crowd(6, 4);
  const [, one, ...others] = members as [Member, Member, ...Member[]];
  const blocked = others.slice(0, 3);
  assert.ok(blocked.every((other) => meets(one, other)));
  one.node.protocol.setIpFilter(filterOf(blocked));
  assert.ok(!blocked.some((other) => meets(one, other)));
  assert.equal(one.watch.partings.filter((parting) => parting === 'local: blocked by the IP filter').length, 3);
  const dialled = swarm.world.runUntil(() => blocked.some((other) => meets(one, other)), 60_000);
  assert.ok(!dialled, 'a blocked peer was met again');
  assert.ok(one.node.protocol.blockedCount > 0, 'nobody came');
  assert.ok(swarm.finish(600_000));
});

test('a filter that is taken away lets everybody in again', () => {
  const { swarm, members } = crowd(4, 5);
  const [seed, one] = members as [Member, Member];
  one.node.protocol.setIpFilter(filterOf(members));
  swarm.world.runFor(5_000);
  assert.equal(one.torrent.swarm.size, 0);
  one.node.protocol.setIpFilter(IpFilter.none);
  assert.ok(swarm.finish(600_000));
  assert.ok(seed.torrent.isComplete);
});
