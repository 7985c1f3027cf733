import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, file, line, neighboursOf, network, neighbour, search, sharing, wired } from '../../../test/gnutella/networks.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { Random } from '../../core/random.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { hexOfGuid, newGuid } from './guid.ts';
import { hitPackets } from './answers.ts';
import { type Packet, PacketType } from './packet.ts';
import { pongCodec } from './ping-pong.ts';
import { pushCodec } from './push.ts';
import { queryCodec } from './query.ts';
import { encodeToBytes } from '../../core/codec.ts';

const FLAT_HEADERS = { 'User-Agent': 'Raw/0.1', 'Bye-Packet': '0.1', 'Vendor-Message': '0.1' };

function query(text: string, flags = 0x8000): Uint8Array {
  return encodeToBytes(queryCodec, { flags, text, urns: [], extensions: [] });
}

test('0.4: a query is forwarded once to each neighbour, and not back to where it came from', () => {
  const net = wired(4, [
    [0, 1],
    [0, 2],
    [0, 3],
  ]);
  const asker = neighbour(net, net.nodes[0] as never, FLAT_HEADERS);
  const others = [1, 2, 3].map((index) => net.nodes[index] as (typeof net.nodes)[number]);
  asker.protocol.tell(PacketType.query, 3, query('zebra'));
  net.world.runFor(1_000);
  assert.deepEqual(
    others.map((node) => node.protocol.router.queriesSeen),
    [1, 1, 1],
  );
  assert.equal(asker.protocol.of(PacketType.query).length, 0);
});

test('0.4: a query that comes a second time, by another way, is dropped', () => {
  const net = wired(
    4,
    [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3],
    ],
    () => ({ files: sharing('zebra.mp3') }),
  );
  const end = neighbour(net, net.nodes[3] as never, FLAT_HEADERS);
  const found = search(net.nodes[0] as never, 'zebra');
  net.world.runFor(2_000);
  assert.equal(end.protocol.of(PacketType.query).length, 1);
  assert.equal(net.nodes[3]?.protocol.router.duplicates, 1);
  assert.equal(found.hits.length, 3, 'each of the others has answered once');
});

test('0.4: ttl counts down and hops count up, and a query goes no further than its ttl', () => {
  const net = wired(6, line(6), () => ({ files: sharing('zebra.mp3'), ttl: 3 }));
  const found = search(net.nodes[0] as never, 'zebra');
  net.world.runFor(2_000);
  assert.deepEqual(
    net.nodes.map((node) => node.protocol.router.queriesSeen),
    [0, 1, 1, 1, 0, 0],
  );
  assert.equal(found.hits.length, 3);
});

test('0.4: hops and ttl together stay below seven, whatever somebody asks for', () => {
  const net = wired(12, line(12));
  const asker = neighbour(net, net.nodes[0] as never, FLAT_HEADERS);
  const end = neighbour(net, net.nodes[2] as never, FLAT_HEADERS);
  asker.protocol.tell(PacketType.query, 255, query('zebra'));
  net.world.runFor(2_000);
  assert.equal(net.nodes.filter((node) => node.protocol.router.queriesSeen > 0).length, 7);
  const [last] = end.protocol.of(PacketType.query);
  assert.deepEqual([last?.ttl, last?.hops], [4, 3]);
});

test('0.4: a query that arrives with no ttl left is dropped', () => {
  const net = wired(2, line(2));
  const asker = neighbour(net, net.nodes[0] as never, FLAT_HEADERS);
  asker.protocol.tell(PacketType.query, 0, query('zebra'));
  net.world.runFor(500);
  assert.deepEqual(
    net.nodes.map((node) => node.protocol.router.queriesSeen),
    [0, 0],
  );
});

test('0.4: a hit goes back the way the query came, and nowhere else', () => {
  const net = wired(
    5,
    [
      [0, 1],
      [1, 2],
      [1, 3],
      [2, 4],
    ],
    (index) => ({ files: index === 4 ? sharing('zebra.mp3') : sharing() }),
  );
  const listener = neighbour(net, net.nodes[1] as never, FLAT_HEADERS);
  const found = search(net.nodes[0] as never, 'zebra');
  net.world.runFor(2_000);
  assert.deepEqual(found.names, ['zebra.mp3']);
  assert.deepEqual(
    net.nodes.map((node) => node.protocol.router.hitsPassed),
    [0, 1, 1, 0, 0],
  );
  assert.equal(listener.protocol.of(PacketType.hit).length, 0);
  assert.equal(listener.protocol.of(PacketType.query).length, 1);
});

