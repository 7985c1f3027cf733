import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  LEAF_HEADERS,
  live,
  type Network,
  neighbour,
  neighboursOf,
  network,
  type ServentNode,
  search,
  sharing,
  type Talker,
  ULTRAPEER_HEADERS,
} from '../../../test/gnutella/networks.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { Random } from '../../core/random.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { byeCodec } from './bye.ts';
import { hostsWithin } from './dynamic-query.ts';
import { hitPackets } from './answers.ts';
import { file } from '../../../test/gnutella/networks.ts';
import { hexOfGuid, newGuid } from './guid.ts';
import { Packet, PacketType } from './packet.ts';
import { pushCodec } from './push.ts';
import { queryCodec } from './query.ts';
import { RouteTable } from './route-table.ts';
import { tableMessageCodec } from './route-table-message.ts';
import { queryHash } from '../../wire/query-routing-hash.ts';
import { tableMessages } from './table-patch.ts';
import {
  encodedVendor,
  grantedProxy,
  MESSAGES_SUPPORTED,
  u16Data,
  VendorKind,
  vendorCodec,
  type VendorMessage,
  vendorKindOf,
  vendorMessage,
} from './vendor-message.ts';

function query(text: string, flags = 0x8000): Uint8Array {
  return encodeToBytes(queryCodec, { flags, text, urns: [], extensions: [] });
}

function ultrapeer(net: Network, options: Parameters<typeof add>[1] = {}): ServentNode {
  const node = add(net, { mode: 'ultrapeer', ...options });
  net.world.runFor(100);
  return node;
}

/** Tells what a neighbour shares, as its route table. */
function tellTable({ protocol }: SimNode<Talker>, words: readonly string[]): void {
  const table = RouteTable.ofHashes(12, words.map(queryHash));
  for (const message of tableMessages(null, table, null))
    protocol.tell(PacketType.routeTable, 1, encodeToBytes(tableMessageCodec, message));
}

function vendorOf(packets: readonly Packet[], kind: string): VendorMessage[] {
  return packets.map(({ payload }) => vendorCodec.decode(payload, 0, payload.length)).filter((message) => vendorKindOf(message) === kind);
}

test('QRP: a query reaches a leaf whose table has all its words, whatever its ttl, and no other; before the table everything', () => {
  const net = network();
  const node = ultrapeer(net);
  const [zebras, lions, silent, other] = [LEAF_HEADERS, LEAF_HEADERS, LEAF_HEADERS, ULTRAPEER_HEADERS].map((headers) =>
    neighbour(net, node, headers),
  ) as [SimNode<Talker>, SimNode<Talker>, SimNode<Talker>, SimNode<Talker>];
  tellTable(zebras, ['zebra', 'blue']);
  tellTable(lions, ['lion', 'blue']);
  net.world.runFor(500);
  other.protocol.tell(PacketType.query, 1, query('blue zebra'));
  net.world.runFor(500);
  assert.deepEqual(
    [zebras, lions, silent].map(({ protocol }) => protocol.of(PacketType.query).length),
    [1, 0, 1],
  );
  assert.deepEqual(
    zebras.protocol.of(PacketType.query).map(({ ttl, hops }) => [ttl, hops]),
    [[1, 1]],
  );
});

test('QRP between ultrapeers: on the last hop a query goes only where the table has it, further out to all', () => {
  const net = network();
  const node = ultrapeer(net);
  const [asker, knowing, ignorant] = [0, 1, 2].map(() => neighbour(net, node, ULTRAPEER_HEADERS)) as [
    SimNode<Talker>,
    SimNode<Talker>,
    SimNode<Talker>,
  ];
  tellTable(knowing, ['zebra']);
  tellTable(ignorant, ['lion']);
  net.world.runFor(500);
  for (const ttl of [2, 3]) {
    asker.protocol.tell(PacketType.query, ttl, query('zebra'));
    net.world.runFor(500);
  }
  assert.deepEqual(
    [knowing, ignorant].map(({ protocol }) => protocol.of(PacketType.query).map(({ ttl }) => ttl)),
    [[1, 2], [2]],
  );
});

