/** GUESS: ultrapeers asked one after the other by datagram; keys, acknowledgements, hits, and what nobody can make of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  type Found,
  grown,
  LEAF_HEADERS,
  neighbour,
  network,
  type Network,
  search,
  type ServentNode,
  sharing,
  type Talker,
  talker,
  ULTRAPEER_HEADERS,
} from '../../../test/gnutella/networks.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { packetSize } from './answers.ts';
import { encodedGgep, extension, type Extensions, extensionWithoutZeros, valueOf } from './ggep.ts';
import type { GnutellaOptions } from './gnutella-options.ts';
import { keyPing } from './guess-server.ts';
import { type Guid, guidWithAddress, newGuid } from './guid.ts';
import { NO_PAYLOAD, Packet, PacketType } from './packet.ts';
import { pongPacket, toldBy } from './pings.ts';
import { type Pong, pongCodec } from './ping-pong.ts';
import { queryCodec, QueryFlag } from './query.ts';
import { queryHitCodec } from './query-hit.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 24);
const HOUR_MS = 3_600_000;

function ping(net: Network, own: Extensions = []): Packet {
  return keyPing(newGuid(net.random), own, encodedGgep);
}

function query(guid: Guid, key: Uint8Array | null, flags = 0): Packet {
  const extensions = key === null ? [] : [extensionWithoutZeros('QK', key), extension('SCP', NO_PAYLOAD)];
  const asked = { flags: QueryFlag.mark | QueryFlag.hashes | flags, text: 'walrus', urns: ['urn:'], extensions };
  const payload = new Uint8Array(queryCodec.size(asked));
  queryCodec.encode(asked, payload, 0);
  return new Packet(guid, PacketType.query, 1, 0, payload);
}

function of({ datagrams }: Talker, type: number): Packet[] {
  return datagrams.filter((packet) => packet.type === type);
}

function pongsTo(talker: Talker): Pong[] {
  return of(talker, PacketType.pong).map(({ payload }) => pongCodec.decode(payload, 0, payload.length));
}

function namesIn(talker: Talker): string[] {
  return of(talker, PacketType.hit)
    .flatMap(({ payload }) => queryHitCodec.decode(payload, 0, payload.length).results.map(({ name }) => name))
    .sort();
}

/** An ultrapeer that shares a file, and a leaf of it that shares another; one who asks by datagram, and his key. */
function served(files = sharing('walrus one.mp3')): {
  net: Network;
  node: ServentNode;
  leaf: SimNode<Talker>;
  asker: SimNode<Talker>;
  key: Uint8Array;
} {
  const net = network();
  const node = add(net, { mode: 'ultrapeer', files });
  net.world.runFor(10);
  add(net, { mode: 'leaf', degreeMin: 0, files: sharing('walrus two.mp3') }, [node.endpoint]);
  const leaf = neighbour(net, node, LEAF_HEADERS);
  net.world.runFor(20_000);
  const asker = talker(net);
  return { net, node, leaf, asker, key: keyOf(net, asker, node) };
}

function keyOf(net: Network, asker: SimNode<Talker>, node: ServentNode): Uint8Array {
  asker.protocol.datagram(node.endpoint, ping(net));
  net.world.runFor(200);
  const key = valueOf(pongsTo(asker.protocol).at(-1)?.extensions ?? [], 'QK') ?? new Uint8Array(0);
  asker.protocol.datagrams.length = 0;
  return key;
}

test('a key is asked for by a ping with an empty QK, and told in a pong of one who says that it speaks GUESS 0.2', () => {
  const { net, node, asker, key } = served();
  assert.equal(hexOf(ping(net).payload), 'c302514b40835343504101');
  const own = [extension('GUE', Uint8Array.of(2, 0xca, 0x18))];
  assert.equal(hexOf(ping(net, own).payload), 'c302514b400353435041018347554543'.concat('02ca18'));
  assert.equal(key.length, 4);
  asker.protocol.datagram(node.endpoint, ping(net, own));
  net.world.runFor(200);
  const [pong] = pongsTo(asker.protocol);
  assert.deepEqual([hexOf(valueOf(pong?.extensions ?? [], 'GUE') ?? key), pong?.endpoint], ['02', node.endpoint]);
  // He has introduced himself: the next one is told of him.
  const other = talker(net);
  other.protocol.datagram(node.endpoint, ping(net));
  net.world.runFor(200);
  assert.deepEqual(toldBy(pongsTo(other.protocol)[0] as Pong), [Uint8Array.of(...asker.endpoint.subarray(0, 4), 0x18, 0xca)]);
});

