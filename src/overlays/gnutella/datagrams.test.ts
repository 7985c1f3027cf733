import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  file,
  grown,
  LEAF_HEADERS,
  live,
  neighbour,
  neighboursOf,
  network,
  search,
  type ServentNode,
  sharing,
  talker,
  ULTRAPEER_HEADERS,
  wired,
  line,
} from '../../../test/gnutella/networks.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { hitPackets } from './answers.ts';
import { encodedGgep, extension, valueOf } from './ggep.ts';
import { guidWithAddress, hexOfGuid, newGuid } from './guid.ts';
import { Packet, PacketType } from './packet.ts';
import { pongPacket, toldBy } from './pings.ts';
import { pongCodec, type Pong, unpackedEndpoints } from './ping-pong.ts';
import { queryCodec } from './query.ts';
import type { OwnSearch } from './searches.ts';
import { encodedVendor, hitsMessage, hitsOf, VendorKind, vendorCodec, vendorKindOf } from './vendor-message.ts';

const NO_BYTES = new Uint8Array(0);
const SCP = encodedGgep([extension('SCP', Uint8Array.of(1))]);

function pongsIn(packets: readonly Packet[]): Pong[] {
  return packets.filter(({ type }) => type === PacketType.pong).map(({ payload }) => pongCodec.decode(payload, 0, payload.length));
}

function endpointAt(index: number): Endpoint {
  return Uint8Array.of(10, 9, 8, index, 0x18, 0xca);
}

test('pong caching: a ping is answered by our pong and at most ten of others, from as many distances as there are, and goes nowhere', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', aliveMs: 1e7, aliveLeafMs: 1e7 });
  net.world.runFor(10);
  const [teller, asker] = [neighbour(net, node, ULTRAPEER_HEADERS), neighbour(net, node, ULTRAPEER_HEADERS)];
  for (let index = 0; index < 15; index++)
    teller.protocol.say(
      pongPacket(newGuid(new Random(index)), 1, index % 5, { endpoint: endpointAt(index), files: index, kibibytes: 0, extensions: [] }),
    );
  net.world.runFor(4_000);
  const heard = asker.protocol.heard.length;
  teller.protocol.heard.length = 0;
  asker.protocol.tell(PacketType.ping, 7, NO_BYTES);
  net.world.runFor(500);
  const pongs = asker.protocol.heard.slice(heard);
  assert.equal(pongs.length, 11);
  assert.deepEqual(pongsIn(pongs)[0]?.endpoint, node.endpoint);
  assert.equal(new Set(pongs.slice(1).map(({ hops }) => hops)).size, 5);
  assert.equal(teller.protocol.of(PacketType.ping).length, 0, 'nobody else is asked');
});

test('a neighbour who pings all the time is answered every three seconds', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', aliveMs: 1e7, aliveLeafMs: 1e7 });
  net.world.runFor(10);
  const asker = neighbour(net, node, LEAF_HEADERS);
  net.world.runFor(4_000);
  asker.protocol.heard.length = 0;
  for (let count = 0; count < 120; count++) {
    asker.protocol.tell(PacketType.ping, 1, NO_BYTES);
    net.world.runFor(100);
  }
  assert.ok(asker.protocol.of(PacketType.pong).length <= 5, `${asker.protocol.of(PacketType.pong).length} pongs in 12 s`);
});

test('a crawler ping, ttl 2, is answered by ourselves and our neighbours', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer' });
  net.world.runFor(10);
  const listening = { ...ULTRAPEER_HEADERS, 'Listen-IP': '1.2.3.4:4321' };
  const other = neighbour(net, node, listening);
  const crawler = neighbour(net, node, ULTRAPEER_HEADERS);
  net.world.runFor(4_000);
  crawler.protocol.heard.length = 0;
  crawler.protocol.tell(PacketType.ping, 2, NO_BYTES);
  net.world.runFor(500);
  const told = pongsIn(crawler.protocol.heard).map(({ endpoint }) => formatEndpoint(endpoint));
  const where = formatEndpoint(other.endpoint).replace('6881', '4321');
  assert.deepEqual(told, [formatEndpoint(node.endpoint), where], 'where its stream comes from, at the port that it listens to');
});

