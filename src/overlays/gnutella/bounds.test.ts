import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  LEAF_HEADERS,
  neighbour,
  neighboursOf,
  network,
  search,
  sharing,
  Talker,
  talker,
  ULTRAPEER_HEADERS,
} from '../../../test/gnutella/networks.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { Random } from '../../core/random.ts';
import { RawBytes } from '../../core/raw-bytes.ts';
import { zlibCompression } from '../../net/compression.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { file } from '../../../test/gnutella/networks.ts';
import { Allowance } from './allowance.ts';
import { browsePackets, hitPackets, packetSize } from './answers.ts';
import { byeCodec } from './bye.ts';
import { GuidRoutes } from './guid-routes.ts';
import { newGuid, readGuid } from './guid.ts';
import { HostCache } from './host-cache.ts';
import { Outbox } from './outbox.ts';
import { Packet, packetCodec, PacketType } from './packet.ts';
import { pongPacket } from './pings.ts';
import { pushCodec } from './push.ts';
import { queryCodec } from './query.ts';
import { type QueryHit, queryHitCodec } from './query-hit.ts';

function packet(type: number, hops = 0): Packet {
  return new Packet(readGuid(new Uint8Array(16), 0), type, 1, hops, new Uint8Array(0));
}

test('a full queue drops pings before pongs before queries before hits, what came furthest first, and never what keeps a connection', () => {
  const outbox = new Outbox(4);
  const kinds = [PacketType.bye, PacketType.hit, PacketType.ping, PacketType.query, PacketType.pong, PacketType.vendor];
  for (const type of kinds) assert.ok(outbox.push(packet(type)));
  assert.ok(outbox.push(packet(PacketType.hit, 3)));
  assert.ok(outbox.push(packet(PacketType.hit, 1)));
  const taken: string[] = [];
  for (let next = outbox.take(); next !== null; next = outbox.take()) taken.push(`${next.type} ${next.hops}`);
  assert.deepEqual(taken, [`${PacketType.bye} 0`, `${PacketType.vendor} 0`, `${PacketType.hit} 0`, `${PacketType.hit} 1`]);
  assert.equal(outbox.dropped, 4);
  for (let count = 0; count < 4; count++) outbox.push(packet(PacketType.bye));
  assert.ok(!outbox.push(packet(PacketType.bye)), 'nothing that may go: the connection has to');
});

test('so much at once, and so much a second', () => {
  const allowance = new Allowance(10, 5, 0);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => allowance.take(1, 0)),
    [true, true, true, true, true, false],
  );
  assert.deepEqual(
    [allowance.take(1, 100), allowance.take(1, 100), allowance.take(5, 1e6), allowance.take(1, 1e6)],
    [true, false, true, false],
  );
});

test('routes: what was put is found for ten minutes and up to the bound, and then forgotten, as an oracle says', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new Random(seed);
    const guids = Array.from({ length: 3_000 }, () => newGuid(random));
    const routes = new GuidRoutes(600_000, 1_000, random.u32(), 0);
    const known = new Map<number, number>();
    let now = 0;
    for (let step = 0; step < 5_000; step++) {
      const index = random.below(guids.length);
      const route = random.below(1_000);
      routes.put(guids[index] as (typeof guids)[number], route, 3, now);
      known.delete(index);
      known.set(index, route);
      now += random.below(100);
      assert.ok(routes.size <= 1_000);
      // Within half of the bound nothing is ever lost.
      const recent = [...known].slice(-400)[random.below(Math.min(400, known.size))] as [number, number];
      if (routes.size > 0) assert.equal(routes.find(guids[recent[0]] as (typeof guids)[number]), recent[1], `seed ${seed} step ${step}`);
    }
    assert.equal(routes.find(newGuid(random)), -1);
    routes.put(newGuid(random), 1, 1, now + 700_000);
    routes.put(newGuid(random), 1, 1, now + 1_500_000);
    assert.equal(routes.find(guids[0] as (typeof guids)[number]), -1);
    assert.equal(routes.size, 2);
  }
});

test('the host cache keeps so many, tells of nowhere, tries each again only after a while, and forgets who never answers', () => {
  const cache = new HostCache(50);
  const random = new Random(1);
  const at = (index: number): Uint8Array => Uint8Array.of(10, 0, index >> 8, index, 1, 1);
  for (const nowhere of [
    Uint8Array.of(0, 0, 0, 0, 1, 1),
    Uint8Array.of(10, 0, 0, 1, 0, 0),
    Uint8Array.of(224, 0, 0, 1, 1, 1),
    new Uint8Array(18),
  ])
    assert.ok(!cache.add(nowhere));
  for (let index = 0; index < 200; index++) cache.add(at(index));
  assert.ok(!cache.add(at(199)));
  assert.equal(cache.size, 50);
  const tried = new Set<string>();
  for (let next = cache.next(random, 1_000, 60_000, () => false); next !== null; next = cache.next(random, 1_000, 60_000, () => false))
    tried.add(next.join());
  assert.equal(tried.size, 50);
  assert.equal(
    cache.next(random, 50_000, 60_000, () => false),
    null,
  );
  assert.notEqual(
    cache.next(random, 70_000, 60_000, () => false),
    null,
  );
  assert.equal(
    cache.next(random, 1e6, 60_000, () => true),
    null,
  );
  for (let count = 0; count < 3; count++) cache.failed(at(199));
  assert.equal(cache.size, 49);
  cache.proven(at(198));
  assert.deepEqual(
    cache.next(random, 1e6, 60_000, () => false),
    at(198),
    'who has answered before goes first',
  );
});