test("an ultrapeer's table has what its leaves have, and changes with them", () => {
  const net = network();
  const node = ultrapeer(net, { tableMs: 2_000, files: sharing('own song.mp3') });
  const other = ultrapeer(net, { tableMs: 2_000 });
  other.protocol.connect(node.endpoint);
  const leaf = add(net, { mode: 'leaf', files: sharing('zebra crossing.mp3') }, [node.endpoint]);
  net.world.runFor(8_000);
  const table = (): RouteTable | null => neighboursOf(other, 'ultrapeer')[0]?.table ?? null;
  assert.ok(table()?.mayAnswer([queryHash('zebra')]) && table()?.mayAnswer([queryHash('own')]));
  net.world.leave(leaf);
  net.world.runFor(5_000);
  assert.deepEqual([table()?.mayAnswer([queryHash('zebra')]), table()?.mayAnswer([queryHash('own')])], [false, true]);
});

test('QRP: a gap in the patches ends the connection, with a reason, and that one alone', () => {
  const net = network();
  const node = ultrapeer(net);
  const [bad, good] = [neighbour(net, node, LEAF_HEADERS), neighbour(net, node, LEAF_HEADERS)];
  const [reset, patch] = tableMessages(null, RouteTable.ofHashes(12, [1]), null) as [
    ReturnType<typeof tableMessages>[0],
    ReturnType<typeof tableMessages>[0],
  ];
  bad.protocol.tell(PacketType.routeTable, 1, encodeToBytes(tableMessageCodec, reset));
  bad.protocol.tell(PacketType.routeTable, 1, encodeToBytes(tableMessageCodec, { ...patch, sequence: 2 } as typeof patch));
  net.world.runFor(500);
  const [bye] = bad.protocol.of(PacketType.bye);
  assert.match(byeCodec.decode(bye?.payload as Uint8Array, 0, bye?.payload.length as number).text, /patch 1 expected, got 2/);
  assert.deepEqual([bad.protocol.closed, good.protocol.closed], [true, false]);
});

test('dynamic querying 0.1: hosts(degree, ttl) is the sum of (degree - 1)^i', () => {
  assert.deepEqual([hostsWithin(6, 7), hostsWithin(32, 3), hostsWithin(32, 1), hostsWithin(0, 3)], [19_531, 993, 1, 3]);
});

function fan(
  count: number,
  options: Parameters<typeof add>[1] = {},
): { net: Network; node: ServentNode; leaf: SimNode<Talker>; others: SimNode<Talker>[] } {
  const net = network();
  const node = ultrapeer(net, { aliveMs: 1e7, aliveLeafMs: 1e7, linksMax: 60, ...options });
  const others = Array.from({ length: count }, () => neighbour(net, node, ULTRAPEER_HEADERS));
  return { net, node, leaf: neighbour(net, node, LEAF_HEADERS), others };
}

function askedOf(others: readonly SimNode<Talker>[]): number[] {
  return others.flatMap(({ protocol }) => protocol.of(PacketType.query).map(({ ttl }) => ttl)).sort((a, b) => a - b);
}

test('dynamic querying: three neighbours are probed with ttl 2, then one at a time is asked, as far as it may go when nothing comes', () => {
  const { net, leaf, others } = fan(8);
  leaf.protocol.tell(PacketType.query, 4, query('zebra'));
  net.world.runFor(2_000);
  assert.deepEqual(askedOf(others), [2, 2, 2]);
  net.world.runFor(2 * 2_400);
  assert.deepEqual(askedOf(others), [2, 2, 2, 4]);
  net.world.runFor(4 * 2_400);
  assert.deepEqual(askedOf(others), [2, 2, 2, 4, 4]);
});