test('who answers no ping is let go, with a reason', () => {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', aliveMs: 5_000, unansweredMax: 3 });
  net.world.runFor(10);
  const silent = neighbour(net, node, ULTRAPEER_HEADERS);
  net.world.runFor(30_000);
  assert.deepEqual([silent.protocol.of(PacketType.bye).length, silent.protocol.closed, neighboursOf(node).length], [1, true, 0]);
  assert.ok(silent.protocol.of(PacketType.ping).length >= 3);
});

test('UDP host cache: a ping with SCP is answered by a pong with ten hosts at most (IPP), once a minute for each address', () => {
  const net = network();
  const node = add(
    net,
    { mode: 'ultrapeer' },
    Array.from({ length: 25 }, (_, index) => endpointAt(index)),
  );
  const asker = talker(net).protocol;
  const other = talker(net).protocol;
  const ping = (payload: Uint8Array): Packet => new Packet(newGuid(net.random), PacketType.ping, 1, 0, payload);
  for (let count = 0; count < 20; count++) asker.datagram(node.endpoint, ping(SCP));
  other.datagram(node.endpoint, ping(NO_BYTES));
  net.world.runFor(1_000);
  const [pong] = pongsIn(asker.datagrams);
  assert.deepEqual([asker.datagrams.length, other.datagrams.length, toldBy(pong as Pong).length], [1, 1, 10]);
  assert.deepEqual(
    pongsIn(other.datagrams).map((each) => toldBy(each).length),
    [0],
    'who does not ask for hosts gets none',
  );
  net.world.runFor(60_000);
  asker.datagram(node.endpoint, ping(SCP));
  net.world.runFor(1_000);
  assert.equal(asker.datagrams.length, 2);
});

test('a servent that knows nobody asks the host caches it was given, and dials whom it hears of', () => {
  const net = network();
  const inside = add(net, { mode: 'ultrapeer' });
  const cache = add(net, { mode: 'ultrapeer', linksWanted: 0, leavesMax: 0 }, [inside.endpoint]);
  let asked = 0;
  const stranger = add(net, { mode: 'leaf', hostCaches: [cache.endpoint], hooks: { onPush() {}, needHosts: () => void asked++ } });
  net.world.runFor(10_000);
  assert.deepEqual(
    neighboursOf(stranger).map(({ listening }) => listening),
    [inside.endpoint],
  );
  assert.equal(asked, 1);
});

test('a pong that nobody asked for, or that comes from another than was asked, is not believed', () => {
  const net = network();
  const node = add(net, { mode: 'leaf', hostCaches: [] });
  const liar = talker(net).protocol;
  const pong = { endpoint: endpointAt(1), files: 0, kibibytes: 0, extensions: [extension('IPP', Uint8Array.of(10, 1, 1, 1, 1, 1))] };
  liar.datagram(node.endpoint, pongPacket(newGuid(net.random), 1, 0, pong));
  net.world.runFor(500);
  assert.deepEqual([node.protocol.hosts.size, node.protocol.datagrams.unwanted], [0, 1]);
});

test('hosts are kept from one run to the next', () => {
  const net = network();
  let saved: readonly Endpoint[] = [];
  const node = add(net, { mode: 'leaf', hostStore: { load: () => [endpointAt(5)], save: (hosts) => void (saved = hosts) } });
  net.world.runFor(100);
  assert.equal(node.protocol.hosts.size, 1);
  node.protocol.addHosts([endpointAt(6)]);
  net.world.leave(node);
  assert.deepEqual(
    saved.map(formatEndpoint).sort(),
    [5, 6].map((index) => formatEndpoint(endpointAt(index))),
  );
});