test('a neighbour who floods costs his bytes: beyond his budget nothing is done for him, and in the end he is let go', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', messagesPerSecond: 10, messagesAtOnce: 100 });
  net.world.runFor(10);
  const [flood, other] = [neighbour(net, node, ULTRAPEER_HEADERS), neighbour(net, node, ULTRAPEER_HEADERS)];
  const payload = encodeToBytes(queryCodec, { flags: 0x8000, text: 'zebra', urns: [], extensions: [] });
  for (let count = 0; count < 1_000; count++) flood.protocol.tell(PacketType.query, 3, payload);
  net.world.runFor(1_000);
  assert.ok(other.protocol.of(PacketType.query).length <= 60, `${other.protocol.of(PacketType.query).length} passed on`);
  assert.equal(flood.protocol.closed, false);
  for (let count = 0; count < 6_000; count++) flood.protocol.tell(PacketType.query, 3, payload);
  net.world.runFor(1_000);
  assert.deepEqual([flood.protocol.closed, other.protocol.closed, flood.protocol.of(PacketType.bye).length], [true, false, 1]);
});

test('who takes what he has asked for slowly is sent what is worth most, and no memory grows', () => {
  const net = network({ windowBytes: 4_096 });
  const node = add(net, { mode: 'ultrapeer', queueBytesMax: 4_096, queuedPacketsMax: 32, messagesPerSecond: 1e5, messagesAtOnce: 1e5 });
  const slow = net.world.addNode((host) => new Talker(host), { downBytesPerSecond: 1_000 });
  net.world.runFor(10);
  slow.protocol.greet(node.endpoint, ULTRAPEER_HEADERS);
  net.world.runUntil(() => slow.protocol.heads.length > 0, 20_000);
  slow.protocol.confirm();
  net.world.runFor(5_000);
  const fast = neighbour(net, node, ULTRAPEER_HEADERS);
  for (let round = 0; round < 60; round++) {
    const payload = encodeToBytes(queryCodec, { flags: 0x8000, text: `a query of some length, number ${round}`, urns: [], extensions: [] });
    for (let count = 0; count < 20; count++) fast.protocol.tell(PacketType.query, 3, payload);
    net.world.runFor(100);
  }
  const [link] = neighboursOf(node);
  assert.ok((link?.dropped ?? 0) > 500, `${link?.dropped} dropped`);
  assert.equal(slow.protocol.closed, false);
});

test('bytes that are no messages, in a stream or a zlib stream, end that connection alone', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', compression: zlibCompression, leavesMustInflate: false });
  net.world.runFor(10);
  const good = neighbour(net, node, LEAF_HEADERS);
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const { protocol } = talker(net);
    const deflates = random.chance(0.5);
    protocol.greet(node.endpoint, LEAF_HEADERS);
    net.world.runFor(200);
    protocol.confirm(deflates ? { 'Content-Encoding': 'deflate' } : {});
    const bytes = random.fill(new Uint8Array(1 + random.below(3_000)));
    protocol.raw(new RawBytes(deflates && random.chance(0.5) ? zlibCompression.deflate(bytes) : bytes));
    net.world.runFor(200);
    protocol.end();
    net.world.runFor(200);
  }
  assert.deepEqual([good.protocol.closed, neighboursOf(node).length], [false, 1]);
});

test('messages that mean nothing are counted, and a hundred of them end the connection', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer' });
  net.world.runFor(10);
  const bad = neighbour(net, node, ULTRAPEER_HEADERS);
  const random = new Random(3);
  const types = [PacketType.query, PacketType.hit, PacketType.push, PacketType.pong, PacketType.vendor, PacketType.horizon, 0x55];
  for (let count = 0; count < 100; count++) bad.protocol.tell(types[count % types.length] as number, 3, Uint8Array.of(random.below(256)));
  net.world.runFor(500);
  assert.equal(bad.protocol.closed, false);
  for (let count = 0; count < 5; count++) bad.protocol.tell(0x55, 3, new Uint8Array(1));
  net.world.runFor(500);
  const [bye] = bad.protocol.of(PacketType.bye);
  assert.equal(byeCodec.decode(bye?.payload as Uint8Array, 0, bye?.payload.length as number).code, 402);
  assert.ok(bad.protocol.closed);
});

