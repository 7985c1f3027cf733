/** Strangers against a hub and its leaves: what they send hits nobody else, is answered within bounds, and costs them their own connection. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { concatBytes, latin1Bytes } from '../../src/core/bytes.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import { encodeToBytes } from '../../src/core/codec.ts';
import { withPort } from '../../src/core/endpoint.ts';
import { Random } from '../../src/core/random.ts';
import { endpointBytes } from '../../src/overlays/gnutella2/packet-parts.ts';
import { Packet, packetCodec } from '../../src/overlays/gnutella2/packet.ts';
import { keyRequest, parseKeyAnswer } from '../../src/overlays/gnutella2/query-keys.ts';
import { queryAckPacket } from '../../src/overlays/gnutella2/query-ack.ts';
import { hitPackets, parseHits } from '../../src/overlays/gnutella2/query-hit.ts';
import { NO_HOOKS } from '../../src/overlays/gnutella2/index.ts';
import { answeredTo, queryPacket } from '../../src/overlays/gnutella2/query.ts';
import { QueryTable } from '../../src/overlays/gnutella2/query-table.ts';
import { tablePackets } from '../../src/overlays/gnutella2/table-packets.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { SEED } from '../codec-laws.ts';
import { begin, emptyNetwork, file, find, type G2Node, join, type Network } from './networks.ts';
import { Stranger, type StrangeLink } from './stranger.ts';

const LEAVES = 8;
const random = new Random(SEED, 31);

interface Scene {
  readonly network: Network;
  readonly hub: G2Node;
  readonly leaves: readonly G2Node[];
  readonly stranger: SimNode<Stranger>;
  /** Somebody who has done nothing. */
  readonly victim: SimNode<Stranger>;
}

/** A hub whose leaves all have what is searched for. */
function scene(options: Parameters<typeof emptyNetwork>[0] = {}): Scene {
  const network = emptyNetwork({ linksPerAddressMax: 100, ...options });
  const hub = join(network, [], { role: 'hub' });
  const leaves = Array.from({ length: LEAVES }, (_, index) => join(network, [file(1, `wanted song${index}.mp3`)], { role: 'leaf' }));
  network.world.runFor(10_000);
  assert.equal(hub.protocol.links.leaves.length, LEAVES);
  const add = (): SimNode<Stranger> => network.world.addNode((host) => new Stranger(host));
  const [stranger, victim] = [add(), add()];
  network.world.runFor(10);
  return { network, hub, leaves, stranger, victim };
}

function query(): Packet {
  return queryPacket(random.fill(new Uint8Array(16)), { words: ['wanted'], limit: 100 });
}

/** The key that the hub gives to who asks from there. */
function keyOf({ network, hub }: Scene, asker: SimNode<Stranger>): number {
  asker.protocol.say(hub.peer, keyRequest(null, asker.endpoint));
  network.world.runFor(1_000);
  const [answer] = asker.protocol.named('QKA');
  return parseKeyAnswer(answer as Packet)?.key ?? 0;
}

function connected({ network, hub, stranger }: Scene, headers: readonly (readonly [string, string])[] = []): StrangeLink {
  const link = stranger.protocol.connect(hub.peer, headers);
  network.world.runFor(1_000);
  return link;
}

/** It is as if nobody had come. */
function assertUnharmed({ network, leaves }: Scene): void {
  const [one, other] = leaves as [G2Node, G2Node];
  assert.equal(find(network, one, ['wanted', 'song1']).length, 1);
  assert.equal(find(network, other, ['wanted', 'song7']).length, 1);
}

test('who knows a key gets all hits, by datagram', () => {
  const all = scene();
  const { network, hub, stranger } = all;
  const key = keyOf(all, stranger);
  stranger.protocol.say(hub.peer, answeredTo(query(), stranger.endpoint, key));
  network.world.runFor(5_000);
  assert.equal(stranger.protocol.named('QA').length, 1);
  assert.equal(stranger.protocol.named('QH2').flatMap((packet) => parseHits(packet)?.hits ?? []).length, LEAVES);
});

