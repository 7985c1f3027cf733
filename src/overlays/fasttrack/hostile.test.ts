import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { Stranger } from '../../../test/fasttrack/stranger.ts';
import { type Network, network, sharedFile } from '../../../test/fasttrack/worlds.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import type { Host, Protocol } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { type Datagram, datagramCodec, pingOf, pongOf, refusalOf } from './datagrams.ts';
import type { FastTrackNode } from './fasttrack-node.ts';
import { type SessionMessage, Type } from './messages.ts';
import { helloFrames } from './opening.ts';
import { shareOf } from './share-upload.ts';
import { numberBytes, TagKind } from './file-facts.ts';

codecLaws(datagramCodec, (random) => {
  const name = 'x'.repeat(random.below(20));
  return ([pingOf(random.u32(), name), pongOf(random.u32(), random.below(256), name), refusalOf(random.u32())] as Datagram[])[
    random.below(3)
  ] as Datagram;
});

function stranger({ world }: Network, to: SimNode<FastTrackNode>, networkName?: string): Stranger {
  const { protocol } = world.addNode((host) => new Stranger(host, to.endpoint, networkName));
  world.runFor(1_000);
  return protocol;
}

function share(name: string): SessionMessage {
  const file = sharedFile(name);
  return { type: Type.share, body: shareOf(file, file.hashes.uu as Uint8Array) };
}

function who(port = 6881): SessionMessage {
  return {
    type: Type.user,
    body: { endpoint: Uint8Array.of(9, 9, 9, 9, port >> 8, port & 255), bandwidth: 0xd1, zero: 0, name: 'mallory' },
  };
}

function search(word: string, id: number, resultsMax = 100): SessionMessage {
  const terms = [{ comparison: 5, kind: TagKind.any, value: latin1Bytes(word) }];
  return { type: Type.search, body: { version: 1, resultsMax, id, one: 1, realm: 0xbf, terms } };
}

/** A supernode with a child who shares `walrus.mp3`, a minute old. */
function small(
  options: Parameters<typeof network>[0] = {},
): Network & { readonly supernode: SimNode<FastTrackNode>; readonly child: SimNode<FastTrackNode> } {
  const net = network(options);
  const supernode = net.add('supernode');
  const child = net.add('ordinary', ['walrus.mp3'], { name: 'alice' });
  net.world.runFor(60_000);
  return { ...net, supernode, child };
}

test('whoever speaks out of turn, of another network, or nothing of sense loses his own connection and no other', () => {
  const net = small();
  const { world, supernode, child } = net;
  const speaks: readonly SessionMessage[] = [
    search('walrus', 1),
    { type: Type.query, body: { id: 1, ttl: 200, hops: 0, resultsMax: 10, realm: 0xbf, terms: [] } },
    { type: 'other', number: 0x77, body: new Uint8Array(3) },
  ];
  for (const message of speaks) {
    const one = stranger(net, supernode);
    one.say(message);
    world.runFor(1_000);
    assert.ok(one.gone && one.heard.length === 0);
  }
  assert.ok(stranger(net, supernode, 'Grokster').gone);
  const random = new Random(4);
  for (let count = 0; count < 40; count++) world.addNode((host) => new Babbler(host, supernode.endpoint, random.fill(new Uint8Array(200))));
  world.runFor(30_000);
  assert.ok(child.protocol.parent.isAttached);
  assert.equal(supernode.protocol.supernode?.children.size, 1);
});

test('a child shares as many files as it may, and is found under the address that it is seen at', () => {
  const net = small({ sharesMax: 50 });
  const { world, supernode } = net;
  const mallory = stranger(net, supernode);
  mallory.say(who());
  for (let index = 0; index < 200; index++) mallory.say(share(`song${index} flooded.mp3`));
  world.runFor(20_000);
  assert.equal(supernode.protocol.supernode?.index.count, 51);
  const found = net.search(net.child, 'flooded', { limit: 100 });
  world.runFor(10_000);
  assert.equal(found.hits.length, 50);
  for (const { holder } of found.hits) assert.notEqual(holder.endpoint?.[0], 9);
});

test('who searches without end is not read for a while, and the others are', () => {
  const net = small();
  const { world, supernode, child } = net;
  const mallory = stranger(net, supernode);
  mallory.say(who());
  for (let id = 0; id < 2_000; id++) mallory.say(search('walrus', id));
  world.runFor(10_000);
  // At once what a child with 5,000 files may say, over time one search a second.
  const answered = mallory.of(Type.results).length;
  assert.ok(answered >= 290 && answered <= 340, `${answered} answers`);
  const found = net.search(child, 'nothing');
  world.runFor(10_000);
  assert.ok(found.ended);
});

test('one search brings no more than the network allows, whoever asks for more', () => {
  const net = small();
  const { world, supernode } = net;
  const [rich, asker] = [stranger(net, supernode), stranger(net, supernode)];
  rich.say(who());
  for (let index = 0; index < 400; index++) rich.say(share(`many ${index}.mp3`));
  asker.say(who(7000));
  asker.say({ type: 'ping' });
  world.runFor(10_000);
  asker.say(search('many', 7, 0xffff));
  world.runFor(10_000);
  assert.equal(
    asker.of(Type.results).reduce((sum, { body }) => sum + body.results.length, 0),
    200,
  );
  assert.deepEqual(
    asker.of(Type.searchEnd).map(({ body }) => body.id),
    [7],
  );
});