/** Two hops from here to a node that has something. */
function outOfBandPair(): { net: ReturnType<typeof network>; asker: ServentNode; holder: ServentNode; found: ReturnType<typeof search> } {
  const net = wired(3, line(3), (index) => ({
    usesOutOfBand: true,
    files: index === 2 ? sharing('zebra one.mp3', 'zebra two.mp3') : sharing(),
  }));
  const [asker, , holder] = net.nodes as [ServentNode, ServentNode, ServentNode];
  return { net, asker, holder, found: search(asker, 'zebra') };
}

test('out of band: hits are offered by datagram, asked for with a token, and come past those who passed the query on', () => {
  const { net, found } = outOfBandPair();
  net.world.runFor(2_000);
  assert.deepEqual(found.names, ['zebra one.mp3', 'zebra two.mp3']);
  assert.deepEqual(
    net.nodes.map(({ protocol }) => protocol.router.hitsPassed),
    [0, 0, 0],
  );
});

test('LIME/12, LIME/11: so many are offered, no more than are wanted are asked for, and only they come, once', () => {
  const net = network();
  const holder = add(net, { mode: 'ultrapeer', files: sharing('zebra 1.mp3', 'zebra 2.mp3', 'zebra 3.mp3') });
  net.world.runFor(10);
  const through = neighbour(net, holder, ULTRAPEER_HEADERS).protocol;
  const asker = talker(net);
  const guid = guidWithAddress(net.random, asker.endpoint);
  const payload = encodeToBytes(queryCodec, { flags: 0x8400, text: 'zebra', urns: [], extensions: [] });
  through.say(new Packet(guid, PacketType.query, 3, 2, payload));
  net.world.runFor(500);
  const [offer] = asker.protocol.datagrams.map(({ payload }) => vendorCodec.decode(payload, 0, payload.length));
  assert.deepEqual([offer && vendorKindOf(offer), offer && hitsOf(offer)?.count], [VendorKind.hitsOffered, 3]);
  const want = encodedVendor(hitsMessage(VendorKind.hitsWanted, 2, [extension('SO', Uint8Array.of(1, 2, 3))]));
  const thief = talker(net).protocol;
  thief.datagram(holder.endpoint, new Packet(guid, PacketType.vendor, 1, 0, want));
  net.world.runFor(500);
  for (let count = 0; count < 5; count++) asker.protocol.datagram(holder.endpoint, new Packet(guid, PacketType.vendor, 1, 0, want));
  net.world.runFor(500);
  assert.deepEqual([thief.datagrams.length, asker.protocol.datagrams.map(({ type }) => type)], [0, [PacketType.vendor, PacketType.hit]]);
  assert.equal(asker.protocol.datagrams[1]?.payload[0], 2);
  assert.equal(through.of(PacketType.hit).length, 0);
});

test('a hit by datagram that we have not asked for, or with a token of another, is dropped', () => {
  const { net, asker, holder, found } = outOfBandPair();
  net.world.runFor(2_000);
  const liar = talker(net).protocol;
  const guid = (found.search as OwnSearch).guid;
  for (const token of [null, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)])
    for (const hit of hitPackets(guid, 1, [file(9, 'zebra spam.mp3')], 10, holder.protocol.answerer(), token))
      liar.datagram(asker.endpoint, hit);
  net.world.runFor(1_000);
  assert.deepEqual([found.hits.length, asker.protocol.outOfBand.forged], [2, 2]);
});