test('without a key, with a wrong one or with that of another, nobody is searched at and nothing reaches a victim', () => {
  const all = scene();
  const { network, hub, leaves, stranger, victim } = all;
  const key = keyOf(all, stranger);
  const [before, heard, said] = [hub.bytesUp, victim.bytesDown, stranger.bytesUp];
  for (let count = 0; count < 300; count++) {
    for (const guess of [null, 0, random.u32(), key]) stranger.protocol.say(hub.peer, answeredTo(query(), victim.endpoint, guess));
    stranger.protocol.say(hub.peer, answeredTo(query(), stranger.endpoint, null));
    stranger.protocol.say(hub.peer, answeredTo(query(), null));
    network.world.runFor(5);
  }
  network.world.runFor(2_000);
  assert.equal(victim.bytesDown, heard);
  assert.equal(stranger.protocol.named('QH2').length + leaves.reduce((sum, leaf) => sum + leaf.protocol.sent.of('QH2'), 0), 0);
  assert.ok(hub.bytesUp - before < stranger.bytesUp - said, 'less is said than was asked');
  assertUnharmed(all);
});

test('a key that is asked for in the name of another is given to nobody', () => {
  const all = scene();
  const { network, hub, stranger, victim } = all;
  for (let count = 0; count < 100; count++) stranger.protocol.say(hub.peer, keyRequest(null, victim.endpoint));
  network.world.runFor(2_000);
  assert.deepEqual([victim.bytesDown, stranger.protocol.named('QKA').length], [0, 0]);
});

test('floods of key requests and pings are answered in bounds, however many come', () => {
  const all = scene();
  const { network, hub, stranger } = all;
  const before = hub.bytesUp;
  const begunMs = network.world.now;
  for (let count = 0; count < 20_000; count++) {
    stranger.protocol.say(hub.peer, count % 2 === 0 ? keyRequest(null, null) : new Packet('PI'));
    if (count % 100 === 0) network.world.runFor(50);
  }
  network.world.runFor(1_000);
  const seconds = (network.world.now - begunMs) / 1_000 + 1;
  const perSecond = (hub.bytesUp - before) / seconds;
  // A hundred keys and fifty pongs a second, with their headers, and what the leaves are told.
  assert.ok(perSecond < 100 * 90 + 50 * 50 + 2_000, `${Math.round(perSecond)} bytes a second`);
  assertUnharmed(all);
});

test('a leaf that wants its hits sent to another gets them itself, over its own connection', () => {
  const all = scene();
  const { network, victim } = all;
  const link = connected(all);
  link.say(answeredTo(query(), victim.endpoint));
  network.world.runFor(3_000);
  assert.equal(link.named('QH2').flatMap((packet) => parseHits(packet)?.hits ?? []).length, LEAVES);
  assert.equal(victim.bytesDown, 0);
});

test('a leaf that searches without end is told to wait, and the others are asked no more than it may', () => {
  const all = scene({ queryGapMs: 5_000, queriesAtOnce: 5 });
  const { network, leaves } = all;
  const link = connected(all);
  for (let second = 0; second < 20; second++) {
    for (let count = 0; count < 200; count++) link.say(query());
    network.world.runFor(1_000);
  }
  const hits = leaves.reduce((sum, leaf) => sum + leaf.protocol.sent.of('QH2'), 0);
  assert.ok(hits <= LEAVES * (5 + 20_000 / 5_000 + 1), `${hits} answers`);
  const waits = link.named('QA').filter((packet) => packet.has('RA')).length;
  // A query counts as five packets of the hundred a second that a leaf may say: it is not even read.
  assert.ok(waits > 50 && waits < 200 + 20 * 21, `${waits} times told to wait`);
});