/** A stranger whom a supernode takes for one of its kind. */
function neighbour(net: Network, to: SimNode<FastTrackNode>, nonce: number): Stranger {
  const one = stranger(net, to);
  one.say({ type: Type.link, body: { endpoint: Uint8Array.of(9, 9, 9, 9, 0x1a, 0xe1), nonce, children: 0, childrenMax: 9 } });
  net.world.runFor(1_000);
  return one;
}

test('results that nobody has asked for go nowhere; a search is passed on once, and not as far as it says', () => {
  const net = network();
  const { world, add } = net;
  const first = add('supernode', ['walrus.mp3']);
  world.runFor(10_000);
  const [mallory, eve] = [neighbour(net, first, 1), neighbour(net, first, 2)];
  const { hash, tags } = shareOf(sharedFile('forged.mp3'), new Uint8Array(20));
  const results = [{ user: new Uint8Array(6), bandwidth: 1, name: 'x', network: 'KaZaA', hash, fileId: 1, bytes: 1, tags }];
  mallory.say({ type: Type.found, body: { id: 12_345, supernode: new Uint8Array(6), results } });
  const terms = [{ comparison: 5, kind: TagKind.any, value: latin1Bytes('walrus') }];
  for (let again = 0; again < 3; again++) {
    mallory.say({ type: Type.query, body: { id: 77, ttl: 255, hops: 0, resultsMax: 10, realm: 0xbf, terms } });
  }
  world.runFor(5_000);
  const { unasked, duplicates, passed } = first.protocol.supernode?.flood ?? {};
  assert.deepEqual([unasked, duplicates, passed], [1, 2, 1]);
  assert.deepEqual(
    eve.of(Type.query).map(({ body }) => [body.id, body.ttl, body.hops]),
    [[77, 3, 1]],
  );
  assert.equal(mallory.of(Type.found).length, 1);
  assert.equal(eve.of(Type.found).length, 0);
});

test('who says that he is a supernode and cannot be reached is told to nobody', () => {
  const net = network({}, { publicAddresses: true });
  const { world, add } = net;
  const first = add('supernode');
  world.runFor(10_000);
  const { protocol } = world.addNode((host) => new Stranger(host, first.endpoint), { nat: { kind: 'symmetric' } });
  world.runFor(1_000);
  protocol.say({ type: Type.link, body: { endpoint: Uint8Array.of(9, 9, 9, 9, 4, 4), nonce: 1, children: 0, childrenMax: 9 } });
  world.runFor(5_000);
  assert.deepEqual(first.protocol.supernode?.nodesFor(100), []);
  world.runFor(10_000);
  assert.ok(protocol.gone);
});

test('those who come and say nothing take no place for long', () => {
  const net = small();
  const { world, supernode } = net;
  const silent = Array.from({ length: 300 }, () => world.addNode((host) => new Stranger(host, supernode.endpoint)));
  world.runFor(2_000);
  assert.ok(silent.filter(({ protocol }) => protocol.gone).length >= 44);
  world.runFor(60_000);
  assert.ok(silent.every(({ protocol }) => protocol.gone));
  const late = net.add('ordinary', [], { nodes: [supernode.endpoint] });
  world.runFor(20_000);
  assert.ok(late.protocol.parent.isAttached);
});

test('datagrams: the answer is hardly longer than the question, and answers that nobody has asked for are none', () => {
  const ratio = encodeToBytes(datagramCodec, pongOf(9, 50, 'KaZaA')).length / encodeToBytes(datagramCodec, pingOf(9, 'KaZaA')).length;
  assert.ok(ratio < 1.6);
  const net = small();
  const { world, supernode, child } = net;
  const mallory = world.addNode((host) => new Pinger(host));
  world.runFor(100);
  for (let count = 0; count < 5_000; count++) mallory.protocol.host.send(supernode.peer, datagramCodec, pingOf(9, 'KaZaA'));
  for (let count = 0; count < 10; count++) mallory.protocol.host.send(child.peer, datagramCodec, pongOf(9, 0, 'KaZaA'));
  world.runFor(2_000);
  // A second's budget of 20,000 bytes.
  assert.ok(mallory.protocol.answers <= 2_000, `${mallory.protocol.answers} answers`);
  assert.ok(child.protocol.parent.isAttached);
});