test('0.4: a hit for a query that nobody has asked is dropped', () => {
  const net = wired(2, line(2));
  const liar = neighbour(net, net.nodes[0] as never, FLAT_HEADERS);
  const us = (net.nodes[1] as (typeof net.nodes)[number]).protocol.answerer();
  const [hit] = hitPackets(newGuid(new Random(5)), 7, [file(1, 'zebra.mp3')], 10, us);
  liar.protocol.say(hit as Packet);
  net.world.runFor(500);
  assert.deepEqual(
    net.nodes.map((node) => node.protocol.router.hitsPassed),
    [0, 0],
  );
  assert.equal(net.nodes[0]?.protocol.router.hitsUnknown, 1);
});

test('a hit for a query whose asker has gone is dropped', () => {
  const net = wired(3, line(3), (index) => ({ files: index === 2 ? sharing('zebra.mp3') : sharing() }), {
    latency: { kind: 'constant', ms: 500 },
  });
  const asker = neighbour(net, net.nodes[0] as never, FLAT_HEADERS).protocol;
  net.world.runFor(3_000);
  asker.tell(PacketType.query, 4, query('zebra'));
  net.world.runFor(1_000);
  asker.end();
  net.world.runFor(5_000);
  assert.equal(asker.of(PacketType.hit).length, 0);
  assert.equal(net.nodes[0]?.protocol.router.hitsPassed, 0);
});

test('0.4: pings are passed on, and each pong comes back the way of its ping', () => {
  const net = wired(4, line(4));
  const asker = neighbour(net, net.nodes[0] as never, FLAT_HEADERS);
  asker.protocol.heard.length = 0;
  const ping = asker.protocol.tell(PacketType.ping, 7, new Uint8Array(0));
  net.world.runFor(1_000);
  const pongs = asker.protocol.of(PacketType.pong).filter(({ guid }) => hexOfGuid(guid) === hexOfGuid(ping.guid));
  const told = pongs.map(({ payload }) => pongCodec.decode(payload, 0, payload.length).endpoint.join('.'));
  assert.deepEqual(told.sort(), net.nodes.map(({ endpoint }) => endpoint.join('.')).sort());
  assert.deepEqual(
    pongs.map(({ hops }) => hops),
    [0, 1, 2, 3],
  );
});

test('a push travels the way that the hit came, to the servent that it names', () => {
  const pushed: string[] = [];
  const net = wired(4, line(4), (index) => ({
    files: index === 3 ? sharing('zebra.mp3') : sharing(),
    isReachable: index !== 3,
    hooks: { onPush: (requester, file) => void pushed.push(`${index}: ${requester.join('.')} ${file}`), needHosts() {} },
  }));
  const [first] = net.nodes as [(typeof net.nodes)[number]];
  const found = search(first, 'zebra');
  net.world.runFor(1_000);
  const [hit] = found.hits;
  assert.deepEqual([hit?.holder.firewalled, hit?.holder.endpoint], [true, null]);
  assert.ok(first.protocol.push(hit?.holder as NonNullable<typeof hit>['holder'], 1));
  net.world.runFor(1_000);
  assert.deepEqual(pushed, [`3: ${first.endpoint.join('.')} 1`]);
  const push = { servent: newGuid(new Random(9)), index: 1, endpoint: first.endpoint };
  neighbour(net, first, FLAT_HEADERS).protocol.tell(PacketType.push, 7, encodeToBytes(pushCodec, push));
  net.world.runFor(1_000);
  assert.equal(first.protocol.pushes.lost, 1, 'nobody knows that one');
});