test('offers that leave by datagram are bounded, wherever queries say that they come from', () => {
  const net = network();
  const holder = add(net, { mode: 'ultrapeer', files: sharing('zebra 1.mp3'), messagesPerSecond: 1e6, messagesAtOnce: 1e6 });
  net.world.runFor(10);
  const through = neighbour(net, holder, ULTRAPEER_HEADERS).protocol;
  const victim = talker(net);
  const payload = encodeToBytes(queryCodec, { flags: 0x8400, text: 'zebra', urns: [], extensions: [] });
  for (let count = 0; count < 5_000; count++)
    through.say(new Packet(guidWithAddress(net.random, victim.endpoint), PacketType.query, 3, 2, payload));
  net.world.runFor(1_000);
  const bytes = victim.protocol.datagrams.reduce((sum, { payload }) => sum + 23 + payload.length, 0);
  assert.ok(bytes < 70_000, `${bytes} bytes in a second`);
  assert.ok(bytes < 5_000 * (23 + payload.length), 'less than was sent for it');
});

test('walkers: a query goes along k paths instead of everywhere, comes home with hits, and stops when there are enough', () => {
  const links = Array.from({ length: 200 }, (_, index): [number, number][] => [
    [index, (index + 1) % 200],
    [index, (index * 7 + 3) % 200],
  ])
    .flat()
    .filter(([a, b]) => a !== b);
  const visited = (strategy: 'walk' | 'flood'): [number, number] => {
    const net = wired(200, links, (index) => ({
      strategy,
      cachesPongs: true,
      walkers: 4,
      walkTtl: 200,
      ttl: strategy === 'walk' ? 255 : 7,
      ttlMax: strategy === 'walk' ? 255 : 7,
      files: index % 20 === 10 ? sharing('zebra.mp3') : sharing(),
      messagesPerSecond: 1e4,
      messagesAtOnce: 1e5,
    }));
    const found = search(net.nodes[0] as ServentNode, 'zebra', { limit: 2 });
    net.world.runFor(60_000);
    return [
      found.hits.length,
      net.nodes.reduce((sum, { protocol }) => sum + protocol.router.queriesSeen + protocol.router.duplicates + protocol.walks.steps, 0),
    ];
  };
  const [walkHits, walkMessages] = visited('walk');
  const [floodHits, floodMessages] = visited('flood');
  assert.deepEqual([walkHits, floodHits], [2, 2]);
  assert.ok(walkMessages < floodMessages / 2, `${walkMessages} of ${floodMessages} messages`);
});

test('walkers end at their ttl, and when nobody is at home any more', () => {
  const net = wired(30, line(30), () => ({ strategy: 'walk', walkers: 2, walkTtl: 255, ttlMax: 255 }));
  search(net.nodes[5] as ServentNode, 'nothing');
  net.world.runFor(300);
  net.world.crash(net.nodes[5] as ServentNode);
  net.world.runFor(5_000);
  const steps = (): number => live(net).reduce((sum, { protocol }) => sum + protocol.walks.steps, 0);
  const before = steps();
  net.world.runFor(60_000);
  assert.equal(steps(), before);
});

test('HSEP: neighbours tell how much there is within so many hops', () => {
  const net = grown(12, (index) => ({
    mode: index === 0 ? 'ultrapeer' : 'leaf',
    leavesMax: 30,
    files: sharing(`a ${index}.mp3`, `b ${index}.mp3`),
  }));
  const [first, leaf] = [net.nodes[0] as ServentNode, net.nodes[3] as ServentNode];
  assert.deepEqual(first.protocol.horizons.reach()[0], { servents: 11, files: 22, kibibytes: 11 * 2 });
  assert.equal(leaf.protocol.horizons.reach()[1]?.servents, 11, 'all but itself');
});

test('lists of hosts are cut off where they are too long, and what is no whole entry is left out', () => {
  assert.deepEqual(unpackedEndpoints(new Uint8Array(20), 30).length, 3);
  assert.deepEqual(unpackedEndpoints(new Uint8Array(6_000), 30).length, 30);
  assert.equal(valueOf([], 'IPP'), null);
  assert.equal(hexOfGuid(newGuid(new Random(1))).length, 32);
});