test('hostile hits: names are words to show, hosts are somewhere, sizes are numbers', () => {
  const net = network();
  const node = add(net, { mode: 'leaf' });
  net.world.runFor(10);
  const above = neighbour(net, node, ULTRAPEER_HEADERS);
  const found = search(node, 'zebra');
  net.world.runFor(500);
  const [query] = above.protocol.of(PacketType.query);
  const hit: QueryHit = {
    endpoint: Uint8Array.of(0, 0, 0, 0, 0, 0),
    speed: 1,
    results: ['..\\..\\zebra\u001b[2J.mp3', '/etc/zebra', 'zebra\u202egpj.exe'].map((name, index) => ({
      index,
      bytes: 5,
      name,
      urns: ['urn:sha1:nonsense', 'urn:x'],
      extensions: [],
    })),
    descriptor: null,
    servent: newGuid(new Random(1)),
  };
  const payload = encodeToBytes(queryHitCodec, hit);
  above.protocol.say(new Packet((query as Packet).guid, PacketType.hit, 5, 0, payload));
  above.protocol.say(new Packet((query as Packet).guid, PacketType.hit, 5, 0, payload));
  net.world.runFor(500);
  assert.deepEqual(
    found.hits.map(({ name }) => name),
    ['zebra\ufffd[2J.mp3', 'zebra', 'zebra\ufffdgpj.exe'],
  );
  assert.deepEqual(
    found.hits.map(({ holder }) => holder.endpoint),
    [null, null, null],
  );
  assert.ok(found.hits.every(({ hashes }) => hashes.sha1 === null));
});

test('browse host: all that is shared, as hits, page by page', () => {
  const net = network();
  const files = new ListedFiles(Array.from({ length: 250 }, (_, index) => file(index + 1, `zebra ${index}.mp3`)));
  const node = add(net, { mode: 'leaf', files });
  const names: string[] = [];
  let after: number | null = 0;
  for (let page = 0; after !== null && page < 10; page++) {
    const { packets, next } = browsePackets(files, node.protocol.answerer(), newGuid(new Random(1)), after, 100);
    for (const packet of packets) {
      assert.equal(packetSize(packet), encodeToBytes(packetCodec, packet).length);
      names.push(...queryHitCodec.decode(packet.payload, 0, packet.payload.length).results.map(({ name }) => name));
    }
    after = next;
  }
  assert.equal(new Set(names).size, 250);
});

test('a file of more than 4 GiB, and one with a name of any length, is told of as it is', () => {
  const net = network();
  const node = add(net, { mode: 'leaf', files: sharing() });
  const files = [file(1, 'zebra.iso', { bytes: 6_000_000_000 }), file(2, `${'z'.repeat(255)}`)];
  const holder = add(net, { mode: 'ultrapeer', files: new ListedFiles(files) });
  net.world.runFor(10);
  node.protocol.connect(holder.endpoint);
  net.world.runFor(1_000);
  const found = search(node, 'zebra');
  net.world.runFor(1_000);
  assert.equal(found.hits[0]?.bytes, 6_000_000_000);
  assert.equal(hitPackets(newGuid(new Random(1)), 1, files, 10, node.protocol.answerer()).length, 1);
});

test('who opens many streams and says nothing keeps neither others nor us from making connections', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', handshakeMs: 1e6 });
  const other = add(net, { mode: 'ultrapeer' });
  const mute = talker(net);
  for (let count = 0; count < 400; count++) {
    if (count % 2 === 0) mute.protocol.dial(node.endpoint, new Uint8Array(1));
    else mute.protocol.greet(node.endpoint, LEAF_HEADERS);
  }
  net.world.runFor(2_000);
  node.protocol.addHosts([other.endpoint]);
  neighbour(net, node, LEAF_HEADERS);
  net.world.runFor(3_000);
  assert.deepEqual(
    neighboursOf(node)
      .map(({ kind }) => kind)
      .sort(),
    ['leaf', 'ultrapeer'],
  );
});

test('nobody fills our memory of hosts: of what he tells, as much is believed as a ping can bring', () => {
  const net = network();
  const node = add(net, { mode: 'leaf' });
  net.world.runFor(10);
  const liar = neighbour(net, node, ULTRAPEER_HEADERS);
  for (let index = 0; index < 500; index++) {
    const pong = { endpoint: Uint8Array.of(10, 7, index >> 8, index, 1, 1), files: 0, kibibytes: 0, extensions: [] };
    liar.protocol.say(pongPacket(newGuid(net.random), 1, 0, pong));
  }
  net.world.runFor(2_000);
  assert.ok(node.protocol.hosts.size <= 17, `${node.protocol.hosts.size} hosts`);
});

test('from the internet a push aims nobody at what is in his own network', () => {
  const pushed: string[] = [];
  const net = network({ publicAddresses: true });
  const node = add(net, { mode: 'ultrapeer', hooks: { onPush: (requester) => void pushed.push(requester.join('.')), needHosts() {} } });
  net.world.runFor(10);
  const asker = neighbour(net, node, ULTRAPEER_HEADERS);
  for (const endpoint of [Uint8Array.of(192, 168, 0, 1, 0, 80), Uint8Array.of(127, 0, 0, 1, 0, 80), asker.endpoint])
    asker.protocol.tell(PacketType.push, 3, encodeToBytes(pushCodec, { servent: node.protocol.guid, index: 1, endpoint }));
  net.world.runFor(500);
  assert.deepEqual(pushed, [asker.endpoint.join('.')]);
});