test('dynamic querying: neighbours whose tables have it are asked at the door first, and again to pass it on (X-Ext-Probes)', () => {
  const { net, leaf, others } = fan(6);
  for (const other of others) tellTable(other, ['zebra']);
  net.world.runFor(500);
  leaf.protocol.tell(PacketType.query, 4, query('zebra'));
  net.world.runFor(2_000);
  assert.deepEqual(askedOf(others), [1, 1, 1, 1, 1]);
  net.world.runFor(100_000);
  const ttls = others.map(({ protocol }) =>
    protocol
      .of(PacketType.query)
      .map(({ ttl }) => ttl)
      .join(),
  );
  assert.deepEqual(ttls.sort(), ['1,4', '1,4', '1,4', '1,4', '1,4', '4']);
});

test('dynamic querying ends when there is enough, and asks less far when much comes', () => {
  const { net, node, leaf, others } = fan(20, { leafResultsWanted: 50 });
  leaf.protocol.tell(PacketType.query, 4, query('zebra'));
  net.world.runFor(1_000);
  const asked = others.filter(({ protocol }) => protocol.of(PacketType.query).length > 0);
  const answer = (from: SimNode<Talker>, count: number): void => {
    const [packet] = from.protocol.of(PacketType.query);
    const files = Array.from({ length: count }, (_, index) => file(index + 1, `zebra ${index}.mp3`));
    for (const hit of hitPackets((packet as Packet).guid, 7, files, 20, node.protocol.answerer())) from.protocol.say(hit);
  };
  answer(asked[0] as SimNode<Talker>, 30);
  net.world.runFor(5_000);
  const next = others.find((other) => !asked.includes(other) && other.protocol.of(PacketType.query).length > 0) as SimNode<Talker>;
  assert.equal(
    next.protocol.of(PacketType.query)[0]?.ttl,
    2,
    'thirty came from 96 hosts: the twenty that are missing, from 17 neighbours, take a few each',
  );
  answer(next, 25);
  net.world.runFor(60_000);
  assert.equal(askedOf(others).length, 4);
  assert.equal(
    leaf.protocol.of(PacketType.hit).reduce((sum, { payload }) => sum + (payload[0] as number), 0),
    55,
  );
  assert.equal(node.protocol.dynamicQueries.size, 0);
});

test('leaf guidance: the leaf is asked what it has (BEAR/11), what it says counts, and 0xFFFF stops the query (BEAR/12)', () => {
  const { net, node, leaf, others } = fan(12);
  leaf.protocol.tell(PacketType.vendor, 1, encodedVendor(MESSAGES_SUPPORTED));
  const { guid } = leaf.protocol.tell(PacketType.query, 4, query('zebra', 0x8000 | 0x1000));
  net.world.runFor(10_000);
  const questions = leaf.protocol.of(PacketType.vendor).filter((packet) => vendorOf([packet], VendorKind.hitsQuestion).length > 0);
  assert.deepEqual(
    questions.map((packet) => hexOfGuid(packet.guid)),
    [hexOfGuid(guid)],
  );
  assert.equal(askedOf(others).length, 3, 'it waits for the answer');
  const say = (hits: number): void =>
    leaf.protocol.say(new Packet(guid, PacketType.vendor, 1, 0, encodedVendor(vendorMessage(VendorKind.hitsSoFar, 1, u16Data(hits)))));
  say(10);
  net.world.runFor(1_000);
  assert.equal(askedOf(others).length, 4);
  say(0xffff);
  net.world.runFor(30_000);
  assert.deepEqual([askedOf(others).length, node.protocol.dynamicQueries.size], [4, 0]);
});

test('a leaf that does not answer holds its query up for forty seconds, and then no more', () => {
  const { net, leaf, others } = fan(12);
  leaf.protocol.tell(PacketType.vendor, 1, encodedVendor(MESSAGES_SUPPORTED));
  leaf.protocol.tell(PacketType.query, 4, query('zebra', 0x8000 | 0x1000));
  net.world.runFor(40_000);
  assert.equal(askedOf(others).length, 3);
  net.world.runFor(60_000);
  assert.ok(askedOf(others).length >= 8);
});