test('a query for a hash is answered by who has it, and a search takes no other file for it', () => {
  const sha1 = new Random(1).fill(new Uint8Array(20));
  const holding = (own: Uint8Array): ListedFiles =>
    new ListedFiles([file(1, 'renamed.bin', { hashes: { ...NO_HASHES, sha1: own, tiger: new Random(2).fill(new Uint8Array(24)) } })]);
  const net = wired(3, line(3), (index) => ({
    files: index === 0 ? sharing() : holding(index === 1 ? sha1 : new Random(3).fill(new Uint8Array(20))),
  }));
  const found = search(net.nodes[0] as never, '', { words: [], sha1, limit: 5 });
  net.world.runFor(2_000);
  assert.equal(found.hits.length, 1);
  assert.deepEqual([found.hits[0]?.hashes.sha1, found.hits[0]?.hashes.tiger], [sha1, new Random(2).fill(new Uint8Array(24))]);
  assert.match(found.hits[0]?.holder.locator ?? '', /^\/uri-res\/N2R\?urn:sha1:[A-Z2-7]{32}$/);
});

test('queries of old servents, with a speed where there are bits now, are answered; two who cannot be dialled leave each other alone', () => {
  const net = wired(1, [], () => ({ files: sharing('zebra.mp3'), isReachable: false }));
  const asker = neighbour(net, net.nodes[0] as never, FLAT_HEADERS);
  for (const flags of [0, 0x4000, 0x8000, 0xc000]) {
    asker.protocol.tell(PacketType.query, 3, query('zebra', flags));
    net.world.runFor(500);
  }
  assert.equal(asker.protocol.of(PacketType.hit).length, 3);
});

test('more files than a hit holds come in several, and no more than are wanted', () => {
  const files = new ListedFiles(Array.from({ length: 70 }, (_, index) => file(index + 1, `zebra ${index}.mp3`)));
  const net = wired(2, line(2), (index) => ({ files: index === 1 ? files : sharing(), resultsPerQuery: 64, resultsPerHit: 10 }));
  const asker = neighbour(net, net.nodes[1] as never, FLAT_HEADERS);
  asker.protocol.tell(PacketType.query, 1, query('zebra', 0x8000 | 25));
  net.world.runFor(500);
  assert.deepEqual(
    asker.protocol.of(PacketType.hit).map(({ payload }) => payload[0]),
    [10, 10, 5],
  );
  const found = search(net.nodes[0] as never, 'zebra', { limit: 33 });
  net.world.runFor(2_000);
  assert.deepEqual([found.hits.length, found.ended], [33, true]);
});

test('0.4 floods: in a network with loops a query reaches everybody within its ttl, each over a connection at most once, and all hits come home', () => {
  forSeeds(10, (seed) => {
    const random = new Random(seed, 9);
    const links: [number, number][] = [];
    for (let index = 1; index < 60; index++) for (let count = 0; count < 2; count++) links.push([index, random.below(index)]);
    const unique = [...new Map(links.map((link) => [link.join(), link])).values()];
    const net = wired(60, unique, (index) => ({ files: sharing(`zebra ${index}.mp3`) }), {
      seed,
      latency: { kind: 'uniform', minMs: 5, maxMs: 80 },
      faults: { jitterMs: 20 },
    });
    const found = search(net.nodes[7] as never, 'zebra');
    net.world.runFor(20_000);
    const seen = net.nodes.filter((node) => node.protocol.router.queriesSeen === 1).length;
    assert.equal(found.hits.length, seen);
    assert.equal(seen, 59);
    for (const node of net.nodes) {
      const { duplicates, queriesSeen } = node.protocol.router;
      assert.ok(
        duplicates + queriesSeen <= neighboursOf(node).length,
        `${duplicates} duplicates over ${neighboursOf(node).length} connections`,
      );
    }
  });
});

test('the old greeting leads to the same network, and one that is not wanted is closed', () => {
  const net = network();
  const old = add(net, { mode: 'flat', linksWanted: 0, files: sharing('zebra.mp3') });
  const older = add(net, { mode: 'flat', greetsOldWay: true, linksWanted: 1 }, [old.endpoint]);
  const refusing = add(net, { mode: 'flat', acceptsOldGreeting: false, linksWanted: 0 });
  net.world.runFor(3_000);
  assert.equal(neighboursOf(older, 'flat').length, 1);
  const found = search(older, 'zebra');
  older.protocol.connect(refusing.endpoint);
  net.world.runFor(3_000);
  assert.deepEqual([found.names, neighboursOf(refusing).length], [['zebra.mp3'], 0]);
});