test('an address that searches by datagram without end is told to wait, too', () => {
  const all = scene({ queryGapMs: 5_000, queriesAtOnce: 5 });
  const { network, hub, leaves, stranger } = all;
  const key = keyOf(all, stranger);
  for (let count = 0; count < 2_000; count++) {
    stranger.protocol.say(hub.peer, answeredTo(query(), withPort(stranger.endpoint, 1 + random.below(60_000)), key));
    if (count % 100 === 0) network.world.runFor(1_000);
  }
  const hits = leaves.reduce((sum, leaf) => sum + leaf.protocol.sent.of('QH2'), 0);
  assert.ok(hits > 0 && hits <= LEAVES * (5 + 20_000 / 5_000 + 1), `${hits} answers`);
});

test('hits and acknowledgements that nobody asked for change nothing', () => {
  const all = scene();
  const { network, hub, leaves, stranger } = all;
  const [searching] = leaves as [G2Node];
  const finding = begin(searching, ['nothing', 'at', 'all'], { limit: 50 });
  network.world.runFor(1_000);
  const answerer = { endpoint: stranger.endpoint, guid: random.fill(new Uint8Array(16)), isFirewalled: false, hubs: [] };
  for (let count = 0; count < 200; count++) {
    const guid = random.fill(new Uint8Array(16));
    for (const node of [hub, searching]) {
      for (const packet of hitPackets(guid, [file(1, 'nothing at all.mp3')], answerer)) stranger.protocol.say(node.peer, packet);
      const next = [{ endpoint: stranger.endpoint, ageMs: 0 }];
      stranger.protocol.say(node.peer, queryAckPacket({ guid, done: [], next, retryAfterMs: 0 }, 0));
      stranger.protocol.say(node.peer, new Packet('QKA', undefined, [new Packet('QK', Uint8Array.of(1, 2, 3, 4))]));
    }
  }
  network.world.runFor(60_000);
  assert.deepEqual([finding.hits, finding.isOver], [[], true]);
  assert.equal(searching.protocol.hubs.of(stranger.endpoint), null, 'nobody is learnt of strangers');
  assert.equal(hub.protocol.hubs.size, 0);
});

test('hits of another hash than was asked for are not told', () => {
  const all = scene();
  const { network, leaves, stranger } = all;
  const [searching] = leaves as [G2Node];
  const hash = { kind: 'sha1', bytes: random.fill(new Uint8Array(20)) } as const;
  const link = connected(all);
  link.say(tablePackets(everything(), null, zlibCompression)[0] as Packet);
  for (const packet of tablePackets(everything(), null, zlibCompression).slice(1)) link.say(packet);
  network.world.runFor(1_000);
  const finding = begin(searching, [], { hash, limit: 5 });
  network.world.runFor(1_000);
  const [asked] = link.named('Q2') as [Packet];
  const answerer = { endpoint: stranger.endpoint, guid: random.fill(new Uint8Array(16)), isFirewalled: false, hubs: [] };
  const right = { ...file(1, 'right.mp3'), hashes: { ...file(1, '').hashes, sha1: hash.bytes } };
  for (const packet of hitPackets(asked.payload, [file(2, 'wrong.mp3'), right, right], answerer))
    stranger.protocol.say(searching.peer, packet);
  network.world.runFor(1_000);
  assert.deepEqual(
    finding.hits.map(({ name }) => name),
    ['right.mp3'],
  );
});

test('pushes are followed five a second at most', () => {
  let pushed = 0;
  const network = emptyNetwork();
  const node = join(network, [], { hooks: { ...NO_HOOKS, onPush: () => void pushed++ } });
  const stranger = network.world.addNode((host) => new Stranger(host));
  network.world.runFor(10);
  for (let second = 0; second < 10; second++) {
    for (let count = 0; count < 500; count++) stranger.protocol.say(node.peer, new Packet('PUSH', endpointBytes(stranger.endpoint)));
    network.world.runFor(1_000);
  }
  assert.ok(pushed > 10 && pushed <= 55, `${pushed} pushes`);
});