test('a search of a leaf tells its ultrapeers when it is over (BEAR/12)', () => {
  const net = network();
  const leaf = add(net, { mode: 'leaf' });
  net.world.runFor(10);
  const above = neighbour(net, leaf, ULTRAPEER_HEADERS);
  above.protocol.tell(PacketType.vendor, 1, encodedVendor(MESSAGES_SUPPORTED));
  net.world.runFor(500);
  const found = search(leaf, 'zebra');
  net.world.runFor(500);
  const [packet] = above.protocol.of(PacketType.query);
  const { flags } = queryCodec.decode(packet?.payload as Uint8Array, 0, packet?.payload.length as number);
  assert.equal(flags & 0x9000, 0x9000, 'marked, or gtk-gnutella drops it; and guided by us');
  found.search?.stop();
  net.world.runFor(500);
  const [status] = vendorOf(above.protocol.of(PacketType.vendor), VendorKind.hitsSoFar);
  assert.deepEqual([...(status?.data ?? [])], [255, 255]);
});

test('hops flow (BEAR/4): what has come too far is not for who says so', () => {
  const net = network();
  const node = ultrapeer(net);
  const [asker, slow] = [neighbour(net, node, ULTRAPEER_HEADERS), neighbour(net, node, ULTRAPEER_HEADERS)];
  slow.protocol.tell(PacketType.vendor, 1, encodedVendor(vendorMessage(VendorKind.hopsFlow, 1, Uint8Array.of(2))));
  net.world.runFor(500);
  asker.protocol.tell(PacketType.query, 4, query('near'), 0);
  asker.protocol.tell(PacketType.query, 4, query('far'), 1);
  net.world.runFor(500);
  assert.equal(slow.protocol.of(PacketType.query).length, 1);
});

test('push proxies (LIME/21, 22): a leaf that nobody can dial is reached through its ultrapeer, and says so in its hits', () => {
  const pushed: number[] = [];
  const net = network();
  const node = ultrapeer(net);
  const hooks = { onPush: (_requester: Uint8Array, index: number) => void pushed.push(index), needHosts() {} };
  const leaf = add(net, { mode: 'leaf', isReachable: false, files: sharing('zebra.mp3'), hooks }, [node.endpoint]);
  const asker = add(net, { mode: 'leaf' }, [node.endpoint]);
  net.world.runFor(5_000);
  const found = search(asker, 'zebra');
  net.world.runFor(10_000);
  const holder = found.hits[0]?.holder as NonNullable<(typeof found.hits)[0]>['holder'];
  assert.deepEqual(
    [holder.firewalled, holder.endpoint, holder.proxies, holder.id],
    [true, null, [node.endpoint], hexOfGuid(leaf.protocol.guid)],
  );
  assert.ok(node.protocol.pushes.proxy(leaf.protocol.guid, asker.endpoint, 1), 'as by HTTP');
  net.world.runFor(500);
  assert.ok(asker.protocol.push({ ...holder, proxies: [] }, 2), 'the way that the hit came');
  net.world.runFor(500);
  const push = encodeToBytes(pushCodec, { servent: leaf.protocol.guid, index: 3, endpoint: asker.endpoint });
  const sender = neighbour(net, node, ULTRAPEER_HEADERS).protocol;
  sender.datagram(node.endpoint, new Packet(newGuid(net.random), PacketType.push, 1, 0, push));
  net.world.runFor(500);
  assert.deepEqual(pushed, [1, 2, 3]);
  assert.ok(!node.protocol.pushes.proxy(newGuid(new Random(3)), asker.endpoint, 1));
});