test('who shows his key is answered by what the ultrapeer and its leaves have; leaves see nothing of the key', () => {
  const { net, node, leaf, asker, key } = served();
  const asked = query(newGuid(net.random), key);
  asker.protocol.datagram(node.endpoint, asked);
  net.world.runFor(2_000);
  assert.deepEqual(namesIn(asker.protocol), ['walrus one.mp3', 'walrus two.mp3']);
  const [ack] = of(asker.protocol, PacketType.pong);
  assert.deepEqual([ack?.guid, ack?.ttl], [asked.guid, 1]);
  const [passed] = leaf.protocol.of(PacketType.query) as [Packet];
  const { text, extensions } = queryCodec.decode(passed.payload, 0, passed.payload.length);
  assert.deepEqual([passed.guid, passed.hops, passed.ttl, text, extensions], [asked.guid, 1, 1, 'walrus', []]);
  // The same one comes once.
  asker.protocol.datagrams.length = 0;
  asker.protocol.datagram(node.endpoint, asked);
  net.world.runFor(2_000);
  assert.deepEqual(asker.protocol.datagrams, []);
});

test('without a key nothing is said; a wrong one, another’s or one of the day before is answered by a right one alone', () => {
  const { net, node, asker, key } = served();
  const other = talker(net);
  const otherKey = keyOf(net, other, node);
  assert.notDeepEqual(otherKey, key);
  const answers = (to: SimNode<Talker>, shown: Uint8Array | null): (Uint8Array | null)[] => {
    to.protocol.datagrams.length = 0;
    to.protocol.datagram(node.endpoint, query(newGuid(net.random), shown));
    net.world.runFor(2_000);
    assert.deepEqual(namesIn(to.protocol), []);
    return pongsTo(to.protocol).map(({ extensions }) => valueOf(extensions, 'QK'));
  };
  assert.deepEqual(
    [answers(asker, null), answers(asker, otherKey), answers(asker, Uint8Array.of(1)), answers(other, key)],
    [[], [key], [key], [otherKey]],
  );
  net.world.runFor(3 * HOUR_MS);
  const [fresh] = answers(asker, key);
  assert.ok(fresh !== null && fresh !== undefined);
  assert.notDeepEqual(fresh, key);
});

test('hits out of band go to nobody but the one who asks, and a leaf answers no such question at all', () => {
  const { net, node, asker, key } = served();
  const victim = talker(net);
  asker.protocol.datagram(node.endpoint, query(guidWithAddress(net.random, victim.endpoint), key, QueryFlag.outOfBand));
  net.world.runFor(3_000);
  assert.deepEqual([asker.protocol.datagrams, victim.protocol.datagrams], [[], []]);
  const leaf = net.nodes[1] as ServentNode;
  asker.protocol.datagram(leaf.endpoint, query(newGuid(net.random), key));
  net.world.runFor(1_000);
  assert.deepEqual(asker.protocol.datagrams, []);
});

test('one address is answered ten times at once and once in two seconds; for all there is a bound in bytes', () => {
  const { net, node } = served();
  net.world.runFor(60_000);
  const flood = talker(net);
  for (let count = 0; count < 200; count++) flood.protocol.datagram(node.endpoint, ping(net));
  net.world.runFor(10_000);
  assert.equal(of(flood.protocol, PacketType.pong).length, 10);
  const many = Array.from({ length: 150 }, () => talker(net));
  for (const { protocol } of many) for (let count = 0; count < 3; count++) protocol.datagram(node.endpoint, ping(net));
  net.world.runFor(1_000);
  const bytes = many.flatMap(({ protocol }) => protocol.datagrams).reduce((sum, packet) => sum + packetSize(packet), 0);
  assert.ok(bytes > 4_000 && bytes < 18_000, `${bytes} bytes in a second`);
});

test('for one query comes a bounded number of bytes, whatever there is, in datagrams that are not cut up', () => {
  const { net, node, asker, key } = served(sharing(...Array.from({ length: 1_000 }, (_, at) => `walrus ${at} ${'x'.repeat(150)}.mp3`)));
  asker.protocol.datagram(node.endpoint, query(newGuid(net.random), key));
  net.world.runFor(2_000);
  const sizes = of(asker.protocol, PacketType.hit).map(packetSize);
  assert.ok(sizes.length > 3 && Math.max(...sizes) <= 1_400, sizes.join());
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 16_384);
});

/** A sparse network in which queries go one hop: what is further away is beyond every neighbour. */
function sparse(seed: number, usesGuess: boolean, files: (index: number) => readonly string[]): Network {
  const optionsOf = (index: number): Partial<GnutellaOptions> => ({
    ...{
      mode: index % 3 === 0 ? 'ultrapeer' : 'leaf',
      degreeMin: 0,
      linksWanted: 2,
      linksMax: 3,
      leavesMax: 3,
      ultrapeersOfLeaf: 1,
      ttl: 1,
    },
    ...{ usesGuess, searchMs: 180_000, files: sharing(...files(index)) },
  });
  return grown(30, optionsOf, { seed, latency: { kind: 'uniform', minMs: 10, maxMs: 120 }, faults: { loss: 0.02 } });
}