test('a tag that is no number is none', () => {
  assert.equal(numberBytes(300).length, 2);
  const net = small();
  const mallory = stranger(net, net.supernode);
  mallory.say(who());
  const { hash } = shareOf(sharedFile('odd.mp3'), new Uint8Array(20).fill(3));
  const tags = [
    { kind: TagKind.fileName, value: latin1Bytes('odd \x1b[31m.mp3') },
    { kind: TagKind.seconds, value: Uint8Array.of(0xff, 0xff, 0xff) },
    { kind: TagKind.kbps, value: new Uint8Array(0) },
  ];
  mallory.say({ type: Type.share, body: { zero: 0, media: 9, none: 0, hash, fileId: 1, bytes: 1, tags } });
  net.world.runFor(2_000);
  const found = net.search(net.child, 'odd');
  net.world.runFor(10_000);
  assert.deepEqual([found.hits[0]?.tags.seconds, found.hits[0]?.tags.bitRate], [0, 0]);
  assert.ok(!found.names.join().includes('\x1b'));
});

/** Dials and sends bytes of no meaning. */
class Babbler implements Protocol {
  readonly #host: Host;
  readonly #to: Uint8Array;
  readonly #bytes: Uint8Array;

  constructor(host: Host, to: Uint8Array, bytes: Uint8Array) {
    this.#host = host;
    this.#to = to;
    this.#bytes = bytes;
  }

  start(): void {
    const silent = { onOpen() {}, onMessage() {}, onBulk() {}, onDrain() {}, onEnd() {}, onClose() {} };
    this.#host.connect(this.#host.peer(this.#to), helloFrames, silent).send(rawBytes, new RawBytes(this.#bytes));
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

/** Counts answers to datagrams. */
class Pinger implements Protocol {
  readonly host: Host;
  answers = 0;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(datagramCodec, { onDatagram: () => void this.answers++ });
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

test('lies about the size of the network end at what a field holds, and are told like any other number', () => {
  const net = network({}, { mode: 'bytes' });
  const first = net.add('supernode');
  net.world.runFor(10_000);
  const mallory = neighbour(net, first, 1);
  const slots = Array.from({ length: 64 }, () => ({ value: 0, age: 0 }));
  mallory.say({ type: Type.census, body: { users: 0xffff_ffff, files: 0xffff_ffff, megabytes: 0xffff_ffff, load: 255, slots } });
  net.world.runFor(1_000);
  const child = net.add('ordinary');
  net.world.runFor(20_000);
  assert.deepEqual([child.protocol.stats?.users, child.protocol.stats?.files], [0xffff_ffff, 0xffff_ffff]);
});

test('a child with marks in his name and books in his tags is found in messages that are well formed', () => {
  const net = network({}, { mode: 'bytes' });
  const supernode = net.add('supernode');
  const other = net.add('supernode');
  const asker = net.add('ordinary', [], { nodes: [other.endpoint] });
  net.world.runFor(60_000);
  const mallory = stranger(net, supernode);
  mallory.say({
    type: Type.user,
    body: { endpoint: new Uint8Array(6), bandwidth: 1, zero: 0, name: '\x02a\x01b\x00\xe9'.padEnd(20, '\xe9') },
  });
  const value = new Uint8Array(1024).fill(0x41);
  for (let index = 0; index < 100; index++) {
    const hash = new Uint8Array(20).fill(index);
    const name = { kind: TagKind.fileName, value: latin1Bytes(`book${index} walrus.mp3`) };
    const tags = [name, ...Array.from({ length: 40 }, (_, tag) => ({ kind: 100 + tag, value }))];
    mallory.say({ type: Type.share, body: { zero: 0, media: 1, none: 0, hash, fileId: 1, bytes: 1, tags } });
  }
  net.world.runFor(10_000);
  const found = net.search(asker, 'walrus');
  net.world.runFor(10_000);
  assert.equal(found.hits.length, 50, 'what one supernode answers');
  assert.ok(asker.protocol.parent.isAttached && supernode.protocol.supernode?.links.count === 1);
  assert.ok(!mallory.gone);
});

test('nobody is sent to a place in our own network by those beyond it', () => {
  const net = network({}, { publicAddresses: true });
  const { world, add } = net;
  const first = add('supernode');
  world.runFor(10_000);
  const before = first.protocol.cache.size;
  const mallory = neighbour(net, first, 1);
  const places = ['10.0.0.1', '127.0.0.1', '192.168.1.1', '169.254.1.1', '0.0.0.0', '224.0.0.1'].map((ip) =>
    Uint8Array.of(...ip.split('.').map(Number), 0, 80),
  );
  mallory.say({ type: Type.nodes, body: { nodes: places.map((endpoint) => ({ endpoint, ageMinutes: 0, load: 0 })) } });
  world.runFor(1_000);
  // He himself is all that has come.
  assert.equal(first.protocol.cache.size, before + 1);
  const pushed: number[] = [];
  const pushes = { onPush: (id: number) => void pushed.push(id) };
  const holder = add('ordinary', ['walrus.mp3'], { name: 'alice' }, {}, { pushes });
  world.runFor(20_000);
  for (const [id, requester] of [...places, Uint8Array.of(11, 9, 9, 9, 0, 80)].entries()) {
    mallory.say({
      type: Type.relayPush,
      body: { hops: 0, id, requester, target: holder.endpoint, supernode: first.endpoint, name: 'alice' },
    });
  }
  world.runFor(5_000);
  assert.deepEqual(pushed, [places.length]);
});