test('LIME/21: the ultrapeer answers with its own address', () => {
  const net = network();
  const node = ultrapeer(net);
  const leaf = neighbour(net, node, LEAF_HEADERS);
  leaf.protocol.tell(PacketType.vendor, 1, encodedVendor(vendorMessage(VendorKind.pushProxyWanted, 1, new Uint8Array(0))));
  net.world.runFor(500);
  const [granted] = vendorOf(leaf.protocol.of(PacketType.vendor), VendorKind.pushProxyGranted);
  assert.deepEqual(grantedProxy(granted as VendorMessage), node.endpoint);
});

test('whoever asks to be dialled is (BEAR/7), at his own address, and seldom', () => {
  const net = network();
  const node = ultrapeer(net);
  const unsure = add(net, { mode: 'leaf', isReachable: null }, [node.endpoint]);
  net.world.runFor(5_000);
  assert.equal(unsure.protocol.isFirewalled, false, 'it asked whether it can be dialled, and was');
  const greedy = neighbour(net, node, LEAF_HEADERS);
  for (let count = 0; count < 50; count++)
    greedy.protocol.tell(PacketType.vendor, 1, encodedVendor(vendorMessage(VendorKind.datagramBack, 1, u16Data(6881))));
  net.world.runFor(1_000);
  assert.ok(
    greedy.protocol.datagrams.length >= 1 && greedy.protocol.datagrams.length <= 6,
    `${greedy.protocol.datagrams.length} datagrams`,
  );
});

test('a lonely servent that can be dialled becomes an ultrapeer; one that cannot stays a leaf', () => {
  const net = network();
  const open = add(net, { mode: 'auto' });
  const closed = add(net, { mode: 'auto', isReachable: false }, [open.endpoint]);
  net.world.runFor(60_000);
  assert.deepEqual([open.protocol.role, closed.protocol.role], ['ultrapeer', 'leaf']);
  assert.equal(neighboursOf(closed, 'ultrapeer').length, 1);
});

test('an ultrapeer whose leaves are gone becomes a leaf of another, and its neighbours are told', () => {
  const net = network();
  const busy = ultrapeer(net);
  const idle = add(net, { mode: 'auto', lonelyMs: 10, idleUltrapeerMs: 20_000, leavesMin: 1 });
  net.world.runFor(2_000);
  assert.equal(idle.protocol.role, 'ultrapeer');
  const watcher = neighbour(net, idle, ULTRAPEER_HEADERS);
  idle.protocol.addHosts([busy.endpoint]);
  net.world.runFor(60_000);
  assert.equal(idle.protocol.role, 'leaf');
  assert.equal(watcher.protocol.of(PacketType.bye).length, 1);
  assert.deepEqual(
    neighboursOf(idle, 'ultrapeer').map(({ listening }) => listening),
    [busy.endpoint],
  );
  assert.equal(live(net).length, 2);
});

test('where every ultrapeer has all the links it takes, a newcomer still gets in: somebody makes room', () => {
  const net = network();
  const full = { linksWanted: 3, linksMax: 4, degreeMin: 0 };
  for (let count = 0; count < 30; count++) {
    const there = net.nodes.slice(-6).map(({ endpoint }) => endpoint);
    add(net, { mode: 'ultrapeer', ...full }, there);
    net.world.runFor(3_000);
  }
  net.world.runFor(60_000);
  const before = net.nodes.reduce((sum, node) => sum + neighboursOf(node).length, 0);
  const [newcomer] = [
    add(
      net,
      { mode: 'ultrapeer', ...full },
      net.nodes.slice(0, 6).map(({ endpoint }) => endpoint),
    ),
  ];
  net.world.runFor(30_000);
  assert.ok(before >= 3 * 30, `${before} ends of links among thirty`);
  assert.ok(neighboursOf(newcomer).length >= 2);
  assert.ok(net.nodes.every((node) => neighboursOf(node).length > 0 && neighboursOf(node).length <= 4));
});