test(`what neighbours cannot reach is found by asking ultrapeers beyond them, also by a leaf, with loss (${SEEDS} seeds)`, () => {
  const found = { with: 0, without: 0 };
  const holders = [2, 8, 14, 20, 26];
  forSeeds(SEEDS, (seed) => {
    const hits = [true, false].map((usesGuess) => {
      const net = sparse(seed, usesGuess, (index) => (holders.includes(index) ? [`rare walrus ${index}.mp3`] : [`other ${index}.mp3`]));
      const from = net.nodes[seed % 2 === 0 ? 10 : 9] as ServentNode;
      const what: Found = search(from, 'rare walrus');
      net.world.runUntil(() => what.ended, 200_000);
      assert.equal(what.ended, true);
      assert.equal(new Set(what.names).size, what.names.length, 'nothing twice');
      return what.names.length;
    });
    found.with += hits[0] ?? 0;
    found.without += hits[1] ?? 0;
  });
  const all = holders.length * SEEDS;
  assert.ok(found.with > 0.9 * all && found.without < 0.6 * all, `${found.with} with, ${found.without} without, of ${all}`);
});

/** An ultrapeer that searches, with one neighbour that the test moves, and which names others. */
function searching(): { net: Network; node: ServentNode; near: SimNode<Talker> } {
  const net = network({ publicAddresses: true });
  const node = add(net, { mode: 'ultrapeer' });
  net.world.runFor(10);
  const near = neighbour(net, node, { ...ULTRAPEER_HEADERS, 'X-Guess': '0.2', 'Listen-IP': '1.2.3.4:6881' });
  net.world.runFor(1_000);
  return { net, node, near };
}

/** Answers pings for keys by a key, and by the names of others. */
function tellsKey(talker: Talker, to: Endpoint, guid: Guid, own: Endpoint, more: Extensions, key = Uint8Array.of(1, 2, 3, 4)): void {
  const pong = { endpoint: own, files: 0, kibibytes: 0, extensions: [extension('QK', key), ...more] };
  talker.datagram(to, pongPacket(guid, 1, 0, pong));
}

test('each ultrapeer is asked once, none that is nowhere or further inside, and no more than two hundred of those that a liar names', () => {
  const { net, node, near } = searching();
  const found = search(node, 'walrus');
  const random = new Random(5);
  const counts = new Map<string, number>();
  const far = talker(net);
  for (let round = 0; round < 240; round++) {
    net.world.runFor(250);
    for (const liar of [near, far]) {
      for (const { type, guid } of liar.protocol.datagrams.splice(0)) {
        const what = `${hexOf(liar.endpoint)} ${type}`;
        counts.set(what, (counts.get(what) ?? 0) + 1);
        const names = Array.from({ length: 30 }, () => random.fill(new Uint8Array(6)));
        for (const bad of [
          Uint8Array.of(192, 168, 1, 1, 1, 0),
          Uint8Array.of(0, 0, 0, 0, 1, 0),
          Uint8Array.of(8, 8, 8, 8, 0, 0),
          far.endpoint,
        ]) {
          names.unshift(Uint8Array.of(...bad.subarray(0, 4), bad[5] as number, bad[4] as number));
        }
        const told = new Uint8Array(names.length * 6);
        names.forEach((name, at) => told.set(name, at * 6));
        tellsKey(liar.protocol, node.endpoint, guid, liar.endpoint, [extension('IPP', told.subarray(0, 180))]);
      }
    }
  }
  net.world.runFor(30_000);
  assert.equal(found.ended, true);
  // A neighbour is asked for others alone; who is beyond, for a key and then the question, and once more for a newer key.
  assert.deepEqual(
    [...counts.values()].every((count) => count <= 2),
    true,
    JSON.stringify([...counts]),
  );
  assert.equal(counts.get(`${hexOf(near.endpoint)} ${PacketType.query}`), undefined);
  assert.equal(counts.get(`${hexOf(far.endpoint)} ${PacketType.ping}`), 1);
  assert.ok(net.world.counters.datagramsSent < 2_000, `${net.world.counters.datagramsSent} datagrams`);
});

test('a pong or a hit from where nobody was asked is no answer', () => {
  const { net, node, near } = searching();
  const found = search(node, 'walrus');
  net.world.runFor(9_000);
  const [asked] = near.protocol.datagrams;
  assert.ok(asked !== undefined, 'the search has gone beyond its neighbours');
  const [sent] = near.protocol.of(PacketType.query) as [Packet];
  const stranger = talker(net);
  tellsKey(stranger.protocol, node.endpoint, asked.guid, stranger.endpoint, [extension('GUE', Uint8Array.of(2))]);
  const hit = { endpoint: stranger.endpoint, speed: 1, results: [], descriptor: null, servent: newGuid(net.random) };
  const payload = new Uint8Array(queryHitCodec.size(hit));
  queryHitCodec.encode(hit, payload, 0);
  stranger.protocol.datagram(node.endpoint, new Packet(sent.guid, PacketType.hit, 1, 0, payload));
  net.world.runFor(2_000);
  assert.deepEqual([stranger.protocol.datagrams, found.hits, node.protocol.outOfBand.forged], [[], [], 1]);
});