const BOMB = new Uint8Array(deflateSync(new Uint8Array(32 << 20)));
const bytesOf = (...packets: Packet[]): Uint8Array => concatBytes(packets.map((packet) => encodeToBytes(packetCodec, packet)));

const SPITE: Readonly<Record<string, Uint8Array>> = {
  'no packets': latin1Bytes('GET / HTTP/1.1\r\n\r\n'.repeat(50)),
  'the end of a packet where one begins': new Uint8Array(10),
  'a packet that is too long': Uint8Array.of(0xf0, 0xff, 0xff, 0xff),
  'a patch without a table': bytesOf(new Packet('QHT', Uint8Array.of(1, 1, 1, 0, 1, 5))),
  'a table of two thousand million slots': bytesOf(new Packet('QHT', Uint8Array.of(0, 0, 0, 0, 0x80, 1))),
  'a table that is a bomb': bytesOf(
    new Packet('QHT', Uint8Array.of(0, 0, 0, 16, 0, 1)),
    ...Array.from({ length: 8 }, (_, part) => {
      const data = BOMB.subarray(part * 4_000, part * 4_000 + 4_000);
      return new Packet('QHT', concatBytes([Uint8Array.of(1, part + 1, 8, 1, 1), data]));
    }),
  ),
  'names that cannot be': Uint8Array.of(0x40, 0x01, 0x07, 0x00),
};

for (const [what, bytes] of Object.entries(SPITE)) {
  test(`a leaf that says ${what} loses its connection, and nobody else does`, () => {
    const all = scene();
    const link = connected(all);
    assert.equal(all.hub.protocol.links.leaves.length, LEAVES + 1);
    link.write(bytes);
    all.network.world.runFor(1_000);
    assert.ok(link.isClosed);
    assert.equal(all.hub.protocol.links.leaves.length, LEAVES);
    assertUnharmed(all);
  });
}

test('a deflated connection that is a bomb is over at its first wrong packet, whatever is behind it', () => {
  const all = scene({ compresses: true });
  const link = connected(all, [
    ['Accept-Encoding', 'identity'],
    ['Content-Encoding', 'deflate'],
  ]);
  link.write(BOMB);
  all.network.world.runFor(1_000);
  assert.ok(link.isClosed);
  assertUnharmed(all);
});

test('who dials and says nothing, or half a greeting, is let go after a quarter of a minute', () => {
  const all = scene();
  const { network, hub, stranger } = all;
  const links = Array.from({ length: 20 }, () => stranger.protocol.connect(hub.peer, [['X', 'y'.repeat(9_000)]]));
  network.world.runFor(1_000);
  assert.ok(links.every((link) => link.isClosed));
  const silent = Array.from({ length: 20 }, () => new Silent(stranger.protocol, hub.peer));
  network.world.runFor(2_000);
  assert.ok(hub.protocol.links.all.size >= LEAVES + 20);
  network.world.runFor(15_000);
  assert.equal(hub.protocol.links.all.size, LEAVES);
  assert.ok(silent.every((each) => each.link.isClosed));
});

test('one address has no more connections than it may', () => {
  const all = scene({ linksPerAddressMax: 3 });
  const links = Array.from({ length: 30 }, () => all.stranger.protocol.connect(all.hub.peer));
  all.network.world.runFor(2_000);
  assert.ok(links.filter((link) => !link.isClosed).length <= 3);
  assertUnharmed(all);
});

/** Connects, and says nothing: its greeting waits for ever. */
class Silent {
  readonly link: StrangeLink;

  constructor(stranger: Stranger, to: Parameters<Stranger['connect']>[0]) {
    this.link = stranger.connect(to);
    this.link.onOpen = () => undefined;
  }
}

function everything(): QueryTable {
  return QueryTable.of(
    Array.from({ length: 1 << 14 }, (_, slot) => slot * 2 ** 18),
    14,
  );
}
